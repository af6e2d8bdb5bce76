//! First layers by Gram matrix: a layer whose weights are kept as what they make of the inputs of an episode.
//!
//! The first layer's weights `W_1` meet only the inputs `x_i` of an episode, which are known before it begins. So
//! it is enough to know their pre-activations `z_i = W_1 x_i`, and how these change with each update:
//!
//! ```text
//! W_1 ← (1 − d) W_1 + Σ_k u_k p_kᵀ − s y (W_1ᵀ y)ᵀ
//! z_i ← (1 − d) z_i + Σ_k u_k (p_k·x_i) − s y (y·z_i)
//! ```
//!
//! This is the update of a layer with one weight vector for each input that is still to come instead of one for
//! each pixel, and with the inner products `p·x_i` in the place of pre-synaptic vectors p: the Gram matrix of the
//! inputs where p is `y_0`, and `X e_0` where it is the input's teaching signal. It is the dual form of a linear layer
//! (Aizerman, Braverman, Rozonoer 1964; for layers that learn: Irie, Csordás, Schmidhuber, *The dual form of neural
//! networks revisited*, ICML 2022). Results are those of the weights themselves, up to rounding.
//!
//! It pays where there are fewer inputs than pixels, the more so since an input that has been learned from is
//! [frozen](State::freeze_rows_from) and costs nothing more.

mod input_error;
mod inputs;

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Tensor;
use thiserror::Error;

use crate::architecture::Architecture;
use crate::feedback::handle::Feedback;
use crate::network::{Layers, Network};
use crate::number::Number;
use crate::online::FirstLayer;
use crate::rule::Rule;
use crate::rule::bound::BoundRule;

use input_error::{InputErrorProducts, InputFeedback};
use inputs::InputProducts;
pub use inputs::KnownInputs;

/// The first layer of a network, as what it makes of some inputs.
///
/// ```
/// use std::sync::Arc;
///
/// use metaplast_autodiff::Tape;
/// use metaplast_plasticity::{Architecture, GramLayer, KnownInputs, Network, Pathway, Preset, Rule};
/// use metaplast_tensor::tensor;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let architecture = Architecture::new(vec![3, 4, 2])?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
/// let inputs = tensor![[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]];
/// let logits = |by_gram: bool| {
///     let tape = Tape::new();
///     let network = Network::builder(&tape, &architecture).weights(&weights).build();
///     let rule = Rule::preset(Preset::Bp).bind_constant(&tape);
///     if by_gram {
///         let first = GramLayer::new(&network, Arc::new(KnownInputs::new(&inputs)));
///         first.step(&network, &rule, 0, 1);
///         first.logits(&network, 1..2).value()
///     } else {
///         let x = tape.constant(&tensor![1.0, 0.0, 0.5]);
///         network.step(&rule, x, 1);
///         network.logits(tape.constant(&tensor![[0.0, 1.0, 0.5]])).value()
///     }
/// };
/// assert!((logits(true) - logits(false)).data().iter().all(|apart| apart.abs() < 1e-15));
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
pub struct GramLayer<'t, T: Number> {
    inputs: Arc<KnownInputs<T>>,
    /// `X W_1ᵀ`, `[n, n_1]`.
    pre_activations: State<'t, T>,
    /// How many inputs, the first ones, may come again.
    to_come: Cell<usize>,
    keeps_weights: bool,
    /// What `e_0` comes from, once it has been asked for.
    feedback: OnceCell<Arc<InputFeedback<T>>>,
}

/// An input and its teaching signal.
type InputSignals<'t, T> = (Var<'t, T>, Var<'t, T>);

/// Why a first layer needs its weights.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GramError {
    /// Layers that are no plain matrices, or whose input goes elsewhere too.
    #[error("the first layer has to be fully connected, without pooling, skips, or recurrence")]
    Architecture,
    /// A feedback pathway that looks at the first layer.
    #[error(
        "{0} feedback reads or changes the first layer's weights; choose fixed, dfa, or symmetric without e_0"
    )]
    Feedback(String),
    /// A term that does more with pre-synaptic signals than to multiply them.
    #[error(
        "term {0} takes more of the first layer than products with its inputs; choose of F0 to F5, F8, F9"
    )]
    Term(String),
    /// A rule that remembers.
    #[error("the rule has memories, which have a value for each weight or input")]
    Memory,
}

impl<'t, T: Number> GramLayer<'t, T> {
    /// Whether such learning needs no weights of the first layer.
    ///
    /// # Errors
    /// When it does.
    pub fn check(
        architecture: &Architecture,
        feedback: &Feedback,
        rule: &Rule,
    ) -> Result<(), GramError> {
        let plain = !architecture.is_recurrent()
            && architecture.connection(0).is_none()
            && !architecture.has_skips();
        if !plain {
            return Err(GramError::Architecture);
        }
        if !rule.memories().is_empty() {
            return Err(GramError::Memory);
        }
        // `W_1 e_0`, in the others, is no product with an input.
        let linear = |number: Option<usize>| matches!(number, Some(0..=5 | 8 | 9));
        if let Some(term) = rule.terms().iter().find(|t| !linear(t.pool_number())) {
            return Err(GramError::Term(term.symbol().to_owned()));
        }
        match feedback.reads_first_layer(rule.reads_pre_error()) {
            true => Err(GramError::Feedback(feedback.to_string())),
            false => Ok(()),
        }
    }

