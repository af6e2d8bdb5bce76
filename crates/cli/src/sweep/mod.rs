//! Many meta-trainings that differ in their settings.

mod entries;
mod plan;
mod random;
mod results;
mod runner;
mod study;

pub(crate) use plan::{Change, Plan};
pub(crate) use results::{csv, json_lines, text};
pub(crate) use runner::{CellOutcome, Fate, Runner};
pub(crate) use study::page;
