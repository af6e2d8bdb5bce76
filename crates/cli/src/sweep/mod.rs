//! Many meta-trainings that differ in their settings.

mod entries;
mod experiment;
mod file;
mod findings;
mod names;
mod plan;
mod planned_run;
mod random;
mod results;
mod run;
mod runner;
mod search;

mod target;
mod transfer;

pub(crate) use experiment::SweepExperiment;
#[cfg(test)]
pub(crate) use plan::SweepPlan;
pub(crate) use search::SweepSearch;
