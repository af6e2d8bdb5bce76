//! What a file can be wrong about.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file of a search cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The operating system refuses.
    #[error("{}: cannot {action} it: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was to be done.
        action: &'static str,
        /// Why not.
        cause: std::io::Error,
    },
    /// A record that does not fit.
    #[error("{}: line {line}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and the way out.
        reason: String,
    },
    /// The record of another search.
    #[error(
        "{}: line 2: this is the record of {found}, not of {wanted}; name another file",
        path.display()
    )]
    OtherSearch {
        /// The file.
        path: PathBuf,
        /// What was searched and how.
        found: String,
        /// What is to be searched.
        wanted: String,
    },
    /// Data that are not of the form that is needed.
    #[error("{reason}")]
    Content {
        /// What is wrong.
        reason: String,
    },
}

impl SearchError {
    pub(crate) fn io(path: &Path, action: &'static str, cause: std::io::Error) -> Self {
        SearchError::Io {
            path: path.into(),
            action,
            cause,
        }
    }

    pub(crate) fn record(path: &Path, line: usize, reason: impl Into<String>) -> Self {
        SearchError::Record {
            path: path.into(),
            line,
            reason: reason.into(),
        }
    }
}
