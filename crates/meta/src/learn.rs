//! Online learning as a function of θ and of the first weights, with its derivatives.
//!
//! `(θ, W₀) → W_T`: what an episode makes of its first weights. The vector–Jacobian product of the final
//! weights, or of the loss that follows from them, is exact and goes through every step: by it an episode
//! is one operation of a larger computation that others differentiate.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_plasticity::{Number, Pathway, PathwayError};

use crate::episode::{Episode, LiveEpisode};
use crate::query::QueryScore;
use crate::start::Start;

/// Derivatives by what an episode starts from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Slopes<T: Number> {
    /// By each coefficient.
    pub theta: Vec<f64>,
    /// By the first weights of each layer.
    pub weights: Pathway<T>,
}

/// The weights after all steps; nothing of a step stays in memory.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_meta::examples::{ExampleArrays, LabelledRows};
/// use metaplast_meta::learn::{learn, learn_vjp};
/// use metaplast_meta::seeds::EpisodeKey;
/// use metaplast_meta::{Episode, Model};
/// use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};
/// use metaplast_tensor::tensor;
///
/// let model = Model {
///     architecture: Architecture::new(vec![2, 1])?,
///     feedback: Feedback::fixed(),
///     rule: Rule::preset(Preset::Fa).with_theta(&[0.1]),
/// };
/// let rows = LabelledRows::new(tensor![[0.0, 1.0]], vec![0])?;
/// let arrays = ExampleArrays::new(rows, LabelledRows::none());
/// let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
/// let start = episode.start::<f64>();
/// let learned = learn(&episode, &start);
/// // One output has nothing to choose: its error is 0, and the weights stay.
/// assert_eq!(learned, start.weights);
/// let slopes = learn_vjp(&Tape::new(), &episode, &start, &learned)?;
/// assert_eq!(slopes.weights, learned);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// As [`gradient::run`](crate::gradient::run), and when the weights do not fit the model.
#[must_use]
#[track_caller]
pub fn learn<T: Number>(episode: &Episode<'_>, start: &Start<T>) -> Pathway<T> {
    let tape = Tape::new();
    let live = episode.begin_from(&tape, start);
    let (rule, _) = episode.bind(&tape);
    live.run_unrecorded(&rule);
    live.network().weights()
}

/// The vector–Jacobian product of [`learn`]: the derivatives of `Σ_l ⟨W_l, C_l⟩` of the final weights with
/// these `cotangents` C. The tape is reset, used, and keeps its memory.
///
/// # Errors
/// When the cotangents do not have the shapes of the weights.
///
/// # Panics
/// As [`learn`].
#[track_caller]
pub fn learn_vjp<T: Number>(
    tape: &Tape<T>,
    episode: &Episode<'_>,
    start: &Start<T>,
    cotangents: &Pathway<T>,
) -> Result<Slopes<T>, PathwayError> {
    cotangents.check(&episode.model.architecture.shapes())?;
    let recorded = RecordedEpisode::new(tape, episode, start);
    let pairs = recorded.weights.iter().zip(cotangents.transposed());
    let inner = pairs.map(|(w, c)| (w.read() * tape.constant(c)).sum());
    let sum = inner.reduce(|a, b| a + b);
    let sum = sum.expect("a network has at least one layer of weights");
    Ok(recorded.slopes(sum))
}

/// The query score after an episode from these first weights, and the derivatives of its cross-entropy by
/// θ and the first weights; none when it is not finite. The tape is reset, used, and keeps its memory.
///
/// # Panics
/// As [`learn`], and when there are no query examples.
#[track_caller]
pub fn loss_and_slopes<T: Number>(
    tape: &Tape<T>,
    episode: &Episode<'_>,
    start: &Start<T>,
) -> (QueryScore, Option<Slopes<T>>) {
    let recorded = RecordedEpisode::new(tape, episode, start);
    let evaluated = recorded.live.evaluate(false);
    let query = evaluated.query;
    let is_finite = query.cross_entropy.is_finite();
    (query, is_finite.then(|| recorded.slopes(evaluated.loss)))
}

/// An episode on a tape after its last step, each of which was recorded.
struct RecordedEpisode<'a, 't, T: Number> {
    live: LiveEpisode<'a, 't, T>,
    theta: Vec<Var<'t, T>>,
    /// The forward weights.
    weights: Vec<State<'t, T>>,
}

impl<'a, 't, T: Number> RecordedEpisode<'a, 't, T> {
    fn new(tape: &'t Tape<T>, episode: &Episode<'a>, start: &Start<T>) -> Self {
        tape.reset();
        let live = episode.begin_with_gradient(tape, start);
        let (rule, theta) = episode.bind(tape);
        for t in 0..episode.steps {
            live.step(&rule, t);
        }
        let weights = live.network().states().to_vec();
        RecordedEpisode {
            live,
            theta,
            weights,
        }
    }

    fn slopes(&self, of: Var<'t, T>) -> Slopes<T> {
        let gradients = of.backward();
        let by_theta = |&theta| gradients.wrt(theta).item().to_f64();
        let by_weights = |&w| gradients.wrt_state(w).transpose();
        let weights: Vec<_> = self.weights.iter().map(by_weights).collect();
        Slopes {
            theta: self.theta.iter().map(by_theta).collect(),
            weights: Pathway::from_matrices(&weights),
        }
    }
}
