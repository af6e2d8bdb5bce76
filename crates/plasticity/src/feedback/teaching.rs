//! The teaching signals of a step: what a feedback pathway computes them from, and what it gives.

use std::fmt;

use metaplast_autodiff::{State, Tape, Var};
use smallvec::SmallVec;

use crate::architecture::{Architecture, Output};
use crate::connection::Connection;
use crate::feedback::pathway::{BackwardPass, Matrices};
use crate::forward::Activations;
use crate::number::Number;

/// A sample that has passed through a network, with its target: what teaching signals come from.
///
/// Layers are counted from 0, activity from the input: layer l − 1 lies between the activities
/// `y_(l−1)` and `y_l`. Everything is of one sample, or a batch with one sample per row.
pub struct TeachingPass<'n, 't, T: Number> {
    pub(crate) weights: &'n [State<'t, T>],
    pub(crate) matrices: &'n Matrices<'t, T>,
    pub(crate) architecture: &'n Architecture,
    pub(crate) activations: &'n Activations<'t, T>,
    pub(crate) target: Var<'t, T>,
    /// `1 + gain` of each layer that has one.
    pub(crate) gains: &'n [Option<Var<'t, T>>],
    /// `e_L`
    pub(crate) output_error: Var<'t, T>,
}

/// The teaching signals of a step, and the activity that the rule sees with them.
#[derive(Debug)]
#[non_exhaustive]
pub struct TeachingSignals<'t, T: Number> {
    /// `e_1..e_L`; place l − 1 holds `e_l`.
    pub errors: SmallVec<[Var<'t, T>; 12]>,
    /// The activity that the rule's terms see; none where it is the network's own.
    pub activity: Option<Activations<'t, T>>,
}

impl<'t, T: Number> TeachingSignals<'t, T> {
    /// Teaching signals beside the network's own activity.
    #[must_use]
    pub fn new(errors: SmallVec<[Var<'t, T>; 12]>) -> Self {
        TeachingSignals {
            errors,
            activity: None,
        }
    }

    /// The same beside another activity.
    #[must_use]
    pub fn beside(self, activity: Activations<'t, T>) -> Self {
        TeachingSignals {
            activity: Some(activity),
            ..self
        }
    }

    /// The activity that the rule's terms see, given the network's own.
    #[must_use]
    pub fn activity_or<'a>(&'a self, own: &'a Activations<'t, T>) -> &'a Activations<'t, T> {
        self.activity.as_ref().unwrap_or(own)
    }
}

/// Errors on their way back along skips, `y_l = φ(z_l) + y_(l−n)`: what comes back to `y_l` comes back to
/// `y_(l−n)` as it is, beside what comes through weights.
pub struct SkippedErrors<'n, 't, T: Number> {
    architecture: &'n Architecture,
    /// With the l of the activity that they come back to.
    waiting: SmallVec<[(usize, Var<'t, T>); 2]>,
}

impl<'t, T: Number> SkippedErrors<'_, 't, T> {
    /// All that comes back to the activity `y_l` of a layer, counted from 1, given what comes through the
    /// weights of the next one; to be asked for one layer after the other, from the last but one down.
    #[track_caller]
    pub fn join(&mut self, layer: usize, through_weights: Var<'t, T>) -> Var<'t, T> {
        let waiting = self.waiting.iter().filter(|(l, _)| *l == layer);
        let back = waiting.fold(through_weights, |sum, &(_, back)| sum + back);
        if let Some(below) = self.architecture.skip(layer - 1) {
            self.waiting.push((below, back));
        }
        back
    }
}

impl<'n, 't, T: Number> TeachingPass<'n, 't, T> {
    /// The number of layers of weights, L.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.weights.len()
    }

    /// Sizes and activation.
    #[must_use]
    pub fn architecture(&self) -> &'n Architecture {
        self.architecture
    }

    /// The tape.
    #[must_use]
    pub fn tape(&self) -> &'t Tape<T> {
        self.output_error.tape()
    }

    /// The activity of the network: `y_0..y_L`, `z_1..z_L`.
    #[must_use]
    pub fn activations(&self) -> &'n Activations<'t, T> {
        self.activations
    }

    /// What the outputs should be, `[n_L]`.
    #[must_use]
    pub fn target(&self) -> Var<'t, T> {
        self.target
    }

    /// `e_L = y_L − target`, `[n_L]`, times `1 + gain` where the outputs have gains.
    #[must_use]
    pub fn output_error(&self) -> Var<'t, T> {
        self.output_error
    }

    /// `e_L` in all places: where a pathway begins that fills in the others from the last but one
    /// down.
    #[must_use]
    pub fn output_errors(&self) -> SmallVec<[Var<'t, T>; 12]> {
        SmallVec::from_elem(self.output_error, self.layers())
    }

    /// `y_L` for other pre-activations `z_L` of the output layer.
    #[must_use]
    pub fn output(&self, z: Var<'t, T>) -> Var<'t, T> {
        match self.architecture.output() {
            Output::Softmax => z.softmax(),
            Output::Linear => z,
            Output::Softplus => z.softplus(self.architecture.beta()),
        }
    }

    /// An error `e_l` on its way back through layer l − 1, for
    /// [`back`](crate::FeedbackPathway::back).
    #[must_use]
    pub fn through_layer(&self, layer: usize, error: Var<'t, T>) -> BackwardPass<'n, 't, T> {
        BackwardPass {
            weights: self.weights,
            matrices: self.matrices,
            layer,
            error,
            output_error: self.output_error,
            activity: self.activations.y[layer],
            activation: self.architecture.activation(),
            connection: self.architecture.connection(layer),
        }
    }

    /// What goes back along the skips of the network, where it has some; for a pathway that fills in the errors
    /// from the last layer but one down.
    #[must_use]
    pub fn skipped_errors(&self) -> SkippedErrors<'n, 't, T> {
        SkippedErrors {
            architecture: self.architecture,
            waiting: SmallVec::new(),
        }
    }

    /// `x ⊙ φ'`, for softplus `x ⊙ (1 − exp(−β φ(z_l)))`, where `φ(z_l)` is `y_l` unless a skip is added, and `⊙ (1 + gain)` where units have gains: what comes
    /// back to the activity `y_l`, times its slope by `z_l`.
    ///
    /// # Panics
    /// When `x` does not have the shape of `y_l`.
    #[track_caller]
    #[must_use]
    pub fn times_slope(&self, x: Var<'t, T>, activity: usize) -> Var<'t, T> {
        let back = self
            .architecture
            .times_slope(x, self.activations.units(activity));
        let gain = activity.checked_sub(1).and_then(|layer| self.gains[layer]);
        gain.map_or(back, |gain| back * gain)
    }

    /// `W_l x` with l = `layer` + 1.
    ///
    /// # Panics
    /// When `x` does not have `n_(l−1)` elements, or columns.
    #[track_caller]
    #[must_use]
    pub fn project(&self, layer: usize, x: Var<'t, T>) -> Var<'t, T> {
        Connection::project_by(self.architecture.connection(layer), self.weights[layer], x)
    }

    /// `W_lᵀ`, `[n_(l−1), n_l]`, with l = `layer` + 1.
    #[must_use]
    pub fn weights(&self, layer: usize) -> State<'t, T> {
        self.weights[layer]
    }
}

impl<T: Number> fmt::Debug for SkippedErrors<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkippedErrors")
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

impl<T: Number> fmt::Debug for TeachingPass<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TeachingPass")
            .field("layers", &self.layers())
            .finish_non_exhaustive()
    }
}
