//! What a feedback pathway is made of, and what it sees.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Tensor;
use rand::Rng;

use crate::activation::Activation;
use crate::architecture::Architecture;
use crate::connection::Connection;
use crate::feedback::handle::Feedback;
use crate::feedback::online_step::OnlineStep;
use crate::feedback::teaching::{TeachingPass, TeachingSignals};
use crate::number::{Number, every_number, with_numbers};
use crate::pathway::Pathway;
use crate::recurrent::TeachingThroughTime;

/// A feedback pathway: which matrices it has of its own, how an error passes back through a layer,
/// and what changes after each online step.
///
/// Written once for every [`Number`] type, it becomes a [`Feedback`](crate::Feedback) by
/// [`Feedback::new`](crate::Feedback::new) and goes wherever the built-in ones do.
///
/// ```
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_plasticity::{
///     Architecture, BackwardPass, Feedback, FeedbackPathway, Network, Number, OnlineStep, Pathway,
/// };
///
/// /// Fixed matrices that fade in each step.
/// #[derive(Debug)]
/// struct Fading;
///
/// impl<T: Number> FeedbackPathway<T> for Fading {
///     fn name(&self) -> &str {
///         "fading"
///     }
///     fn storage(&self) -> metaplast_plasticity::Storage {
///         metaplast_plasticity::Storage::Carried
///     }
///     fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
///         pass.through(pass.matrix(), pass.error())
///     }
///     fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
///         let rate = step.constant(0.01);
///         for layer in 0..step.layers() {
///             step.update(layer, |update| update.decay(rate));
///         }
///     }
/// }
///
/// let architecture = Architecture::new(vec![4, 5, 3])?;
/// let weights = Pathway::<f64>::from_matrices(&[
///     metaplast_tensor::Tensor::full([5, 4], 0.1),
///     metaplast_tensor::Tensor::full([3, 5], 0.1),
/// ]);
/// let tape = Tape::new();
/// let fading = Feedback::new(Fading);
/// let network = Network::builder(&tape, &architecture)
///     .weights(&weights)
///     .feedback(&fading, &weights)
///     .build();
/// let activations = network.forward(tape.constant_with(4, |x| x.fill(1.0)));
/// assert_eq!(network.errors(&activations, 0).len(), 2);
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
pub trait FeedbackPathway<T: Number>: fmt::Debug + Send + Sync + 'static {
    /// The name on the command line and in files; of a pathway with parameters with all of them in
    /// brackets, as [`with_parameters`](Self::with_parameters) reads them: `mirror(eta=0.1)`.
    fn name(&self) -> &str;

    /// The same pathway with other parameters, given as they stand between the brackets of a name;
    /// unless given otherwise there are none to choose.
    ///
    /// # Errors
    /// In words, what is wrong with the parameters.
    fn with_parameters(&self, parameters: &str) -> Result<Feedback, String> {
        let _ = parameters;
        Err(format!("`{}` takes no parameters", self.name()))
    }

    /// The shapes of its own matrices, `[rows, columns]` as the paper writes them, first layer first;
    /// unless given otherwise those of `B_1..B_L`, `[n_l, n_(l−1)]`.
    fn shapes(&self, architecture: &Architecture) -> Vec<[usize; 2]> {
        architecture.shapes()
    }

    /// Whether it can pass errors back in such a feed-forward network; unless given otherwise where that is fully
    /// connected.
    ///
    /// # Errors
    /// In words, why not, and what to choose.
    fn check(&self, architecture: &Architecture) -> Result<(), String> {
        match architecture.is_fully_connected() {
            true => Ok(()),
            false => Err(
                "passes no errors through convolution or pooling; choose fixed, symmetric, attached or dfa"
                    .to_owned(),
            ),
        }
    }

    /// Whether [`back`](Self::back) stands for all ways from the outputs to a layer, so that nothing is added
    /// where skips lead; unless given otherwise not.
    fn is_direct(&self) -> bool {
        false
    }

    /// What it is in a recurrent network; unless given otherwise nothing.
    fn through_time(&self) -> Option<TeachingThroughTime> {
        None
    }

    /// How its matrices are kept.
    fn storage(&self) -> Storage {
        Storage::Fixed
    }

    /// Whether numbers drawn in the [steps](OnlineStep::random) go into its matrices, so that who has
    /// seen activity and weights alone cannot tell them; unless given otherwise not.
    fn draws_noise(&self) -> bool {
        false
    }

    /// Fresh matrices of its [shapes](Self::shapes), unless given otherwise as
    /// [`Pathway::uniform_of`] draws them.
    fn draw(&self, architecture: &Architecture, rng: &mut dyn Rng) -> Pathway<T> {
        Pathway::uniform_of(&self.shapes(architecture), rng)
    }

    /// What takes the place of `B_lᵀ e_l`, `[n_(l−1)]`, before the factor σ'.
    ///
    /// For diagnostics the errors are batches with one sample per row, `[n, n_l]`, and so is the
    /// result.
    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T>;

    /// The teaching signals `e_1..e_L` of one step, all at once; unless given otherwise one
    /// [`back`](Self::back) after the other, from the output down, along skips [as they are](crate::SkippedErrors).
    ///
    /// `e_0` is not among them: it comes from `e_1` by [`back`](Self::back) when a term asks for it.
    /// For diagnostics, activity and signals are batches with one sample per row.
    fn teaching_signals<'t>(&self, pass: &TeachingPass<'_, 't, T>) -> TeachingSignals<'t, T> {
        let mut errors = pass.output_errors();
        let mut skipped = pass.skipped_errors();
        for layer in (1..pass.layers()).rev() {
            let mut back = self.back(&pass.through_layer(layer, errors[layer]));
            if !self.is_direct() {
                back = skipped.join(layer, back);
            }
            errors[layer - 1] = pass.times_slope(back, layer);
        }
        TeachingSignals::new(errors)
    }

    /// Of which error [`back`](Self::back) is the product with [the matrix of its own](BackwardPass::matrix), if it is
    /// nothing else and no step changes that matrix; unless given otherwise nothing is known of it. It lets a
    /// [`GramLayer`](crate::GramLayer) do without `e_0`.
    fn multiplies(&self) -> Option<FedBack> {
        None
    }

    /// Whether it looks at the weights or the input of the first layer, or changes what belongs to it, in a step
    /// whose rule asks for `e_0` or not; unless given otherwise it may. Where it does not, a
    /// [`GramLayer`](crate::GramLayer) can stand in the place of that layer.
    fn reads_first_layer(&self, input_error: bool) -> bool {
        let _ = input_error;
        true
    }

    /// What happens between an online step and the next; unless given otherwise nothing.
    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        let _ = step;
    }
}

