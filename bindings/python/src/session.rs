//! Sessions: single episodes of a training, wherever they are run.

use metaplast_meta::gradient::Outcome;
use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_runs::threads;
use metaplast_runs::train::EpisodeWorker;
use pyo3::prelude::*;

use crate::errors::{of_run, value, without_lock};
use crate::training::config;

/// Cross-entropy, accuracy, gradient, angles, orthonormality errors, weight norms and query loss.
pub(crate) type OutcomeParts = (
    f64,
    f64,
    Option<Vec<f64>>,
    Vec<f64>,
    Vec<f64>,
    Vec<f64>,
    f64,
);

/// A training's settings with its images, in this process.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct Session(EpisodeWorker);

#[pymethods]
impl Session {
    /// By the text of a `config.toml`.
    #[new]
    fn new(py: Python<'_>, settings: &str) -> PyResult<Self> {
        let config = config(settings)?.0;
        let worker = without_lock(py, || EpisodeWorker::new(config))?;
        worker.map(Session).map_err(|error| of_run(&error))
    }

    /// One episode at θ, with gradient and diagnostics: the same bits whoever runs it.
    fn episode(
        &self,
        py: Python<'_>,
        theta: Vec<f64>,
        trial: u64,
        episode: u64,
    ) -> PyResult<OutcomeParts> {
        let needed = self.0.coefficients();
        if theta.len() != needed {
            let got = theta.len();
            return Err(value(format!(
                "theta: {got} coefficients; the rule has {needed}"
            )));
        }
        let work = || -> Result<Outcome, metaplast_runs::Error> {
            // For what runs in parallel within an episode; not a global one, which a fork breaks.
            let pool = threads::pool(Some(1))?;
            Ok(pool.install(|| self.0.runner()(trial, episode, &theta)))
        };
        let outcome = without_lock(py, work)?.map_err(|error| of_run(&error))?;
        let Diagnostics {
            angles,
            orthonormality,
            weight_norms,
        } = outcome.diagnostics.ok_or_else(|| value("no diagnostics"))?;
        let QueryScore {
            cross_entropy,
            accuracy,
        } = outcome.query;
        Ok((
            cross_entropy,
            accuracy,
            outcome.gradient,
            angles,
            orthonormality,
            weight_norms,
            outcome.loss,
        ))
    }
}

/// The outcome that these are the parts of.
pub(crate) fn outcome(parts: OutcomeParts) -> Outcome {
    let (cross_entropy, accuracy, gradient, angles, orthonormality, weight_norms, loss) = parts;
    let query = QueryScore {
        cross_entropy,
        accuracy,
    };
    let diagnostics = Diagnostics {
        angles,
        orthonormality,
        weight_norms,
    };
    Outcome::new(query, gradient, Some(diagnostics)).with_loss(loss)
}
