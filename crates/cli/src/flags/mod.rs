//! Flags that several commands share.

mod chosen;
mod classes;
mod data;
mod experiment;
mod part;
pub(crate) mod task_setup;
mod tasks;

pub(crate) use chosen::ChosenSettings;
pub(crate) use classes::TaskClasses;
pub(crate) use data::DataFlags;
pub(crate) use experiment::ExperimentFlags;
pub(crate) use part::PartFlags;
pub(crate) use tasks::TaskFlags;
