//! Episodes: learning on arrays, with exact derivatives.

use std::sync::Mutex;

use metaplast_meta::examples::ExampleArrays;
use metaplast_meta::gradient::{Ask, EpisodeRunner, GradientMode, Outcome, Unroll, fitting};
use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::simulate::simulate_from;
use metaplast_meta::train::locate_from;
use metaplast_meta::{Episode, Model, Precision, Start, learn as learning};
use metaplast_runs::settings::{ByteSize, Choice, gradient_mode};
use metaplast_runs::threads;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::arrays::{Float, examples, in_type_of, pathway, to_arrays};
use crate::errors::{diverged, of_run, value, without_lock};
use crate::network::Network;
use crate::rule::Rule;

/// Forward weights, the matrices of feedback, and the seed of what is random in the steps.
type StartArrays<'py> = (Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>, u64);
/// Inputs, one per row, and labels.
type Rows<'py> = (Bound<'py, PyAny>, PyReadonlyArray1<'py, i64>);
type Weights<'py> = Vec<Bound<'py, PyAny>>;
type Measured = (Vec<f64>, Vec<f64>, Vec<f64>);

/// Runners that keep their tapes from call to call, whichever thread calls.
struct Runners<T: Float>(Mutex<Vec<EpisodeRunner<T>>>);

/// Runners beyond this many are given back when their call ends.
const MOST_RUNNERS: usize = 8;

static SINGLE: Runners<f32> = Runners(Mutex::new(Vec::new()));
static DOUBLE: Runners<f64> = Runners(Mutex::new(Vec::new()));

/// Numbers that have runners.
trait Pooled: Float {
    const PRECISION: Precision;

    fn runners() -> &'static Runners<Self>;
}

impl Pooled for f32 {
    const PRECISION: Precision = Precision::Single;

    fn runners() -> &'static Runners<f32> {
        &SINGLE
    }
}

impl Pooled for f64 {
    const PRECISION: Precision = Precision::Double;

    fn runners() -> &'static Runners<f64> {
        &DOUBLE
    }
}

impl<T: Float> Runners<T> {
    /// Lends a runner of the usual mode. A process that was forked while another thread was here finds
    /// the list locked for ever, and does without.
    fn with<R>(&self, work: impl FnOnce(&mut EpisodeRunner<T>) -> R) -> R {
        let kept = self.0.try_lock().ok().and_then(|mut list| list.pop());
        let mut runner = kept.unwrap_or_else(|| EpisodeRunner::new(GradientMode::default()));
        let result = work(&mut runner);
        runner.tape().reset();
        if let Ok(mut list) = self.0.try_lock()
            && list.len() < MOST_RUNNERS
        {
            list.push(runner);
        }
        result
    }
}

/// An episode whose parts fit each other.
struct Prepared<T: Float> {
    model: Model,
    arrays: ExampleArrays,
    start: Start<T>,
    steps: u64,
}

impl<T: Float> Prepared<T> {
    fn new(
        rule: &Rule,
        network: &Network,
        (weights, feedback, seed): &StartArrays<'_>,
        support: &Rows<'_>,
        query: Option<&Rows<'_>>,
        steps: Option<u64>,
    ) -> PyResult<Self> {
        let model = network.model(&rule.0);
        let layers = model.architecture.layers();
        if let Some(own) = model.rule.layers()
            && own != layers
        {
            return Err(value(format!(
                "the rule has coefficients for {own} layers, the network has {layers}"
            )));
        }
        let start = Start {
            weights: pathway::<T>(weights, "weights")?,
            feedback: pathway::<T>(feedback, "feedback")?,
            seed: *seed,
        };
        start.check(&model).map_err(value)?;
        let query = query.map(|(x, y)| (x, y));
        let arrays = examples::<T>((&support.0, &support.1), query)?;
        let checked = arrays.check(&model.architecture, query.is_some());
        checked.map_err(value)?;
        let samples = arrays.support().labels().len() as u64;
        let steps = steps.unwrap_or(samples);
        if steps > 0 && samples == 0 {
            return Err(value(format!("{steps} steps without a support example")));
        }
        if steps > MOST_STEPS {
            return Err(value(format!(
                "steps: {steps}; at most {MOST_STEPS} are possible"
            )));
        }
        Ok(Prepared {
            model,
            arrays,
            start,
            steps,
        })
    }

