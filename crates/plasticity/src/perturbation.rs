//! Perturbation: what a random change of a network's units or weights does to the loss of a sample.
//!
//! A rule that reads `loss_change` is told, beside what it knows of the network, what a second pass of the
//! same sample by a perturbed network changes in the loss. Which network that is depends on what else it reads:
//!
//! ```text
//! nodes     z'_l = W_l y'_(l−1) + σ ξ_l                        perturbation = ξ_l
//! weights   z'_l = (W_l + σ ξ_l ζ_(l−1)ᵀ) y'_(l−1)             perturbation = ξ_l, perturbation_pre = ζ_(l−1)
//!
//! loss_change = (L' − L) / σ                                   σ = PERTURBATION
//! ```
//!
//! All layers are perturbed at once, by signs ±1 that are drawn for each step and layer. To first order in σ
//! the mean of `loss_change ξ_l y_(l−1)ᵀ`, or of `loss_change ξ_l ζ_(l−1)ᵀ`, is the slope of the loss by W_l:
//! node perturbation (Fiete & Seung 2006) and weight perturbation (Werfel, Xie & Seung 2005). The elements of
//! `ξ ζᵀ` are ±1, uncorrelated and of variance 1, so that to first order the change of weights has the mean and
//! the second moments of each element that independent signs for all weights would give it, at the price of two
//! vectors.
//!
//! L is the cross-entropy of softmax outputs towards the target of the step, of others ½ Σ (y_L − t)². The
//! gradient passes both networks; the signs are what they were drawn as.

use metaplast_autodiff::Var;

use crate::architecture::Output;
use crate::feedback::noise::fill_with_signs;
use crate::feedback::noise::random;
use crate::forward::Activations;
use crate::network::{Layers, Network};
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::signals::LayerSignals;
use crate::text::StepSignal;

/// The size σ of perturbations: small beside 1/β, over which softplus bends, and large beside what f32 rounds.
pub const PERTURBATION: f64 = 0.01;

/// Who draws perturbations, beside the layers and actions, which draw other random numbers of a step.
const UNITS: usize = 1 << 33;
const UNITS_BELOW: usize = 1 << 34;

/// What is perturbed for a rule that reads perturbations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perturbed {
    /// The pre-activations of all units.
    Nodes,
    /// All weights: the rule reads `perturbation_pre`.
    Weights,
}

/// The perturbation of a step.
#[derive(Clone)]
pub(crate) struct Perturbation<'t, T: Number> {
    /// `ξ_1..ξ_L`
    post: Layers<Var<'t, T>>,
    /// `ζ_0..ζ_(L−1)`; none where nodes are perturbed.
    pre: Layers<Var<'t, T>>,
    /// Rank 0.
    loss_change: Var<'t, T>,
}

impl<'t, T: Number> Perturbation<'t, T> {
    /// Gives a layer what it knows of the perturbation.
    pub(crate) fn tell(&self, layer: &LayerSignals<'_, 't, T>) {
        layer.set_named(&StepSignal::LossChange.signal(), self.loss_change);
        let post = self.post[layer.layer()];
        layer.set_named(&StepSignal::Perturbation.signal(), post);
        if let Some(&pre) = self.pre.get(layer.layer()) {
            layer.set_named(&StepSignal::PrePerturbation.signal(), pre);
        }
    }
}

impl<'t, T: Number> Network<'t, T> {
    /// The perturbation of online step `number`, for a sample with this activity and target; none for a rule
    /// that reads none.
    #[track_caller]
    pub(crate) fn perturb(
        &self,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        number: u64,
    ) -> Option<Perturbation<'t, T>> {
        let perturbed = rule.perturbed()?;
        let sizes = self.architecture().sizes();
        let signs = |who: usize, layer: usize, size: usize| {
            let noise = &mut random(self.feedback().seed, number, who + layer);
            self.tape()
                .constant_with(size, |signs| fill_with_signs(noise, signs))
        };
        let layers = 0..self.architecture().layers();
        let post = layers.clone().map(|l| signs(UNITS, l, sizes[l + 1]));
        let post: Layers<_> = post.collect();
        let pre: Layers<_> = match perturbed {
            Perturbed::Nodes => Layers::new(),
            Perturbed::Weights => layers.map(|l| signs(UNITS_BELOW, l, sizes[l])).collect(),
        };
        let moved = self.forward_by(activations.y[0], &|layer, y| {
            let by = match pre.get(layer) {
                None => post[layer] * PERTURBATION,
                Some(pre) => post[layer] * (pre.dot(y) * PERTURBATION),
            };
            self.project(layer, y) + by
        });
        let change = self.loss(&moved, target) - self.loss(activations, target);
        Some(Perturbation {
            post,
            pre,
            loss_change: change * (1.0 / PERTURBATION),
        })
    }

    /// The loss of one sample, rank 0.
    fn loss(&self, activations: &Activations<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
        let last = self.architecture().layers() - 1;
        match self.architecture().output() {
            Output::Softmax => {
                let drive = self.drive(last, activations.z[last]);
                drive.softmax_cross_entropy_with(target)
            }
            Output::Linear | Output::Softplus => {
                let difference = activations.y[last + 1] - target;
                difference.dot(difference) * 0.5
            }
        }
    }
}
