//! Inference: what a method gives for one batch.

use metaplast_tensor::{Scalar, Tensor};

/// The beliefs at which the errors of a gradient were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorsAt {
    /// The final ones: ε belongs to v.
    Final,
    /// Those before the last update, as the authors' code returns them: with one iteration only the
    /// last layer learns.
    BeforeLastUpdate,
    /// Each layer's in the iteration in which the front reaches it.
    Front,
}

/// The inputs u_(l−1) at which the layers were differentiated by their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputsAt {
    /// The final beliefs v.
    Beliefs,
    /// The forward pass v̂.
    Predictions,
}

/// What a method gives: beliefs, errors and a gradient to descend,
/// `dθ_l = (∂f_l/∂θ_l at u_(l−1))ᵀ ε_l`, θ ← θ − rate · dθ.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inference<T: Scalar> {
    /// The loss of the forward pass, as it is defined, without a nudging strength.
    pub loss: T,
    /// v̂_0 = x to v̂_L, of the forward pass.
    pub predictions: Vec<Tensor<T>>,
    /// v_0 to v_L, at the end of inference. Strict inference leaves both ends as they are in v̂.
    pub beliefs: Vec<Tensor<T>>,
    /// ε_1 to ε_L; [`error`](Self::error) counts from 1. Divided by the nudging strength, if there is
    /// one.
    pub errors: Vec<Tensor<T>>,
    /// ε_0, the error at the input, where it was asked for.
    pub input_error: Option<Tensor<T>>,
    /// For each layer and each of its parameters.
    pub gradients: Vec<Vec<Tensor<T>>>,
    /// Layer l's terms of the energy that inference descends, after t = 0, 1, … updates:
    /// `½‖f_l(v_(l−1)) − v_l‖²`, and s·𝓛 for the last layer. The last entry belongs to the final
    /// beliefs; the others are there where they were asked for. Empty for methods without an energy.
    pub energies: Vec<Vec<f64>>,
    /// Belief updates made, those that were undone included.
    pub iterations: usize,
    /// The step size at the end, after halving.
    pub eta: f64,
    /// Whether the tolerance was reached. Methods without one leave it false.
    pub converged: bool,
    /// `‖∇_v F‖/‖ε_L‖` at the final beliefs: how far they are from rest. Near 0, what still departs
    /// from backpropagation comes from the size of the loss alone; NaN where ε_L is 0, and for methods
    /// without an energy.
    pub unrest: f64,
    /// Which ε the gradient was made of.
    pub errors_at: ErrorsAt,
    /// Which u the gradient was made of.
    pub inputs_at: InputsAt,
}

impl<T: Scalar> Inference<T> {
    /// The error ε_l of layer l, counted from 1.
    ///
    /// # Panics
    /// When there is no such layer.
    #[must_use]
    #[track_caller]
    pub fn error(&self, layer: usize) -> &Tensor<T> {
        &self.errors[layer - 1]
    }

    /// The outputs of the forward pass.
    ///
    /// # Panics
    /// Never: a chain has layers.
    #[must_use]
    pub fn output(&self) -> &Tensor<T> {
        self.predictions.last().expect("a chain has layers")
    }

    /// All gradients, first layer first, in the order of
    /// [`Chain::all_parameters_mut`](crate::Chain::all_parameters_mut).
    pub fn all_gradients(&self) -> impl Iterator<Item = &Tensor<T>> {
        self.gradients.iter().flatten()
    }
}
