//! The terminal: what is printed, how far the work is, and the wish to stop it.

pub(crate) mod diagnosis;
pub(crate) mod interrupt;
pub(crate) mod json;
pub(crate) mod monitor;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod summary;
pub(crate) mod table;
