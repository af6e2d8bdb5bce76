//! Why an experiment has no results.

use thiserror::Error as ThisError;

/// Why an experiment has no results.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot be.
    #[error("{origin}: {reason}")]
    Setting {
        /// The setting's name, or the flag.
        origin: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// It was asked to stop; what was finished is kept.
    #[error("stopped after {done} of {all} {pieces}")]
    Interrupted {
        /// Finished pieces of work.
        done: usize,
        /// All of them.
        all: usize,
        /// What they are, in the plural.
        pieces: &'static str,
    },
    /// A shard has done its share, and others have not yet done theirs.
    #[error("{done} of {all} {pieces} are there")]
    ShardEnded {
        /// Pieces of work that are there.
        done: usize,
        /// All of them.
        all: usize,
        /// What they are, in the plural.
        pieces: &'static str,
    },
    /// Results were asked for of work that is not all there.
    #[error("{} of {all} {pieces} are missing: {}", names.len(), names.join(", "))]
    Missing {
        /// The pieces of work that are missing.
        names: Vec<String>,
        /// The number of all.
        all: usize,
        /// What they are, in the plural.
        pieces: &'static str,
    },
    /// Measurements that are kept belong to other settings.
    #[error("measurements with other settings are there")]
    OtherSettings,
    /// The work itself failed, though it was asked for rightly.
    #[error("{0}")]
    Failed(String),
    /// An error of what the experiment is built on.
    #[error("{0}")]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A setting that cannot be: its name, then what is wrong and what would be right.
    pub fn setting(origin: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Setting {
            origin: origin.into(),
            reason: reason.into(),
        }
    }

    /// It was asked to stop within a measurement.
    #[must_use]
    pub fn interrupted() -> Self {
        Error::Interrupted {
            done: 0,
            all: 1,
            pieces: "measurements",
        }
    }

    /// An error of what the experiment is built on.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Error::Other(Box::new(error))
    }
}
