//! Many meta-trainings that differ in their settings.

mod entries;
mod file;
mod names;
mod plan;
mod planned_run;
mod random;
mod results;
mod run;
mod runner;
mod study;
mod target;
mod transfer;

pub(crate) use entries::SettingChange;
pub(crate) use plan::SweepPlan;
pub(crate) use run::SweepRun;
pub(crate) use target::Target;
