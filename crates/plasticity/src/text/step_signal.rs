//! Signals of a step: what a network gives terms beside those of a layer, where nothing else has the name.

use super::named::{NamedSignal, SignalShape};
use crate::locality::Locality;

/// What a network gives terms in each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepSignal {
    /// The reward of an action, see `reward`.
    Reward,
    /// What a perturbation changes in the loss, over its size; see `perturbation`.
    LossChange,
    /// The perturbation of each unit.
    Perturbation,
    /// That of each unit of the layer below; with it weights are perturbed, not units.
    PrePerturbation,
}

impl StepSignal {
    pub(crate) const ALL: [StepSignal; 4] = [
        StepSignal::Reward,
        StepSignal::LossChange,
        StepSignal::Perturbation,
        StepSignal::PrePerturbation,
    ];

    /// As one types it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StepSignal::Reward => "reward",
            StepSignal::LossChange => "loss_change",
            StepSignal::Perturbation => "perturbation",
            StepSignal::PrePerturbation => "perturbation_pre",
        }
    }

    /// A number of the step is told to all synapses; a synapse has the perturbations of its two sides.
    pub(crate) fn signal(self) -> NamedSignal {
        let (shape, locality) = match self {
            StepSignal::Reward | StepSignal::LossChange => {
                (SignalShape::Number, Locality::LayerScalar)
            }
            StepSignal::Perturbation => (SignalShape::Post, Locality::Synapse),
            StepSignal::PrePerturbation => (SignalShape::Pre, Locality::Synapse),
        };
        NamedSignal {
            name: self.name().into(),
            shape,
            locality,
            step: Some(self),
        }
    }
}
