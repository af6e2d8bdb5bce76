//! Many meta-trainings that differ in their settings.

mod entries;
mod plan;
mod random;
mod results;
mod run;
mod runner;
mod study;
mod target;
mod transfer;

pub(crate) use entries::Change;
pub(crate) use plan::Plan;
pub(crate) use run::SweepRun;
pub(crate) use target::Target;
