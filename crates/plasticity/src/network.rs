//! Networks on a tape: weights and projections.
//!
//! Activity is in `forward`, teaching signals are in `errors`, online steps in `online`.

use std::cell::{Cell, RefCell};
use std::fmt;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use crate::architecture::Architecture;
use crate::connection::Connection;
use crate::feedback::handle::Feedback;
use crate::feedback::on_tape::FeedbackOnTape;
use crate::memory_values::MemoryValues;
use crate::network_error::NetworkError;
use crate::number::Number;
use crate::pathway::Pathway;
use crate::step_signals::StepSignals;

/// One variable per layer, without a heap allocation for the usual depths.
pub(crate) type Layers<V> = SmallVec<[V; 12]>;

/// A network whose weights are states of a tape, with its feedback pathway.
pub struct Network<'t, T: Number> {
    tape: &'t Tape<T>,
    architecture: Architecture,
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    weights: Layers<State<'t, T>>,
    feedback: FeedbackOnTape<'t, T>,
    /// One vector of ones for each of `n_0..n_L`.
    ones: Layers<Var<'t, T>>,
    /// The number 1.
    one: Var<'t, T>,
    /// The number of the online step that comes next.
    pub(crate) next_step: Cell<u64>,
    /// Of the step that is being made.
    pub(crate) step_signals: RefCell<StepSignals<'t, T>>,
    /// Of the rule.
    pub(crate) memory: RefCell<MemoryValues<'t, T>>,
}

/// What a [`Network`] is built from: weights and, unless it is symmetric, feedback.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_plasticity::{Architecture, Feedback, Network, Pathway};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let architecture = Architecture::new(vec![4, 5, 3])?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
/// let feedback = Feedback::fixed();
/// let matrices = feedback.draw(&architecture, &mut rng);
///
/// let tape = Tape::new();
/// let network = Network::builder(&tape, &architecture)
///     .weights(&weights)
///     .feedback(&feedback, &matrices)
///     .build();
/// assert_eq!(network.weights(), weights);
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
#[must_use = "a builder does nothing until it builds"]
pub struct NetworkBuilder<'b, 't, T: Number> {
    tape: &'t Tape<T>,
    architecture: &'b Architecture,
    weights: Weights<'b, 't, T>,
    feedback: Option<(&'b Feedback, &'b Pathway<T>)>,
    seed: u64,
}

/// Where the weights come from.
enum Weights<'b, 't, T: Number> {
    Missing,
    Given(&'b Pathway<T>),
    GivenWithGradient(&'b Pathway<T>),
    States(&'b [State<'t, T>]),
}

impl<'b, 't, T: Number> NetworkBuilder<'b, 't, T> {
    /// These weights, by whose initial values nothing is differentiated.
    pub fn weights(self, weights: &'b Pathway<T>) -> Self {
        NetworkBuilder {
            weights: Weights::Given(weights),
            ..self
        }
    }

    /// These weights, with gradients for their initial values.
    pub fn weights_with_gradient(self, weights: &'b Pathway<T>) -> Self {
        NetworkBuilder {
            weights: Weights::GivenWithGradient(weights),
            ..self
        }
    }

    /// Weights that are on the tape already, as [`Network::states`] gives them: `W_lᵀ` of shape
    /// `[n_(l−1), n_l]`, first layer first. The matrices of feedback that [learns](Feedback::learns)
    /// may follow as [`Network::carried`] gives them; then [`feedback`](Self::feedback) looks at no
    /// others.
    pub fn states(self, states: &'b [State<'t, T>]) -> Self {
        NetworkBuilder {
            weights: Weights::States(states),
            ..self
        }
    }

    /// The feedback pathway, with its own matrices as [`Feedback::draw`] makes them. Without a call
    /// of this, feedback is [symmetric](Feedback::symmetric).
    pub fn feedback(self, feedback: &'b Feedback, matrices: &'b Pathway<T>) -> Self {
        NetworkBuilder {
            feedback: Some((feedback, matrices)),
            ..self
        }
    }

    /// The seed of what is random in the episode, like the noise of
    /// [weight mirrors](Feedback::weight_mirror); 0 unless given.
    pub fn seed(self, seed: u64) -> Self {
        NetworkBuilder { seed, ..self }
    }