    fn episode(&self) -> Episode<'_> {
        let key = EpisodeKey::new(self.start.seed, 0, 0);
        Episode::of_arrays(&self.model, key, &self.arrays).with_steps(Some(self.steps))
    }
}

/// Upper bound, against typing errors.
const MOST_STEPS: u64 = 1 << 40;

/// Final weights.
#[pyfunction]
pub(crate) fn learn<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    steps: Option<u64>,
) -> PyResult<Weights<'py>> {
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, None, steps)?;
        let learned = without_lock(py, || learning::learn(&prepared.episode(), &prepared.start))?;
        to_arrays(py, &learned)
    })
}

/// Derivatives of `Σ ⟨W_l, C_l⟩` of the final weights by θ and by the first weights.
#[pyfunction]
pub(crate) fn learn_vjp<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    cotangents: Weights<'py>,
    steps: Option<u64>,
) -> PyResult<(Vec<f64>, Weights<'py>)> {
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, None, steps)?;
        let cotangents = pathway::<T>(&cotangents, "cotangents")?;
        let slopes = without_lock(py, || {
            T::runners().with(|runner| {
                let (episode, start) = (prepared.episode(), &prepared.start);
                learning::learn_vjp(runner.tape(), &episode, start, &cotangents)
            })
        })?;
        let slopes = slopes.map_err(|error| value(format!("cotangents: {error}")))?;
        Ok((slopes.theta, to_arrays(py, &slopes.weights)?))
    })
}

/// Loss and accuracy, and the loss's derivatives by θ and by the first weights where it is finite.
#[pyfunction]
#[allow(clippy::type_complexity, reason = "a tuple for the package alone")]
pub(crate) fn loss_vjp<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    query: Rows<'py>,
    steps: Option<u64>,
) -> PyResult<(f64, f64, Option<(Vec<f64>, Weights<'py>)>)> {
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, Some(&query), steps)?;
        let (query, slopes) = without_lock(py, || {
            T::runners().with(|runner| {
                learning::loss_and_slopes(runner.tape(), &prepared.episode(), &prepared.start)
            })
        })?;
        let slopes = match slopes {
            Some(slopes) => Some((slopes.theta, to_arrays(py, &slopes.weights)?)),
            None => None,
        };
        Ok((query.cross_entropy, query.accuracy, slopes))
    })
}

/// Loss and accuracy.
#[pyfunction]
pub(crate) fn score<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    query: Rows<'py>,
    steps: Option<u64>,
) -> PyResult<(f64, f64)> {
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, Some(&query), steps)?;
        let outcome = without_lock(py, || {
            let (episode, start) = (prepared.episode(), &prepared.start);
            T::runners().with(|runner| runner.run_from(&episode, start, Ask::SCORE))
        })?;
        Ok((outcome.query.cross_entropy, outcome.query.accuracy))
    })
}

