//! A network on a tape: activity, teaching signals and one online step.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use crate::architecture::Architecture;
use crate::feedback::Feedback;
use crate::pathway::Pathway;
use crate::rule::BoundRule;
use crate::signals::LayerSignals;

/// One variable per layer, without a heap allocation for the usual depths.
type Layers<V> = SmallVec<[V; 12]>;

/// A network whose weights are states of a tape, with its feedback pathway.
pub struct Network<'t, T: Scalar> {
    tape: &'t Tape<T>,
    architecture: Architecture,
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    weights: Layers<State<'t, T>>,
    transport: Transport<'t, T>,
    /// One vector of ones for each of `n_0..n_L`.
    ones: Layers<Var<'t, T>>,
}

/// Through which matrices errors travel back.
pub(crate) enum Transport<'t, T: Scalar> {
    /// `B_lᵀ`, `[n_(l−1), n_l]`: states that are never updated.
    Fixed(Layers<State<'t, T>>),
    /// The forward weights; detached ones are constants in derivatives.
    Weights { detached: bool },
}

/// The activity of a network for one sample, or for a batch with one sample per row.
pub struct Activations<'t, T: Scalar> {
    /// `y_0..y_L`: the input, the hidden activations, the softmax output.
    pub y: SmallVec<[Var<'t, T>; 12]>,
    /// `z_1..z_L`: the pre-activations; `z[0]` is `z_1`.
    pub z: SmallVec<[Var<'t, T>; 12]>,
}

impl<'t, T: Scalar> Network<'t, T> {
    /// Puts a network on the tape.
    ///
    /// `feedback_weights` are needed for [`Feedback::Fixed`] and not looked at otherwise.
    ///
    /// # Panics
    /// When a pathway does not fit the architecture, or fixed feedback comes without its weights.
    #[track_caller]
    pub fn new(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: &Pathway<T>,
        feedback: Feedback,
        feedback_weights: Option<&Pathway<T>>,
    ) -> Self {
        weights.check(architecture);
        let states = weights.transposed().iter().map(|w| tape.state(w));
        Self::assemble(
            tape,
            architecture,
            states.collect(),
            feedback,
            feedback_weights,
        )
    }

    /// Like [`new`](Self::new), with weights by whose first value one can differentiate.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn with_weight_gradients(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: &Pathway<T>,
        feedback: Feedback,
        feedback_weights: Option<&Pathway<T>>,
    ) -> Self {
        weights.check(architecture);
        let states = weights.transposed().iter();
        let states = states.map(|w| tape.state_with_gradient(w));
        Self::assemble(
            tape,
            architecture,
            states.collect(),
            feedback,
            feedback_weights,
        )
    }

    /// On weights that are on the tape already, as [`states`](Self::states) gives them: `W_lᵀ` of
    /// shape `[n_(l−1), n_l]`, first layer first.
    ///
    /// # Panics
    /// When the states do not fit the architecture, and as [`new`](Self::new).
    #[track_caller]
    pub fn on_states(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: &[State<'t, T>],
        feedback: Feedback,
        feedback_weights: Option<&Pathway<T>>,
    ) -> Self {
        let sizes = architecture.sizes().windows(2);
        let wanted = sizes.map(|pair| Shape::from([pair[0], pair[1]]));
        assert!(
            weights.iter().map(|w| w.shape()).eq(wanted),
            "network: the states do not have the shapes of sizes {:?}",
            architecture.sizes()
        );
        let weights = weights.iter().copied().collect();
        Self::assemble(tape, architecture, weights, feedback, feedback_weights)
    }

    #[track_caller]
    fn assemble(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: Layers<State<'t, T>>,
        feedback: Feedback,
        feedback_weights: Option<&Pathway<T>>,
    ) -> Self {
        let transport = match feedback {
            Feedback::Fixed => {
                let b = feedback_weights.expect("network: fixed feedback needs feedback weights");
                b.check(architecture);
                Transport::Fixed(b.transposed().iter().map(|b| tape.state(b)).collect())
            }
            Feedback::Symmetric => Transport::Weights { detached: true },
            Feedback::Attached => Transport::Weights { detached: false },
        };
        let ones = architecture
            .sizes()
            .iter()
            .map(|&n| tape.constant_with(n, |ones| ones.fill(T::ONE)))
            .collect();
        Network {
            tape,
            architecture: architecture.clone(),
            weights,
            transport,
            ones,
        }
    }

    /// The tape on which the network stands.
    pub fn tape(&self) -> &'t Tape<T> {
        self.tape
    }

    /// Sizes and activation.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The weights as states, kept transposed: `[n_(l−1), n_l]`, first layer first.
    pub fn states(&self) -> &[State<'t, T>] {
        &self.weights
    }

    /// A copy of the present weights.
    ///
    /// # Panics
    /// After a sweep has rewound them.
    #[track_caller]
    pub fn weights(&self) -> Pathway<T> {
        Pathway::from_transposed(self.weights.iter().map(|w| w.value()).collect())
    }

    /// A vector of ones of the size of layer `layer`; 0 is the input.
    pub(crate) fn ones(&self, layer: usize) -> Var<'t, T> {
        self.ones[layer]
    }

    /// `W_l y`, of a vector or of every row of a matrix; `layer` counts from 0.
    pub(crate) fn project(&self, layer: usize, y: Var<'t, T>) -> Var<'t, T> {
        match y.rank() {
            1 => self.weights[layer].matvec_transposed(y),
            _ => self.weights[layer].matvec_transposed_rows(y),
        }
    }

    /// `W_lᵀ y`, of a vector or of every row of a matrix.
    pub(crate) fn project_back(&self, layer: usize, y: Var<'t, T>) -> Var<'t, T> {
        project_back(self.weights[layer], y)
    }

    /// The activity for the input `x`, `[n_0]`, or for a batch `[n, n_0]`.
    ///
    /// # Panics
    /// When `x` has another number of inputs.
    #[track_caller]
    pub fn forward(&self, x: Var<'t, T>) -> Activations<'t, T> {
        let mut activations = Activations {
            y: SmallVec::new(),
            z: SmallVec::new(),
        };
        activations.y.push(x);
        let last = self.architecture.layers() - 1;
        for layer in 0..=last {
            let z = self.project(layer, activations.y[layer]);
            activations.z.push(z);
            activations.y.push(if layer < last {
                z.softplus(self.architecture.beta())
            } else {
                z.softmax()
            });
        }
        activations
    }

    /// The output layer's pre-activations for a batch `[n, n_0]`: `[n, n_L]`.
    ///
    /// # Panics
    /// When `x` has another number of inputs.
    #[track_caller]
    pub fn logits(&self, x: Var<'t, T>) -> Var<'t, T> {
        let last = self.architecture.layers() - 1;
        let hidden = (0..last).fold(x, |y, layer| {
            self.project(layer, y).softplus(self.architecture.beta())
        });
        self.project(last, hidden)
    }

    /// The teaching signals `e_1..e_L` for one sample with this label; place l−1 holds `e_l`.
    ///
    /// # Panics
    /// When the label is not below the number of outputs.
    #[track_caller]
    pub fn errors(
        &self,
        activations: &Activations<'t, T>,
        label: usize,
    ) -> SmallVec<[Var<'t, T>; 12]> {
        let outputs = self.architecture.outputs();
        assert!(label < outputs, "errors: label {label}, {outputs} outputs");
        let target = self
            .tape
            .constant_with(outputs, |target| target[label] = T::ONE);
        self.errors_from(activations, target, &self.transport)
    }

    /// The input's synthetic teaching signal `e_0 = (B_1ᵀ e_1) ⊙ (1 − exp(−β y_0))`, which several
    /// terms use in the first layer; `errors` as [`errors`](Self::errors) gives them.
    #[track_caller]
    pub fn input_error(
        &self,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
    ) -> Var<'t, T> {
        self.error_below(0, errors[0], activations.y[0])
    }

    /// `e_1..e_L` for a batch whose labels are given.
    pub(crate) fn batch_errors(
        &self,
        activations: &Activations<'t, T>,
        labels: &[usize],
        transport: &Transport<'t, T>,
    ) -> Layers<Var<'t, T>> {
        let outputs = self.architecture.outputs();
        // One row of targets would be stretched to any number of samples.
        let samples = activations.y[0].shape();
        assert!(
            samples.rank() == 2 && samples.dims()[0] == labels.len(),
            "errors: {} labels for inputs of shape {samples}; give one label for each row",
            labels.len()
        );
        let mut target = Tensor::zeros([labels.len(), outputs]);
        for (row, &label) in target.data_mut().chunks_mut(outputs).zip(labels) {
            assert!(label < outputs, "errors: label {label}, {outputs} outputs");
            row[label] = T::ONE;
        }
        self.errors_from(activations, self.tape.constant(&target), transport)
    }

    fn errors_from(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        transport: &Transport<'t, T>,
    ) -> Layers<Var<'t, T>> {
        let layers = self.architecture.layers();
        let mut error = activations.y[layers] - target;
        let mut errors: Layers<Var<'t, T>> = SmallVec::from_elem(error, layers);
        for layer in (1..layers).rev() {
            error = self.transported_error(layer, error, activations.y[layer], transport);
            errors[layer - 1] = error;
        }
        errors
    }

    /// `e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))`; `layer` counts from 0.
    pub(crate) fn error_below(
        &self,
        layer: usize,
        error: Var<'t, T>,
        pre: Var<'t, T>,
    ) -> Var<'t, T> {
        self.transported_error(layer, error, pre, &self.transport)
    }

    pub(crate) fn transported_error(
        &self,
        layer: usize,
        error: Var<'t, T>,
        pre: Var<'t, T>,
        transport: &Transport<'t, T>,
    ) -> Var<'t, T> {
        let pathway = match transport {
            Transport::Fixed(b) => b[layer],
            Transport::Weights { detached: true } => self.weights[layer].detached(),
            Transport::Weights { detached: false } => self.weights[layer],
        };
        let slope = pre.softplus_slope(self.architecture.beta());
        match error.rank() {
            // The slope of a dark pixel is zero, and what is transported there does not matter.
            1 => pathway.matvec_within(error, slope) * slope,
            _ => pathway.matvec_rows(error) * slope,
        }
    }

    pub(crate) fn transport(&self) -> &Transport<'t, T> {
        &self.transport
    }

    /// One online step: activity, teaching signals, and the rule's update of every layer, all from
    /// the weights before the step.
    ///
    /// # Panics
    /// When `x` does not have `n_0` elements or the label is not below `n_L`.
    #[track_caller]
    pub fn step(&self, rule: &BoundRule<'t, T>, x: Var<'t, T>, label: usize) {
        let activations = self.forward(x.with_known_zeros());
        let errors = self.errors(&activations, label);
        for layer in 0..self.architecture.layers() {
            let signals = LayerSignals::of_network(self, layer, &activations, &errors);
            // A layer's terms read no other layer's weights and all errors are there, so updating
            // one layer before the next is the same as updating all at the end.
            rule.update(&signals);
        }
    }
}

fn project_back<'t, T: Scalar>(weights: State<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
    match y.rank() {
        1 => weights.matvec(y),
        _ => weights.matvec_rows(y),
    }
}
