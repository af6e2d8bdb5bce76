//! Episodes: learning on arrays, with exact derivatives.

use metaplast_meta::examples::ExampleArrays;
use metaplast_meta::gradient::{Ask, EpisodeRunner, GradientMode, Outcome, Unroll, fitting, gram};
use metaplast_meta::learn::Slopes;
use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::simulate::simulate_from;
use metaplast_meta::train::locate_from;
use metaplast_meta::{Episode, Model, Start, learn as learning};
use metaplast_runs::settings::{ByteSize, Choice, gradient_mode};
use metaplast_runs::threads;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::arrays::{Float, examples, in_type_of, pathway, to_arrays};
use crate::errors::{diverged, of_run, value, without_lock};
use crate::network::Network;
use crate::rule::Rule;
use crate::runners::Pooled;

/// Forward weights, the matrices of feedback, and the seed of what is random in the steps.
type StartArrays<'py> = (Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>, u64);
/// Inputs, one per row, and labels.
type Rows<'py> = (Bound<'py, PyAny>, PyReadonlyArray1<'py, i64>);
/// An episode as the package describes it: rule, network, start, what it learns from, what the network is
/// judged on, and the number of steps.
type Parts<'py> = (
    PyRef<'py, Rule>,
    PyRef<'py, Network>,
    StartArrays<'py>,
    Rows<'py>,
    Option<Rows<'py>>,
    Option<u64>,
);
type Weights<'py> = Vec<Bound<'py, PyAny>>;
type Measured = (Vec<f64>, Vec<f64>, Vec<f64>);

/// An episode whose parts fit each other.
struct Prepared<T: Float> {
    model: Model,
    arrays: ExampleArrays,
    start: Start<T>,
    steps: u64,
}

impl<T: Float> Prepared<T> {
    fn new(parts: &Parts<'_>, is_judged: bool) -> PyResult<Self> {
        let (rule, network, (weights, feedback, seed), support, query, steps) = parts;
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
        let query = query.as_ref().map(|(x, y)| (x, y));
        let arrays = examples::<T>((&support.0, &support.1), query)?;
        let checked = arrays.check(&model.architecture, is_judged);
        checked.map_err(value)?;
        let samples = arrays.support().labels().len() as u64;
        let steps = (*steps).unwrap_or(samples);
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
pub(crate) fn learn<'py>(py: Python<'py>, parts: Parts<'py>) -> PyResult<Weights<'py>> {
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, false)?;
        let learned = without_lock(py, || learning::learn(&prepared.episode(), &prepared.start))?;
        to_arrays(py, &learned)
    })
}

/// Derivatives by θ, and by the first weights where they are wanted.
type Derivatives<'py> = (Vec<f64>, Option<Weights<'py>>);

fn derivatives<'py, T: Float>(
    py: Python<'py>,
    slopes: Slopes<T>,
    by_weights: bool,
) -> PyResult<Derivatives<'py>> {
    let weights = by_weights.then(|| to_arrays(py, &slopes.weights));
    Ok((slopes.theta, weights.transpose()?))
}

/// Derivatives of `Σ ⟨W_l, C_l⟩` of the final weights.
#[pyfunction]
pub(crate) fn learn_vjp<'py>(
    py: Python<'py>,
    parts: Parts<'py>,
    cotangents: Weights<'py>,
    by_weights: bool,
) -> PyResult<Derivatives<'py>> {
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, false)?;
        let cotangents = pathway::<T>(&cotangents, "cotangents")?;
        let slopes = without_lock(py, || {
            T::runners().with(|runner| {
                let (episode, start) = (prepared.episode(), &prepared.start);
                learning::learn_vjp(runner.tape(), &episode, start, &cotangents)
            })
        })?;
        let slopes = slopes.map_err(|error| value(format!("cotangents: {error}")))?;
        derivatives(py, slopes, by_weights)
    })
}

/// Loss and accuracy, and the loss's derivatives where it is finite.
#[pyfunction]
pub(crate) fn loss_vjp<'py>(
    py: Python<'py>,
    parts: Parts<'py>,
    by_weights: bool,
) -> PyResult<(f64, f64, Option<Derivatives<'py>>)> {
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, true)?;
        let (query, slopes) = without_lock(py, || {
            T::runners().with(|runner| {
                learning::loss_and_slopes(runner.tape(), &prepared.episode(), &prepared.start)
            })
        })?;
        let slopes = slopes.map(|slopes| derivatives(py, slopes, by_weights));
        Ok((query.cross_entropy, query.accuracy, slopes.transpose()?))
    })
}

/// Loss and accuracy.
#[pyfunction]
pub(crate) fn score<'py>(py: Python<'py>, parts: Parts<'py>) -> PyResult<(f64, f64)> {
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, true)?;
        let outcome = without_lock(py, || {
            let (episode, start) = (prepared.episode(), &prepared.start);
            T::runners().with(|runner| runner.run_from(&episode, start, Ask::SCORE))
        })?;
        Ok((outcome.query.cross_entropy, outcome.query.accuracy))
    })
}

/// Loss, accuracy and gradient by θ, and angles, orthonormality errors and weight norms if asked for.
#[pyfunction]
#[allow(clippy::type_complexity, reason = "a tuple for the package alone")]
pub(crate) fn value_and_grad<'py>(
    py: Python<'py>,
    parts: Parts<'py>,
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
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, true)?;
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
    if mode == GradientMode::Gram {
        let checked = gram::check(&prepared.model, episode.query_loss);
        checked.map_err(|error| value(format!("gradient: gram: {error}; or take reverse")))?;
    }
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
pub(crate) fn simulate<'py>(
    py: Python<'py>,
    parts: Parts<'py>,
    every: u64,
) -> PyResult<(Points, Weights<'py>)> {
    if every == 0 {
        return Err(value("every: 0 makes no sense; give at least 1"));
    }
    in_type_of!(&parts.2.0, T => {
        let prepared = Prepared::<T>::new(&parts, true)?;
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
