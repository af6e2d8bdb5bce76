//! Errors of the library as exceptions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use metaplast_meta::train::Location;
use metaplast_runs::Error as RunError;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(
    metaplast._metaplast,
    DivergedError,
    PyRuntimeError,
    "Learning diverged; `episode`, `step`, `layer` and `term` say where, None where that is not known."
);

/// A wrong value, in one line.
pub(crate) fn value(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// An error of settings, files or runs: what a flag of the command would be is a keyword here.
pub(crate) fn of_run(error: &RunError) -> PyErr {
    match error {
        RunError::Setting { origin, reason } => {
            let name = origin.strip_prefix("--").map(|flag| {
                let (flag, value) = flag.split_once(' ').unwrap_or((flag, ""));
                format!("{} {value}", flag.replace('-', "_"))
                    .trim_end()
                    .to_owned()
            });
            value(format!("{}: {reason}", name.as_ref().unwrap_or(origin)))
        }
        RunError::Io { .. } | RunError::Busy { .. } => PyOSError::new_err(error.to_string()),
        RunError::Failed(reason) => PyRuntimeError::new_err(reason.clone()),
        RunError::Resumable { cause, directory } => PyRuntimeError::new_err(format!(
            "{cause}; then go on with Run({:?}).resume()",
            directory.display().to_string()
        )),
        error => match error.picture() {
            Some(picture) => value(format!("{error}\n{picture}")),
            None => value(error),
        },
    }
}

/// Where learning diverged.
pub(crate) fn diverged(
    py: Python<'_>,
    message: String,
    episode: Option<u64>,
    location: Option<&Location>,
) -> PyErr {
    let error = diverged_at(py, message, location.map(|l| l.step));
    let instance = error.value(py);
    let attributes = [
        instance.setattr("episode", episode),
        instance.setattr("layer", location.map(|l| l.layer)),
        instance.setattr("term", location.map(|l| l.term.clone())),
    ];
    match attributes.into_iter().find_map(Result::err) {
        Some(other) => other,
        None => error,
    }
}

/// Learning that diverged at a step, where that is all there is to say.
pub(crate) fn diverged_at(py: Python<'_>, message: String, step: Option<u64>) -> PyErr {
    let error = DivergedError::new_err(message);
    let instance = error.value(py);
    let nothing = ["episode", "layer", "term"];
    let set = nothing.map(|name| instance.setattr(name, py.None()));
    let set = set.into_iter().chain([instance.setattr("step", step)]);
    let failed = set.filter_map(Result::err).next();
    failed.unwrap_or(error)
}

/// Does work without the interpreter's lock. All arguments have been checked; should the library panic all
/// the same, that is an exception like any other.
pub(crate) fn without_lock<R: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    let done = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        PyRuntimeError::new_err(format!(
            "a defect of metaplast, please report it: {}",
            text.unwrap_or("no message")
        ))
    })
}
