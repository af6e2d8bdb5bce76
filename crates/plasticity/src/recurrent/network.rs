//! Recurrent networks on a tape: weights and feedback.

use std::cell::RefCell;
use std::fmt;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Tensor;

use super::architecture::RecurrentArchitecture;
use super::teaching::TeachingThroughTime;
use crate::memory_values::MemoryValues;
use crate::network_error::NetworkError;
use crate::number::Number;
use crate::pathway::Pathway;

/// A recurrent network whose weights are states of a tape: hidden units that see their own past, see
/// [`recurrent`](crate::recurrent).
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_plasticity::{
///     Activation, Pathway, Preset, RecurrentArchitecture, RecurrentNetwork, Rule, TeachingThroughTime,
/// };
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let architecture = RecurrentArchitecture::new(2, 8, 2)?
///     .with_activation(Activation::Tanh)
///     .with_leak(0.5)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let weights = Pathway::<f64>::uniform_of(&architecture.shapes(), &mut rng);
/// let teaching = TeachingThroughTime::RandomFeedback;
/// let feedback = teaching.draw(&architecture, &mut rng);
///
/// let tape = Tape::new();
/// let network = RecurrentNetwork::new(&tape, &architecture, &weights, teaching, &feedback)?;
/// let rule = Rule::preset(Preset::Bio).with_theta(&[0.1, 0.0, 0.0]).bind_constant(&tape);
/// // Which came first?
/// let unit = |place: usize| tape.constant_with(2, |x| x[place] = 1.0);
/// let sequences = [[unit(0), unit(1)], [unit(1), unit(0)]];
/// for _ in 0..200 {
///     for (label, sequence) in sequences.iter().enumerate() {
///         network.step(&rule, sequence, label);
///     }
/// }
/// let outputs = network.forward(&sequences[1]).outputs;
/// assert!(outputs[0].value().data()[1] > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecurrentNetwork<'t, T: Number> {
    pub(super) tape: &'t Tape<T>,
    pub(super) architecture: RecurrentArchitecture,
    /// W_inᵀ, W_recᵀ, W_outᵀ.
    pub(super) weights: [State<'t, T>; 3],
    pub(super) teaching: TeachingThroughTime,
    /// The fixed matrices, as weights are kept; none of exact backpropagation.
    pub(super) feedback: Option<[State<'t, T>; 3]>,
    /// Vectors of ones for inputs, hidden units and outputs.
    pub(super) ones: [Var<'t, T>; 3],
    /// h_0
    pub(super) rest: Var<'t, T>,
    /// The number 1, rank 0.
    pub(super) one: Var<'t, T>,
    /// Of the rule.
    pub(crate) memory: RefCell<MemoryValues<'t, T>>,
}

impl<'t, T: Number> RecurrentNetwork<'t, T> {
    /// A network with the weights W_in, W_rec and W_out, and with the feedback's own matrices as
    /// [`TeachingThroughTime::draw`] makes them.
    ///
    /// # Errors
    /// When weights or feedback do not have the shapes that the architecture asks for.
    pub fn new(
        tape: &'t Tape<T>,
        architecture: &RecurrentArchitecture,
        weights: &Pathway<T>,
        teaching: TeachingThroughTime,
        feedback: &Pathway<T>,
    ) -> Result<Self, NetworkError> {
        weights.check(&architecture.shapes())?;
        let states = states(weights, |w| tape.state(w));
        Self::on_states(tape, architecture, states, teaching, feedback)
    }

    /// The same on weights that are on the tape already, as [`states`](Self::states) gives them.
    ///
    /// # Errors
    /// When states or feedback do not have the shapes that the architecture asks for.
    ///
    /// # Panics
    /// When states belong to another tape, or to a recording that was reset.
    pub fn on_states(
        tape: &'t Tape<T>,
        architecture: &RecurrentArchitecture,
        weights: [State<'t, T>; 3],
        teaching: TeachingThroughTime,
        feedback: &Pathway<T>,
    ) -> Result<Self, NetworkError> {
        let shapes = architecture.shapes();
        let wanted = shapes.iter().map(|[rows, columns]| [*columns, *rows]);
        if !weights.iter().map(|w| w.shape()).eq(wanted.map(Into::into)) {
            let sizes = [
                architecture.inputs(),
                architecture.hidden(),
                architecture.outputs(),
            ];
            return Err(NetworkError::States {
                sizes: sizes.to_vec(),
            });
        }
        let fits = feedback.check(&teaching.shapes(architecture));
        fits.map_err(|error| NetworkError::Feedback {
            feedback: teaching.to_string(),
            error,
        })?;
        let given = !feedback.transposed().is_empty();
        let ones = |n: usize| tape.constant_with(n, |ones| ones.fill(T::ONE));
        let sizes = [
            architecture.inputs(),
            architecture.hidden(),
            architecture.outputs(),
        ];
        Ok(RecurrentNetwork {
            tape,
            architecture: architecture.clone(),
            weights,
            teaching,
            feedback: given.then(|| states(feedback, |b| tape.state(b))),
            ones: sizes.map(ones),
            rest: tape.constant_with(architecture.hidden(), |h| h.fill(T::ZERO)),
            one: tape.constant(&Tensor::scalar(T::ONE)),
            memory: RefCell::new(MemoryValues::new()),
        })
    }

    /// The tape on which the network stands.
    #[must_use]
    pub fn tape(&self) -> &'t Tape<T> {
        self.tape
    }

    /// Sizes, activation, leak and readout.
    #[must_use]
    pub fn architecture(&self) -> &RecurrentArchitecture {
        &self.architecture
    }

    /// How errors travel back.
    #[must_use]
    pub fn teaching(&self) -> TeachingThroughTime {
        self.teaching
    }

    /// W_in, W_rec and W_out as states, kept transposed: `[n_0, n]`, `[n, n]`, `[n, outputs]` with n hidden
    /// units.
    #[must_use]
    pub fn states(&self) -> &[State<'t, T>; 3] {
        &self.weights
    }

    /// A copy of the present weights: W_in, W_rec, W_out.
    ///
    /// # Panics
    /// After a sweep has rewound them.
    #[track_caller]
    #[must_use]
    pub fn weights(&self) -> Pathway<T> {
        Pathway::from_transposed(self.weights.iter().map(|w| w.value()).collect())
    }
}

/// The matrices, of which there are three, as states.
fn states<'t, T: Number>(
    matrices: &Pathway<T>,
    state: impl Fn(&Tensor<T>) -> State<'t, T>,
) -> [State<'t, T>; 3] {
    let matrices = matrices.transposed();
    [0, 1, 2].map(|place| state(&matrices[place]))
}

impl<T: Number> fmt::Debug for RecurrentNetwork<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecurrentNetwork")
            .field("architecture", &self.architecture)
            .field("teaching", &self.teaching)
            .finish_non_exhaustive()
    }
}
