//! Strict inference on a network's tape: gradient descent on the energy, by the beliefs of all hidden
//! layers at once.
//!
//! ```text
//! F = 𝓛(z_L) + ½ Σ_(l<L) ‖ε_l‖²        ∂𝓛/∂z_L = e_L = y_L − target
//! ```
//!
//! A belief is kept as its distance d_l from the forward pass, since ε_l is small beside it. With
//! `c(z, a) = softplus(z + a) − softplus(z)`, s the slope of softplus and a_1 = 0:
//!
//! | | beliefs on activities y | beliefs on pre-activations z |
//! |---|---|---|
//! | change of the pre-activation | `a_l = W_l d_(l−1)` | `a_l = W_l c(z_(l−1), d_(l−1))` |
//! | prediction error | `ε_l = c(z_l, a_l) − d_l` | `ε_l = a_l − d_l` |
//! | teaching signal | `e_l = ε_l ⊙ s(z_l + a_l)` | `e_l = ε_l` |
//! | `−∂F/∂d_l` | `ε_l − W_(l+1)ᵀ e_(l+1)` | `ε_l − s(z_l + d_l) ⊙ W_(l+1)ᵀ e_(l+1)` |
//!
//! At the start all d are 0, and so is every ε but the last: what is still 0 is not computed, and the
//! error enters one layer further down in each iteration.

use metaplast_autodiff::Var;
use metaplast_plasticity::{Activations, FeedbackPathway, Number, TeachingPass};
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use super::elementwise::{
    PredictionError, RelaxedActivity, RelaxedPreActivation, SoftplusChange, apply,
};
use super::parameters::{Cut, PredictiveFeedback};

/// One value for each layer, by l − 1; none where it is 0.
pub(super) type PerLayer<'t, T> = SmallVec<[Option<Var<'t, T>>; 12]>;

/// What an inference runs on.
pub(super) struct NetworkInference<'p, 'n, 't, T: Number> {
    pub(super) parameters: &'p PredictiveFeedback,
    /// Takes errors back through a layer.
    pub(super) pathway: &'p dyn FeedbackPathway<T>,
    pub(super) pass: &'p TeachingPass<'n, 't, T>,
    /// Zeros for each hidden layer, by which nothing is differentiated.
    zeros: SmallVec<[Var<'t, T>; 12]>,
}

/// What follows from the beliefs.
pub(super) struct Predictions<'t, T: Number> {
    /// `a_1..a_L`
    pub(super) changes: PerLayer<'t, T>,
    /// `y_L − target` with them.
    pub(super) output_error: Var<'t, T>,
}

impl<'p, 'n, 't, T: Number> NetworkInference<'p, 'n, 't, T> {
    pub(super) fn new(
        parameters: &'p PredictiveFeedback,
        pathway: &'p dyn FeedbackPathway<T>,
        pass: &'p TeachingPass<'n, 't, T>,
    ) -> Self {
        let hidden = &pass.activations().z[..pass.layers() - 1];
        NetworkInference {
            parameters,
            pathway,
            pass,
            zeros: hidden.iter().map(|&z| zeros_like(z)).collect(),
        }
    }

    fn layers(&self) -> usize {
        self.pass.layers()
    }

    pub(super) fn beta(&self) -> f64 {
        self.pass.architecture().beta()
    }

