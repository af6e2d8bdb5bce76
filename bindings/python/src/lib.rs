//! `metaplast._metaplast`: the private extension below the Python package `metaplast`.
//!
//! It takes arrays and plain values that the package has brought to their types, and checks what only the
//! library can check. Whatever an argument can cause is an exception; nothing here is meant to be called by
//! anyone but the package.

mod arrays;
mod data;
mod episode;
mod errors;
mod evaluation;
mod fit;
mod network;
mod predictive;
mod reservoir;
mod rule;
mod runners;
mod search;
mod session;
mod spiking;
mod telling;
mod text;
mod training;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command with these arguments, the first of which is the name of the program; returns the code
/// with which a process ends.
#[pyfunction]
fn command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| metaplast_cli::run(arguments))
}

/// The extension.
#[pymodule]
mod _metaplast {
    #[pymodule_export]
    use super::command;
    #[pymodule_export]
    use super::data::{Dataset, Sampler, glyphs, load};
    #[pymodule_export]
    use super::episode::{learn, learn_vjp, loss_vjp, score, simulate, value_and_grad};
    #[pymodule_export]
    use super::errors::DivergedError;
    #[pymodule_export]
    use super::evaluation::{evaluation, paired_difference};
    #[pymodule_export]
    use super::fit::fit;
    #[pymodule_export]
    use super::network::Network;
    #[pymodule_export]
    use super::predictive::{agreement, predictive_infer};
    #[pymodule_export]
    use super::reservoir::ReservoirRun;
    #[pymodule_export]
    use super::rule::{Rule, terms};
    #[pymodule_export]
    use super::search::SettingsSearch;
    #[pymodule_export]
    use super::session::Session;
    #[pymodule_export]
    use super::spiking::{SpikingTrainer, generated_speech, speech};
    #[pymodule_export]
    use super::text::{json_to_toml, toml_to_json};
    #[pymodule_export]
    use super::training::Training;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name that Python has for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
