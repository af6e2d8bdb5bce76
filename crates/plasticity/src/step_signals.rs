//! Signals that a network gives terms in a step beside those of its layers.

use metaplast_autodiff::Var;

use crate::number::Number;
use crate::perturbation::Perturbation;
use crate::signals::LayerSignals;
use crate::text::StepSignal;

/// What a network gives terms in a step beside the signals of its layers.
#[derive(Clone)]
pub(crate) struct StepSignals<'t, T: Number> {
    /// Rank 0, where the rule reads it.
    pub(crate) reward: Option<Var<'t, T>>,
    pub(crate) perturbation: Option<Perturbation<'t, T>>,
}

impl<'t, T: Number> StepSignals<'t, T> {
    pub(crate) fn none() -> Self {
        StepSignals {
            reward: None,
            perturbation: None,
        }
    }

    /// Gives a layer all of them.
    pub(crate) fn tell(&self, layer: &LayerSignals<'_, 't, T>) {
        if let Some(reward) = self.reward {
            layer.set_named(&StepSignal::Reward.signal(), reward);
        }
        if let Some(perturbation) = &self.perturbation {
            perturbation.tell(layer);
        }
    }
}