/// Loss, accuracy and gradient by θ, and angles, orthonormality errors and weight norms if asked for.
#[pyfunction]
#[allow(
    clippy::too_many_arguments,
    reason = "for the package alone, which names them"
)]
#[allow(clippy::type_complexity, reason = "a tuple for the package alone")]
pub(crate) fn value_and_grad<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    query: Rows<'py>,
    steps: Option<u64>,
    gradient: String,
    memory: Option<String>,
    diagnostics: bool,
) -> PyResult<(f64, f64, Vec<f64>, Option<Measured>)> {
    let choice = Choice::new(gradient, "--gradient");
    let mode = gradient_mode(&choice).map_err(|error| of_run(&error))?;
    let bytes: Option<ByteSize> = match memory {
        Some(text) => Some(
            text.parse()
                .map_err(|error| value(format!("memory: {error}")))?,
        ),
        None => None,
    };
    let ask = Ask {
        gradient: true,
        diagnostics,
    };
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, Some(&query), steps)?;
        let outcome = without_lock(py, || run(&prepared, mode, bytes, ask))??;
        match outcome.gradient {
            Some(gradient) => {
                let QueryScore { cross_entropy, accuracy } = outcome.query;
                Ok((cross_entropy, accuracy, gradient, outcome.diagnostics.map(measured)))
            }
            None => {
                let place = without_lock(py, || locate_from(&prepared.episode(), &prepared.start))?;
                let message = format!(
                    "the query loss is {}: in step {} layer {} changed by {:.2e} of its size, most by {}",
                    outcome.query.cross_entropy,
                    place.step,
                    place.layer,
                    place.relative_update,
                    place.term,
                );
                Err(diverged(py, message, None, Some(&place)))
            }
        }
    })
}

fn measured(diagnostics: Diagnostics) -> Measured {
    let Diagnostics {
        angles,
        orthonormality,
        weight_norms,
    } = diagnostics;
    (angles, orthonormality, weight_norms)
}

fn run<T: Pooled>(
    prepared: &Prepared<T>,
    mode: GradientMode,
    bytes: Option<ByteSize>,
    ask: Ask,
) -> PyResult<Outcome> {
    let (episode, start) = (prepared.episode(), &prepared.start);
    let mode = match (mode, bytes) {
        (GradientMode::Reverse(_), Some(ByteSize(bytes))) => {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let found = fitting(&episode, T::PRECISION, bytes);
            GradientMode::Reverse(
                found
                    .map_err(|error| value(format!("memory: {error}")))?
                    .unroll,
            )
        }
        (mode, _) => mode,
    };
    match mode {
        GradientMode::Reverse(Unroll::Tape) => {
            Ok(T::runners().with(|runner| runner.run_from(&episode, start, ask)))
        }
        // Perturbed episodes run in parallel, in a pool of their own: a global one does not survive a
        // fork.
        GradientMode::Evolution(_) => {
            let pool = threads::pool(None).map_err(|error| of_run(&error))?;
            Ok(pool.install(|| EpisodeRunner::new(mode).run_from(&episode, start, ask)))
        }
        mode => Ok(EpisodeRunner::new(mode).run_from(&episode, start, ask)),
    }
}

type Points = Vec<(u64, f64, f64, Vec<f64>)>;

/// Step, loss, accuracy and weight norms of each point of a learning curve, and the final weights.
#[pyfunction]
#[allow(
    clippy::too_many_arguments,
    reason = "for the package alone, which names them"
)]
pub(crate) fn simulate<'py>(
    py: Python<'py>,
    rule: &Rule,
    network: &Network,
    start: StartArrays<'py>,
    support: Rows<'py>,
    query: Rows<'py>,
    steps: Option<u64>,
    every: u64,
) -> PyResult<(Points, Weights<'py>)> {
    if every == 0 {
        return Err(value("every: 0 makes no sense; give at least 1"));
    }
    in_type_of!(&start.0, T => {
        let prepared = Prepared::<T>::new(rule, network, &start, &support, Some(&query), steps)?;
        let (points, weights) = without_lock(py, || {
            let mut points = Points::new();
            let weights = simulate_from(
                &prepared.episode(),
                &prepared.start,
                every,
                &mut |point| {
                    let QueryScore { cross_entropy, accuracy } = point.query;
                    let norms = point.weight_norms.clone();
                    points.push((point.step, cross_entropy, accuracy, norms));
                },
            );
            (points, weights)
        })?;
        Ok((points, to_arrays(py, &weights)?))
    })
}
