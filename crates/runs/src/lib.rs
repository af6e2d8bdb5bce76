//! Meta-trainings in directories.

pub mod checkpoint;
pub mod data;
pub mod directory;
pub mod episodes;
mod error;
pub mod numbers;
pub mod rule;
pub mod settings;
pub mod stored;
pub mod threads;
pub mod train;

pub use error::{Error, line_of};

/// The version that files of a run name as that of the program that wrote them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
