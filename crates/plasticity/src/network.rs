//! A network on a tape: activity, teaching signals and one online step.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use crate::architecture::{Architecture, Output};
use crate::feedback::{Feedback, OwnFeedback};
use crate::mirror::{MIRROR_RATE, MirrorNoise};
use crate::pathway::Pathway;
use crate::rule::BoundRule;
use crate::signals::LayerSignals;
use crate::transport::{Transport, project_back};
use crate::update::LayerUpdate;

/// One variable per layer, without a heap allocation for the usual depths.
pub(crate) type Layers<V> = SmallVec<[V; 12]>;

/// A network whose weights are states of a tape, with its feedback pathway.
pub struct Network<'t, T: Scalar> {
    tape: &'t Tape<T>,
    architecture: Architecture,
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    weights: Layers<State<'t, T>>,
    transport: Transport<'t, T>,
    /// One vector of ones for each of `n_0..n_L`.
    ones: Layers<Var<'t, T>>,
    /// The number 1.
    one: Var<'t, T>,
}

/// The activity of a network for one sample, or for a batch with one sample per row.
pub struct Activations<'t, T: Scalar> {
    /// `y_0..y_L`: the input, the hidden activations, the output.
    pub y: SmallVec<[Var<'t, T>; 12]>,
    /// `z_1..z_L`: the pre-activations; `z[0]` is `z_1`.
    pub z: SmallVec<[Var<'t, T>; 12]>,
}

impl<'t, T: Scalar> Network<'t, T> {
    /// Puts a network on the tape.
    ///
    /// `feedback_weights`, as [`Feedback::draw`] makes them, are needed for all kinds but symmetric
    /// and attached feedback, which do not look at them.
    ///
    /// # Panics
    /// When a pathway does not fit the architecture, or feedback comes without weights that it needs.
    #[track_caller]
    pub fn new(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: &Pathway<T>,
        feedback: Feedback,
        feedback_weights: Option<&Pathway<T>>,
    ) -> Self {
        let weights = put(architecture, weights, |w| tape.state(w));
        let transport = Transport::new(tape, architecture, feedback, feedback_weights);
        Self::assemble(tape, architecture, weights, transport)
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
        let weights = put(architecture, weights, |w| tape.state_with_gradient(w));
        let transport = Transport::new(tape, architecture, feedback, feedback_weights);
        Self::assemble(tape, architecture, weights, transport)
    }

    /// On weights that are on the tape already, as [`states`](Self::states) gives them: `W_lᵀ` of
    /// shape `[n_(l−1), n_l]`, first layer first. With feedback that [learns](Feedback::learns) the
    /// states of the feedback weights follow in the same shapes.
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
        let fits = |states: &[State<'t, T>]| {
            let sizes = architecture.sizes().windows(2);
            let wanted = sizes.map(|pair| Shape::from([pair[0], pair[1]]));
            assert!(
                states.iter().map(|w| w.shape()).eq(wanted),
                "network: the states do not have the shapes of sizes {:?}",
                architecture.sizes()
            );
        };
        let (weights, transport) = if feedback.learns() {
            let (weights, learning) = weights.split_at(weights.len() / 2);
            fits(learning);
            (weights, Transport::on(feedback, learning.to_vec()))
        } else {
            let transport = Transport::new(tape, architecture, feedback, feedback_weights);
            (weights, transport)
        };
        fits(weights);
        let weights = weights.iter().copied().collect();
        Self::assemble(tape, architecture, weights, transport)
    }

    /// A network with a feedback pathway of one's own.
    ///
    /// # Panics
    /// When the weights do not fit the architecture.
    #[track_caller]
    pub fn with_own_feedback(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: &Pathway<T>,
        feedback: impl OwnFeedback<T> + 't,
    ) -> Self {
        let weights = put(architecture, weights, |w| tape.state(w));
        Self::assemble(
            tape,
            architecture,
            weights,
            Transport::Own(Box::new(feedback)),
        )
    }

    fn assemble(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        weights: Layers<State<'t, T>>,
        transport: Transport<'t, T>,
    ) -> Self {
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
            one: tape.constant(&Tensor::scalar(T::ONE)),
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

    /// The number 1, rank 0.
    pub(crate) fn one(&self) -> Var<'t, T> {
        self.one
    }

    /// `W_l y`, of a vector or of every row of a matrix; `layer` counts from 0.
    ///
    /// # Panics
    /// When `y` does not have `n_(l−1)` elements, or columns.
    #[track_caller]
    pub fn project(&self, layer: usize, y: Var<'t, T>) -> Var<'t, T> {
        match y.rank() {
            1 => self.weights[layer].matvec_transposed(y),
            _ => self.weights[layer].matvec_transposed_rows(y),
        }
    }

    /// `W_lᵀ y`, of a vector or of every row of a matrix; `layer` counts from 0.
    ///
    /// # Panics
    /// When `y` does not have `n_l` elements, or columns.
    #[track_caller]
    pub fn project_back(&self, layer: usize, y: Var<'t, T>) -> Var<'t, T> {
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
            let beta = self.architecture.beta();
            activations.y.push(match self.architecture.output() {
                Output::Softmax if layer == last => z.softmax(),
                Output::Linear if layer == last => z,
                _ => z.softplus(beta),
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
    /// terms use in the first layer; `errors` as [`errors`](Self::errors) gives them. Each kind of
    /// [`Feedback`] says what takes the place of `B_1ᵀ e_1`.
    #[track_caller]
    pub fn input_error(
        &self,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
    ) -> Var<'t, T> {
        let top = errors[errors.len() - 1];
        self.error_below(0, errors[0], top, activations.y[0])
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

    /// The teaching signals `e_1..e_L` for one sample with the target `t`, `[n_L]`, for the outputs:
    /// `e_L = y_L − t`.
    ///
    /// # Panics
    /// When the target does not have the size of the output.
    #[track_caller]
    pub fn errors_towards(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
    ) -> SmallVec<[Var<'t, T>; 12]> {
        let outputs = self.architecture.outputs();
        assert_eq!(target.shape().dims(), [outputs], "errors: target");
        self.errors_from(activations, target, &self.transport)
    }

    fn errors_from(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        transport: &Transport<'t, T>,
    ) -> Layers<Var<'t, T>> {
        let layers = self.architecture.layers();
        let top = activations.y[layers] - target;
        let mut error = top;
        let mut errors: Layers<Var<'t, T>> = SmallVec::from_elem(top, layers);
        for layer in (1..layers).rev() {
            error = self.transported_error(layer, error, top, activations.y[layer], transport);
            errors[layer - 1] = error;
        }
        errors
    }

    /// `e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))`; `layer` counts from 0 and `top` is `e_L`.
    pub(crate) fn error_below(
        &self,
        layer: usize,
        error: Var<'t, T>,
        top: Var<'t, T>,
        pre: Var<'t, T>,
    ) -> Var<'t, T> {
        self.transported_error(layer, error, top, pre, &self.transport)
    }

    pub(crate) fn transported_error(
        &self,
        layer: usize,
        error: Var<'t, T>,
        top: Var<'t, T>,
        pre: Var<'t, T>,
        transport: &Transport<'t, T>,
    ) -> Var<'t, T> {
        // The slope of a dark pixel is zero, and what is transported there does not matter.
        let transported = transport.back(self, layer, (error, top), pre);
        transported.times_softplus_slope(pre, self.architecture.beta())
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
        let activations = self.forward(x.with_sparsity_pattern());
        let errors = self.errors(&activations, label);
        self.learn(rule, &activations, &errors, None);
    }

    /// The second half of a [`step`](Self::step): the rule's update of every layer, with teaching
    /// signals `e_1..e_L` wherever they come from. `input_error` is `e_0`; it comes from `e_1` by
    /// the feedback pathway when a term asks for it and it is not given.
    ///
    /// # Panics
    /// When there is not one teaching signal per layer, of its size.
    #[track_caller]
    pub fn learn(
        &self,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
        input_error: Option<Var<'t, T>>,
    ) {
        assert_eq!(
            errors.len(),
            self.architecture.layers(),
            "learn: teaching signals, layers"
        );
        for layer in 0..self.architecture.layers() {
            let mut signals = LayerSignals::of_network(self, layer, activations, errors);
            if let Some(known) = input_error.filter(|_| layer == 0) {
                signals = signals.with_pre_error(known);
            }
            // A layer's terms read no other layer's weights and all errors are there, so updating
            // one layer before the next is the same as updating all at the end.
            rule.update(&signals);
        }
        // Only now: `e_0` was computed by a term of the first layer, from the feedback before.
        for (layer, b) in self.transport.learning().into_iter().flatten().enumerate() {
            let update = LayerUpdate::new(self.one);
            rule.update_feedback(update, layer, *b, (activations.y[layer], errors[layer]));
        }
    }

    /// What [weight mirrors](Feedback::WeightMirror) do between online step `step` and the next
    /// (Akrout et al. 2019, "mirror mode"): the units before each layer fire noise ξ, those behind it
    /// answer `r = W_l ξ`, and the feedback weights learn by Hebb's rule with decay,
    ///
    /// ```text
    /// B_l ← (1 − η) B_l + η (W_l ξ) ξᵀ          η = MIRROR_RATE, E[ξ ξᵀ] = 1
    /// ```
    ///
    /// so that they approach `W_l` in the mean. With any other feedback nothing happens.
    pub fn mirror(&self, noise: &MirrorNoise, step: u64) {
        for (layer, b) in self.transport.mirror().into_iter().flatten().enumerate() {
            let inputs = self.architecture.sizes()[layer];
            let xi = self
                .tape
                .constant_with(inputs, |xi| noise.fill(step, layer, xi));
            let rate = Tensor::scalar(T::from_f64(MIRROR_RATE));
            let rate = self.tape.constant(&rate);
            let mut update = LayerUpdate::new(self.one);
            update.outer(rate, self.project(layer, xi), xi);
            update.decay(rate);
            update.apply(*b, |_| None);
        }
    }
}

/// The matrices of a pathway as states.
#[track_caller]
fn put<'t, T: Scalar>(
    architecture: &Architecture,
    weights: &Pathway<T>,
    state: impl Fn(&Tensor<T>) -> State<'t, T>,
) -> Layers<State<'t, T>> {
    weights.check(architecture);
    weights.transposed().iter().map(state).collect()
}