    /// `z_l`, by l − 1.
    pub(super) fn z(&self, layer: usize) -> Var<'t, T> {
        self.pass.activations().z[layer]
    }

    pub(super) fn zeros(&self, layer: usize) -> Var<'t, T> {
        self.zeros[layer]
    }

    /// Beliefs after all iterations, `d_1..d_(L−1)`, and those before the last one.
    pub(super) fn relax(&self) -> (PerLayer<'t, T>, PerLayer<'t, T>) {
        let mut before: PerLayer<'t, T> = SmallVec::from_elem(None, self.layers() - 1);
        let mut beliefs = before.clone();
        for _ in 0..self.parameters.iterations {
            let next = self.step(&beliefs, &before);
            before = std::mem::replace(&mut beliefs, next);
        }
        (beliefs, before)
    }

    /// One iteration from these beliefs, and from those before them where there is momentum.
    fn step(&self, beliefs: &PerLayer<'t, T>, before: &PerLayer<'t, T>) -> PerLayer<'t, T> {
        let predictions = self.predictions(beliefs);
        let errors = self.errors(beliefs, &predictions);
        let rate = self.parameters.rate;
        let momentum = self.parameters.momentum;
        let mut next = self.moved(beliefs, &predictions, &errors, rate);
        if momentum != 0.0 {
            for (next, (&now, &before)) in next.iter_mut().zip(beliefs.iter().zip(before)) {
                let change = match (now, before) {
                    (Some(now), Some(before)) => now - before,
                    (Some(now), None) => now,
                    _ => continue,
                };
                *next = next.map(|next| next + change * momentum);
            }
        }
        next
    }

    /// `a_1..a_L`, and the error of the output with them.
    pub(super) fn predictions(&self, beliefs: &PerLayer<'t, T>) -> Predictions<'t, T> {
        let mut changes: PerLayer<'t, T> = SmallVec::from_elem(None, self.layers());
        for (below, belief) in beliefs.iter().enumerate() {
            changes[below + 1] = belief.map(|d| {
                let activity = self.activity_change(below, d);
                self.pass.project(below + 1, activity)
            });
        }
        let output_error = match changes[self.layers() - 1] {
            Some(change) => self.output(change) - self.pass.target(),
            None => self.pass.output_error(),
        };
        Predictions {
            changes,
            output_error,
        }
    }

    /// How far the activity `y_l` is from that of the forward pass when the belief is d.
    fn activity_change(&self, layer: usize, d: Var<'t, T>) -> Var<'t, T> {
        let beta = self.beta();
        match self.parameters.cut {
            Cut::Activity => d,
            Cut::PreActivation => apply(SoftplusChange { beta }, [self.z(layer), d]),
        }
    }

    fn output(&self, change: Var<'t, T>) -> Var<'t, T> {
        self.pass.output(self.z(self.layers() - 1) + change)
    }

    /// The teaching signals `e_1..e_L`.
    pub(super) fn errors(
        &self,
        beliefs: &PerLayer<'t, T>,
        predictions: &Predictions<'t, T>,
    ) -> PerLayer<'t, T> {
        let beta = self.beta();
        let changes = predictions.changes.iter().enumerate();
        let hidden = beliefs.iter().zip(changes);
        let error = |(&d, (layer, &a)): (&Option<_>, (usize, &Option<_>))| {
            if d.is_none() && a.is_none() {
                return None;
            }
            let value = |x: Option<Var<'t, T>>| x.unwrap_or_else(|| self.zeros(layer));
            Some(match self.parameters.cut {
                Cut::PreActivation => match a {
                    Some(a) => a - value(d),
                    None => -value(d),
                },
                Cut::Activity => apply(
                    PredictionError { beta },
                    [self.z(layer), value(a), value(d)],
                ),
            })
        };
        let mut errors: PerLayer<'t, T> = hidden.map(error).collect();
        errors.push(Some(predictions.output_error));
        errors
    }

    /// The beliefs after a step against the slope of the energy: `d_l − η ∂F/∂d_l`.
    pub(super) fn moved(
        &self,
        beliefs: &PerLayer<'t, T>,
        predictions: &Predictions<'t, T>,
        errors: &PerLayer<'t, T>,
        rate: f64,
    ) -> PerLayer<'t, T> {
        let beta = self.beta();
        let moved = |(layer, &d): (usize, &Option<Var<'t, T>>)| {
            let back = errors[layer + 1].map(|e| self.back(layer + 1, e));
            if d.is_none() && back.is_none() {
                return None;
            }
            let value = |x: Option<Var<'t, T>>| x.unwrap_or_else(|| self.zeros(layer));
            let a = value(predictions.changes[layer]);
            let operands = [self.z(layer), a, value(d), value(back)];
            Some(match self.parameters.cut {
                Cut::Activity => apply(RelaxedActivity { beta, rate }, operands),
                Cut::PreActivation => apply(RelaxedPreActivation { beta, rate }, operands),
            })
        };
        beliefs.iter().enumerate().map(moved).collect()
    }

    /// `W_lᵀ e_l`, or with B, by l − 1.
    fn back(&self, layer: usize, error: Var<'t, T>) -> Var<'t, T> {
        self.pathway.back(&self.pass.through_layer(layer, error))
    }

    /// The errors of the beliefs before the last iteration, at the inputs and slopes of those after it,
    /// which is what the published program makes its gradient of.
    pub(super) fn released_errors(
        &self,
        before: &PerLayer<'t, T>,
        after: &Predictions<'t, T>,
    ) -> PerLayer<'t, T> {
        let predictions = self.predictions(before);
        if self.parameters.cut == Cut::PreActivation {
            return self.errors(before, &predictions);
        }
        let beta = self.beta();
        let change =
            |layer: usize, a: Var<'t, T>| apply(SoftplusChange { beta }, [self.z(layer), a]);
        let hidden = before.iter().enumerate().map(|(layer, &d)| {
            let predicted = predictions.changes[layer].map(|a| change(layer, a));
            let error = match (predicted, d) {
                (Some(predicted), Some(d)) => predicted - d,
                (Some(predicted), None) => predicted,
                (None, Some(d)) => -d,
                (None, None) => return None,
            };
            let y = self.pass.activations().y[layer + 1];
            let y = after.changes[layer].map_or(y, |a| y + change(layer, a));
            Some(error.times_softplus_slope(y, beta))
        });
        let mut errors: PerLayer<'t, T> = hidden.collect();
        errors.push(Some(predictions.output_error));
        errors
    }

    /// The relaxed activity: `y_l` at the beliefs, `z_l = W_l y_(l−1)`, and the output that follows.
    pub(super) fn beliefs(
        &self,
        beliefs: &PerLayer<'t, T>,
        predictions: &Predictions<'t, T>,
    ) -> Activations<'t, T> {
        let own = self.pass.activations();
        let added = |x: Var<'t, T>, change: Option<Var<'t, T>>| change.map_or(x, |c| x + c);
        let last = self.layers() - 1;
        let hidden = beliefs.iter().enumerate().map(|(layer, d)| {
            let change = d.map(|d| self.activity_change(layer, d));
            added(own.y[layer + 1], change)
        });
        let mut y: SmallVec<[Var<'t, T>; 12]> = SmallVec::new();
        y.push(own.y[0]);
        y.extend(hidden);
        y.push(match predictions.changes[last] {
            Some(_) => predictions.output_error + self.pass.target(),
            None => own.y[last + 1],
        });
        let z = own.z.iter().zip(&predictions.changes);
        let z = z.map(|(&z, &change)| added(z, change));
        Activations::new(y, z.collect())
    }
}

/// Zeros in the shape of another value, by which nothing is differentiated.
pub(super) fn zeros_like<'t, T: Number>(x: Var<'t, T>) -> Var<'t, T> {
    match x.shape().dims() {
        [len] => x.tape().constant_with(*len, |_| ()),
        _ => x.tape().constant(&Tensor::zeros(x.shape())),
    }
}
