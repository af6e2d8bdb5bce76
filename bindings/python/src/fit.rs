//! The rule that explains recordings.

use std::path::PathBuf;

use metaplast_meta::fit::{FitSettings, Trouble, fit as fit_rule, least_fit_bytes};
use metaplast_runs::{memory, threads};
use pyo3::prelude::*;

use crate::errors::{of_run, value, without_lock};
use crate::network::Network;
use crate::rule::Rule;

type Fitted = (
    Vec<f64>,
    Vec<Option<(f64, f64)>>,
    f64,
    bool,
    Vec<String>,
    Option<f64>,
);

/// θ, its intervals, R², whether the descent converged, what the recordings do not tell, and what the past of
/// the activity would explain.
#[pyfunction]
#[allow(
    clippy::too_many_arguments,
    reason = "for the package alone, which names them"
)]
pub(crate) fn fit(
    py: Python<'_>,
    recordings: PathBuf,
    rule: &Rule,
    network: &Network,
    lambda_: f64,
    seed: u64,
    start: bool,
    n_threads: Option<u64>,
) -> PyResult<Fitted> {
    if !(lambda_ >= 0.0 && lambda_.is_finite()) {
        return Err(value(format!("lam: {lambda_}; give a number of 0 or more")));
    }
    let model = network.model(&rule.0);
    if let Some(layers) = rule.0.layers()
        && layers != model.architecture.layers()
    {
        return Err(value(
            "the rule has coefficients for another number of layers",
        ));
    }
    let settings = FitSettings {
        start: start.then(|| rule.0.theta().to_vec()),
        lambda: lambda_,
        seed,
        ..FitSettings::default()
    };
    let work = || -> Result<_, metaplast_runs::Error> {
        let read = metaplast_cli::recordings::read(&recordings, &model.rule, &model.feedback)?;
        if read.sizes != model.architecture.sizes() {
            let reason = format!("the recordings are of layers {:?}", read.sizes);
            return Err(metaplast_runs::Error::setting("--network", reason));
        }
        let pool = threads::pool(n_threads)?;
        let at_once = pool.current_num_threads().min(read.all.len()) as u64;
        let bytes = least_fit_bytes(&model).saturating_mul(at_once);
        memory::check(bytes, "--n_threads", "to fit them at once", "ask for fewer")?;
        pool.install(|| fit_rule(&model, &read.all, &settings))
            .map_err(|error| metaplast_runs::Error::setting("--recordings", error.to_string()))
    };
    let fitted = without_lock(py, work)?.map_err(|error| of_run(&error))?;
    let intervals = fitted.intervals.iter();
    let intervals = intervals.map(|i| i.as_ref().map(|i| (i.low, i.high)));
    let names: Vec<String> = rule.0.coefficients().map(|c| c.name()).collect();
    let troubles = fitted
        .troubles
        .iter()
        .map(|trouble| in_words(trouble, &names));
    Ok((
        fitted.theta.clone(),
        intervals.collect(),
        fitted.r_squared,
        fitted.converged,
        troubles.collect(),
        fitted.explained_by_past,
    ))
}

fn in_words(trouble: &Trouble, names: &[String]) -> String {
    let listed = |together: &[(usize, f64)]| {
        let names: Vec<&str> = together.iter().map(|&(r, _)| names[r].as_str()).collect();
        names.join(", ")
    };
    match trouble {
        Trouble::NoTrace(r) => format!("{} leaves no trace in the recordings", names[*r]),
        Trouble::Collinear(all) => format!("{} cannot be told apart", listed(all)),
        Trouble::NearlyCollinear(all) => format!("{} can hardly be told apart", listed(all)),
    }
}
