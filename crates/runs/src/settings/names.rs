//! Names: the values of settings that are chosen from a list, for help texts, completions and errors.
//!
//! Every list comes from the type whose values it names, so that a new preset, pathway or optimiser is
//! in the help of each command at once.

use std::fmt::Display;

use metaplast_data::{ColorMode, Grouping, Sampling};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::train::{OnDivergence, Penalty};
use metaplast_meta::{Precision, QueryLoss};
use metaplast_plasticity::{Activation, Feedback, KnownRule, Output, Preset};

use super::name_table::NameTable;
use super::way;
use crate::data::published;

/// One coefficient of each term for all layers,
pub(super) const SHARED: &str = "shared";
/// or one for each layer.
pub(super) const PER_LAYER: &str = "per-layer";

/// Whether each layer has coefficients of its own.
pub(super) const SCOPES: NameTable<bool> =
    NameTable::new("scope", &[(SHARED, false), (PER_LAYER, true)]);

/// `--preset`
#[must_use]
pub fn presets() -> Vec<String> {
    let known = KnownRule::all().iter().map(|known| known.name.to_owned());
    of(Preset::ALL).into_iter().chain(known).collect()
}

/// `--feedback`
#[must_use]
pub fn feedbacks() -> Vec<String> {
    of(Feedback::built_in())
}

/// `--theta-scope`
#[must_use]
pub fn theta_scopes() -> Vec<String> {
    SCOPES.names()
}

/// `--activation`
#[must_use]
pub fn activations() -> Vec<String> {
    of(Activation::ALL)
}

/// `--output`
#[must_use]
pub fn outputs() -> Vec<String> {
    of(Output::ALL)
}

/// `--sampling`
#[must_use]
pub fn samplings() -> Vec<String> {
    of(Sampling::ALL)
}

/// `--color-mode`
#[must_use]
pub fn color_modes() -> Vec<String> {
    of(ColorMode::ALL)
}

/// `--groups`
#[must_use]
pub fn groupings() -> Vec<String> {
    of(Grouping::ALL)
}

/// `--precision`
#[must_use]
pub fn precisions() -> Vec<String> {
    of(Precision::ALL)
}

/// `--query-loss`
#[must_use]
pub fn query_losses() -> Vec<String> {
    of(QueryLoss::ALL)
}

/// `--gradient`
#[must_use]
pub fn gradients() -> Vec<String> {
    way::EXAMPLES.map(str::to_owned).to_vec()
}

/// `--optimizer`
#[must_use]
pub fn optimizers() -> Vec<String> {
    of(OptimizerKind::ALL)
}

/// `--penalty`
#[must_use]
pub fn penalties() -> Vec<String> {
    of(Penalty::ALL)
}

/// `--on-divergence`
#[must_use]
pub fn divergence_policies() -> Vec<String> {
    of(OnDivergence::ALL)
}

/// Published data sets that can be fetched.
#[must_use]
pub fn data_sets() -> Vec<String> {
    published::built_in().into_keys().collect()
}

fn of<T: Display>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|value| value.to_string()).collect()
}