    /// What the present weights of a network make of these inputs.
    ///
    /// # Panics
    /// When inputs have another size than the network's.
    #[track_caller]
    #[must_use]
    pub fn new(network: &Network<'t, T>, inputs: Arc<KnownInputs<T>>) -> Self {
        let (pixels, known) = (network.architecture().inputs(), inputs.pixels());
        assert_eq!(
            known, pixels,
            "gram: elements of an input, inputs of the network"
        );
        let made = network.states()[0].with_matrix(|weights| inputs.times(weights));
        GramLayer {
            pre_activations: network.tape().state(&made),
            to_come: Cell::new(inputs.count()),
            inputs,
            keeps_weights: false,
            feedback: OnceCell::new(),
        }
    }

    /// The same, whose steps change the network's own first layer as well, outside of the recording, so that it
    /// can be looked at afterwards. No gradient flows through it.
    #[must_use]
    pub fn keeping_weights(self) -> Self {
        GramLayer {
            keeps_weights: true,
            ..self
        }
    }

    /// One online step of the network from the input with this number; all its layers change, but this one in the
    /// place of the network's first.
    ///
    /// # Panics
    /// As [`Network::step`].
    #[track_caller]
    pub fn step(
        &self,
        network: &Network<'t, T>,
        rule: &BoundRule<'t, T>,
        input: usize,
        label: usize,
    ) {
        let tape = network.tape();
        let within = InputProducts::new(&self.inputs, Some(input), self.to_come.get());
        // Where its weights are not there, nothing is asked of an input but its products with others.
        let products = tape.constant_with(self.inputs.count(), |products| {
            within.multiply(&self.inputs.input(input), products);
        });
        let z = self.of_input(input);
        let mut activations = network.forward_by(products, &|layer, y| match layer {
            0 => z,
            _ => network.project(layer, y),
        });
        let errors = network.errors(&activations, label);
        let known = Cell::new(None);
        let first = FirstLayer {
            weights: self.pre_activations,
            pre_error: &|| self.input_error(network, input, within.clone(), (&errors, &known)),
        };
        network.learn_above(&first, rule, &activations, &errors);
        if self.keeps_weights {
            tape.unrecorded(|| {
                let (x, input_error) = known.get().unzip();
                activations.y[0] = x.unwrap_or_else(|| self.input(input));
                let below = (input_error, None);
                network.with_layer_signals(0, &activations, &errors, below, |signals| {
                    rule.update(signals);
                });
            });
        }
    }

    /// `e_0·x_i`, `[n]`, in a step from the input with this number. Where the weights are kept they need the input
    /// and `e_0`, too, which become `known`.
    fn input_error(
        &self,
        network: &Network<'t, T>,
        input: usize,
        products: InputProducts<T>,
        (errors, known): (&Layers<Var<'t, T>>, &Cell<Option<InputSignals<'t, T>>>),
    ) -> Var<'t, T> {
        let tape = network.tape();
        let both = (errors[0], errors[errors.len() - 1]);
        let activation = network.architecture().activation();
        let product = network.feedback().input_product(both);
        let alone = !self.keeps_weights && !activation.has_slope_at_zero();
        if let Some((matrix, error)) = product.filter(|_| alone) {
            let feedback = self
                .feedback
                .get_or_init(|| Arc::new(InputFeedback::new(network, matrix, &self.inputs)));
            let products = InputErrorProducts {
                feedback: Arc::clone(feedback),
                row: input,
                products,
            };
            return tape.custom(Arc::new(products), &[error]);
        }
        let x = self.input(input);
        let input_error = network.error_below(0, both, x);
        known.set(Some((x, input_error)));
        let products = match activation.has_slope_at_zero() {
            true => InputProducts::new(&self.inputs, None, self.to_come.get()),
            false => products,
        };
        tape.custom(Arc::new(products), &[input_error])
    }

    /// `x`, `[n_0]`.
    fn input(&self, input: usize) -> Var<'t, T> {
        let tape = self.pre_activations.tape();
        let write = |x: &mut [T]| self.inputs.write(input, x);
        let x = tape.constant_with(self.inputs.pixels(), write);
        x.with_sparsity_pattern()
    }

    /// Says that no input from this row on comes again: steps no longer pay for them.
    ///
    /// # Panics
    /// When there are fewer rows, or it was said of some before it.
    #[track_caller]
    pub fn forget_from(&self, row: usize) {
        self.pre_activations.freeze_rows_from(row);
        self.to_come.set(row);
    }

    /// The pre-activation of the last layer for the inputs in these rows, `[rows, n_L]`, as
    /// [`Network::logits`].
    ///
    /// # Panics
    /// When there are no such rows.
    #[track_caller]
    #[must_use]
    pub fn logits(&self, network: &Network<'t, T>, rows: Range<usize>) -> Var<'t, T> {
        let all = self.pre_activations.shape().dims()[0];
        let mut chosen = Tensor::zeros([rows.len(), all]);
        for (place, row) in rows.enumerate() {
            chosen.data_mut()[place * all + row] = T::ONE;
        }
        let chosen = network.tape().constant(&chosen);
        let z = self.pre_activations.matvec_transposed_rows(chosen);
        network.logits_by(chosen, &|layer, y| match layer {
            0 => z,
            _ => network.project(layer, y),
        })
    }

    /// `z_i`, `[n_1]`.
    fn of_input(&self, input: usize) -> Var<'t, T> {
        let all = self.pre_activations.shape().dims()[0];
        let tape = self.pre_activations.tape();
        let chosen = tape.constant_with(all, |chosen| chosen[input] = T::ONE);
        self.pre_activations
            .matvec_transposed(chosen.with_sparsity_pattern())
    }
}

impl<T: Number> fmt::Debug for GramLayer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GramLayer")
            .field("pre_activations", &self.pre_activations)
            .finish_non_exhaustive()
    }
}
