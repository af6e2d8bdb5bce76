//! Flags that several commands share.

mod data;
pub(crate) mod task_setup;
mod tasks;

pub(crate) use data::DataFlags;
pub(crate) use tasks::TaskFlags;