    /// Puts the network on the tape.
    ///
    /// # Panics
    /// When there are no weights, or weights or the matrices of feedback do not fit the architecture;
    /// see [`try_build`](Self::try_build).
    #[track_caller]
    pub fn build(self) -> Network<'t, T> {
        match self.try_build() {
            Ok(network) => network,
            Err(error) => panic!("network: {error}"),
        }
    }

    /// Puts the network on the tape, if it can be.
    ///
    /// # Errors
    /// When there are no weights, weights or the matrices of feedback do not fit the architecture, or that is
    /// recurrent.
    ///
    /// # Panics
    /// When states belong to another tape, or to a recording that was reset.
    #[track_caller]
    pub fn try_build(self) -> Result<Network<'t, T>, NetworkError> {
        let (tape, architecture) = (self.tape, self.architecture);
        if architecture.is_recurrent() {
            return Err(NetworkError::Recurrent);
        }
        let checked = |weights: &'b Pathway<T>| {
            let fits = weights.check(&architecture.shapes());
            fits.map(|()| weights.transposed().iter())
        };
        let mut carried: &[State<'t, T>] = &[];
        let weights = match self.weights {
            Weights::Missing => return Err(NetworkError::NoWeights),
            Weights::Given(weights) => checked(weights)?.map(|w| tape.state(w)).collect(),
            Weights::GivenWithGradient(weights) => {
                let state = |w| tape.state_with_gradient(w);
                checked(weights)?.map(state).collect()
            }
            Weights::States(states) => {
                let (weights, more) = states.split_at(architecture.layers().min(states.len()));
                let shapes = architecture.shapes();
                let wanted = shapes.iter().map(|[rows, columns]| [*columns, *rows]);
                if !weights.iter().map(|w| w.shape()).eq(wanted.map(Into::into)) {
                    let sizes = architecture.sizes().to_vec();
                    return Err(NetworkError::States { sizes });
                }
                carried = more;
                weights.iter().copied().collect()
            }
        };
        let (feedback, matrices) = match self.feedback {
            Some((feedback, matrices)) => (feedback.clone(), Some(matrices)),
            None => (Feedback::symmetric(), None),
        };
        feedback.check(architecture)?;
        let feedback =
            FeedbackOnTape::new(tape, architecture, feedback, matrices, carried, self.seed)?;
        let ones = architecture.sizes().iter();
        let ones = ones.map(|&n| tape.constant_with(n, |ones| ones.fill(T::ONE)));
        Ok(Network {
            tape,
            architecture: architecture.clone(),
            weights,
            feedback,
            ones: ones.collect(),
            one: tape.constant(&Tensor::scalar(T::ONE)),
            next_step: Cell::new(0),
            step_signals: RefCell::new(StepSignals::none()),
            memory: RefCell::new(MemoryValues::new()),
        })
    }
}

impl<'t, T: Number> Network<'t, T> {
    /// Begins a network on this tape.
    pub fn builder<'b>(
        tape: &'t Tape<T>,
        architecture: &'b Architecture,
    ) -> NetworkBuilder<'b, 't, T> {
        NetworkBuilder {
            tape,
            architecture,
            weights: Weights::Missing,
            feedback: None,
            seed: 0,
        }
    }

    /// The tape on which the network stands.
    #[must_use]
    pub fn tape(&self) -> &'t Tape<T> {
        self.tape
    }

    /// Sizes and activation.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The weights as states, kept transposed: `[n_(l−1), n_l]`, first layer first.
    #[must_use]
    pub fn states(&self) -> &[State<'t, T>] {
        &self.weights
    }

    /// The matrices of feedback that [learns](Feedback::learns), kept transposed as the weights are;
    /// none of other feedback. They go from step to step with the weights.
    #[must_use]
    pub fn carried(&self) -> &[State<'t, T>] {
        self.feedback.carried()
    }

    /// A copy of the present weights.
    ///
    /// # Panics
    /// After a sweep has rewound them.
    #[track_caller]
    #[must_use]
    pub fn weights(&self) -> Pathway<T> {
        Pathway::from_transposed(self.weights.iter().map(|w| w.value()).collect())
    }

    pub(crate) fn feedback(&self) -> &FeedbackOnTape<'t, T> {
        &self.feedback
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
    #[must_use]
    pub fn project(&self, layer: usize, y: Var<'t, T>) -> Var<'t, T> {
        Connection::project_by(self.architecture.connection(layer), self.weights[layer], y)
    }

    /// The same linear in `x`: behind max pooling of what the maxima of the activity `below` have.
    #[track_caller]
    pub(crate) fn project_at(&self, layer: usize, x: Var<'t, T>, below: Var<'t, T>) -> Var<'t, T> {
        match self.architecture.connection(layer) {
            Some(connection) => connection.project_at(self.weights[layer], x, below),
            None => self.project(layer, x),
        }
    }

    /// `W_lᵀ y`, of a vector or of every row of a matrix, through max pooling to the maxima of the activity
    /// `below`; `layer` counts from 0.
    ///
    /// # Panics
    /// When `y` does not have `n_l` elements, or columns.
    #[track_caller]
    #[must_use]
    pub fn project_back(&self, layer: usize, y: Var<'t, T>, below: Var<'t, T>) -> Var<'t, T> {
        let (connection, weights) = (self.architecture.connection(layer), self.weights[layer]);
        Connection::project_back_by(connection, weights, y, below)
    }
}

impl<T: Number> fmt::Debug for Network<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("architecture", &self.architecture)
            .field("feedback", self.feedback.feedback())
            .field("next_step", &self.next_step.get())
            .finish_non_exhaustive()
    }
}

impl<T: Number> fmt::Debug for NetworkBuilder<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkBuilder")
            .field("architecture", &self.architecture)
            .field("feedback", &self.feedback.map(|(feedback, _)| feedback))
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
