//! Many meta-trainings that differ in their settings.

mod entries;
mod plan;
mod random;
mod results;
mod runner;
mod study;
mod target;
pub(crate) mod transfer;

pub(crate) use plan::{Change, Plan};
pub(crate) use results::{csv, json_lines, text};
pub(crate) use runner::{CellOutcome, Fate, Runner};
pub(crate) use study::page;
pub(crate) use target::Target;
pub(crate) use transfer::Transfer;
