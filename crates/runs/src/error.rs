//! Errors of settings, files and runs: one line each that names the flag or the file, its line, and the
//! way out.

use std::io;
use std::path::{Path, PathBuf};

use metaplast_data::DataError;
use metaplast_data::text::way_out;
use metaplast_plasticity::text::TermError;
use thiserror::Error;

use crate::toml_text::TomlError;

/// What is wrong with a request, a file or a run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An invalid flag or configuration key.
    #[error("{origin}: {reason}")]
    Setting {
        /// `--episodes`, or `FILE: episodes`.
        origin: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file that does not say what it should.
    #[error("{}: {}{reason}", path.display(), line.map(|n| format!("line {n}: ")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1, when that is known.
        line: Option<usize>,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A term of one's own that cannot be read.
    #[error("{place}: {error}")]
    Term {
        /// `--term`, or the file and what in it.
        place: String,
        /// What is wrong with it, and where.
        error: TermError,
    },
    /// Images that cannot be read.
    #[error("{0}")]
    Data(#[from] DataError),
    /// The operating system refused.
    #[error("{}: cannot {action}: {cause}{}", path.display(), way_out(cause))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// `read`, `write` or `create`.
        action: &'static str,
        /// What it said.
        cause: io::Error,
    },
    /// A directory in which another process is at work, or was just now.
    #[error("{}: {reason}", directory.display())]
    Busy {
        /// The directory.
        directory: PathBuf,
        /// Who it is, and a way out.
        reason: String,
    },
    /// What follows the run could not take what it was told, as when nobody reads a pipe any more.
    #[error("{0}")]
    Monitor(io::Error),
    /// A run came to a stop by this error; it can be resumed once that is put right.
    #[error("{cause}; then resume the run in {}", directory.display())]
    Resumable {
        /// What happened.
        cause: Box<Error>,
        /// The run's directory.
        directory: PathBuf,
    },
    /// The work itself failed, though it was asked for rightly.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// An invalid flag or configuration key; `origin` is `--episodes`, or `FILE: episodes`.
    pub fn setting(origin: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Setting {
            origin: origin.into(),
            reason: reason.into(),
        }
    }

    /// The operating system refused to `read`, `write` or `create` a path.
    #[must_use]
    pub fn io(path: &Path, action: &'static str, cause: io::Error) -> Self {
        Error::Io {
            path: path.into(),
            action,
            cause,
        }
    }

    /// From a TOML error, with the line in `text` where it occurred.
    #[must_use]
    pub fn toml(path: &Path, text: &str, error: &TomlError) -> Self {
        Error::File {
            path: path.into(),
            // A key that is missing from the whole file is on no line.
            line: error
                .span()
                .filter(|span| span.start > 0 || (1..text.trim_end().len()).contains(&span.len()))
                .map(|span| line_of(text, span.start)),
            reason: error.message().to_owned(),
        }
    }

    /// Lines below the message that show the place in a term that cannot be read.
    #[must_use]
    pub fn picture(&self) -> Option<String> {
        match self {
            Error::Term { error, .. } => {
                let lines = error.picture();
                let indented: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
                Some(indented.join("\n"))
            }
            _ => None,
        }
    }
}

/// The 1-based line of a byte.
#[must_use]
pub fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    1 + before.iter().filter(|&&b| b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
        assert_eq!(line_of("a", 9), 1);
    }
}
