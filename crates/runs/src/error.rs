//! What can go wrong, each in one line that names the file or flag and the way out. A term that
//! cannot be read is shown below it.

use std::io;
use std::path::{Path, PathBuf};

use metaplast_data::DataError;
use metaplast_plasticity::text::TermError;
use thiserror::Error;

use crate::interrupt;

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// A flag, or a key of a configuration file, that cannot be.
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
    #[error("{}: cannot {action}: {cause}; check the path and its permissions", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// `read`, `write` or `create`.
        action: &'static str,
        /// What it said.
        cause: io::Error,
    },
    /// Nobody reads the standard output any more, or it cannot be written.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// The process was asked to end, and what was done is saved.
    #[error("{0}")]
    Interrupted(String),
    /// The work itself failed, though it was asked for rightly.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    pub(crate) fn setting(origin: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Setting {
            origin: origin.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn io(path: &Path, action: &'static str, cause: io::Error) -> Self {
        Error::Io {
            path: path.into(),
            action,
            cause,
        }
    }

    /// From a TOML error, with the line in `text` where it occurred.
    pub(crate) fn toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
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

    /// More lines that show what is meant.
    pub(crate) fn picture(&self) -> Option<String> {
        match self {
            Error::Term { error, .. } => {
                let lines = error.picture();
                let indented: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
                Some(indented.join("\n"))
            }
            _ => None,
        }
    }

    /// 2 for what the user can put right in the request, 1 for work that failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Error::Interrupted(_) => interrupt::EXIT_CODE,
            Error::Failed(_) | Error::Output(_) => 1,
            _ => 2,
        }
    }

    /// Whether it is only that the reader of a pipe has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The 1-based line of a byte.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
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