with_numbers!(every_number!(
    /// A [`FeedbackPathway`] for every number type.
    EveryPathway: FeedbackPathway
));

/// The error that a [pathway](FeedbackPathway) multiplies by a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FedBack {
    /// `e_l`, of the layer itself.
    Error,
    /// `e_L`, of the outputs.
    OutputError,
}

/// How the matrices of a pathway are kept while a network is on a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// As states that nothing updates.
    Fixed,
    /// As states that [`after_step`](FeedbackPathway::after_step) updates: like the weights they go
    /// from step to step, and a gradient flows through them.
    Carried,
    /// Beside the tape, for operations of the pathway's own; they never change.
    BesideTape,
}

/// The matrices of a pathway on a tape.
pub(crate) struct Matrices<'t, T: Number> {
    /// `B_lᵀ`, as the weights are kept.
    pub(crate) states: Vec<State<'t, T>>,
    pub(crate) tensors: Vec<Arc<Tensor<T>>>,
}

/// An error on its way back through a layer.
pub struct BackwardPass<'n, 't, T: Number> {
    pub(crate) weights: &'n [State<'t, T>],
    pub(crate) matrices: &'n Matrices<'t, T>,
    pub(crate) layer: usize,
    pub(crate) error: Var<'t, T>,
    pub(crate) output_error: Var<'t, T>,
    pub(crate) activity: Var<'t, T>,
    pub(crate) activation: Activation,
    /// Of a layer that is not fully connected.
    pub(crate) connection: Option<&'n Connection>,
}

impl<'t, T: Number> BackwardPass<'_, 't, T> {
    /// The layer, counted from 0: it is l − 1.
    #[must_use]
    pub fn layer(&self) -> usize {
        self.layer
    }

    /// `e_l`, `[n_l]`.
    #[must_use]
    pub fn error(&self) -> Var<'t, T> {
        self.error
    }

    /// `e_L`, `[n_L]`.
    #[must_use]
    pub fn output_error(&self) -> Var<'t, T> {
        self.output_error
    }

    /// `y_(l−1)`, `[n_(l−1)]`, by whose slope the result will be multiplied.
    #[must_use]
    pub fn activity(&self) -> Var<'t, T> {
        self.activity
    }

    /// `W_l`, kept transposed: `[n_(l−1), n_l]`.
    #[must_use]
    pub fn weights(&self) -> State<'t, T> {
        self.weights[self.layer]
    }

    /// The pathway's own matrix for this layer, kept transposed as the weights are.
    ///
    /// # Panics
    /// When it has none, or keeps it [beside the tape](Storage::BesideTape).
    #[track_caller]
    #[must_use]
    pub fn matrix(&self) -> State<'t, T> {
        self.matrices.states[self.layer]
    }

    /// The pathway's own matrix for this layer, transposed, where it is kept
    /// [beside the tape](Storage::BesideTape).
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    #[must_use]
    pub fn tensor(&self) -> &Arc<Tensor<T>> {
        &self.matrices.tensors[self.layer]
    }

    /// `Mᵀ e` for a matrix that is kept transposed, of a vector or of every row of a batch.
    ///
    /// Of a vector only the elements are computed for which the slope of the activity is not known
    /// to be 0: that of a dark pixel is, but for tanh, and what comes back there does not matter.
    ///
    /// In a convolutional layer the matrix is a kernel of the shape of the weights, through which an error
    /// goes back by the transposed convolution; pooling gives every unit of a window the same share, max pooling
    /// everything to the unit that is its maximum.
    #[must_use]
    pub fn through(&self, matrix: State<'t, T>, error: Var<'t, T>) -> Var<'t, T> {
        match self.connection {
            Some(connection) => connection.project_back(matrix, error, self.activity),
            None => self.through_whole(matrix, error),
        }
    }

    /// The same however the layer is connected: with a matrix that has a weight from each of the errors to
    /// each unit below.
    #[must_use]
    pub fn through_whole(&self, matrix: State<'t, T>, error: Var<'t, T>) -> Var<'t, T> {
        match error.rank() {
            1 if self.activation.has_slope_at_zero() => matrix.matvec(error),
            1 => matrix.matvec_within(error, self.activity),
            _ => matrix.matvec_rows(error),
        }
    }
}

impl<T: Number> fmt::Debug for BackwardPass<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackwardPass")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
