//! Errors of commands, each in one line, and the exit codes.

use std::io;

use metaplast_predictive::PredictiveError;
use metaplast_runs::Error as RunError;
use thiserror::Error;

use crate::shell::resume_command;

/// What a process that was interrupted returns by custom.
pub(crate) const INTERRUPTED: u8 = 130;
/// What a process returns by custom whose reader has gone: 128 and the number of SIGPIPE.
pub(crate) const NO_READER: u8 = 141;
/// For work that failed.
pub(crate) const FAILED: u8 = 1;
/// For a request that cannot be.
const REFUSED: u8 = 2;

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// A request, a file or a run with something wrong.
    #[error(transparent)]
    Run(RunError),
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

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Monitor(cause) => Error::Output(cause),
            RunError::Resumable { cause, directory } => match Error::from(*cause) {
                error if error.is_broken_pipe() => error,
                error => Error::Failed(format!(
                    "{error}; then go on with: {}",
                    resume_command(&directory)
                )),
            },
            error => Error::Run(error),
        }
    }
}

impl From<PredictiveError> for Error {
    fn from(error: PredictiveError) -> Self {
        Error::Failed(error.to_string())
    }
}

impl Error {
    /// An invalid flag or argument.
    pub(crate) fn setting(origin: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Run(RunError::setting(origin, reason))
    }

    /// Lines below the message that show what is meant.
    pub(crate) fn picture(&self) -> Option<String> {
        match self {
            Error::Run(error) => error.picture(),
            _ => None,
        }
    }

    /// 2 for what the user can put right in the request, 1 for work that failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Error::Interrupted(_) => INTERRUPTED,
            Error::Failed(_) | Error::Output(_) | Error::Run(RunError::Failed(_)) => FAILED,
            Error::Run(_) => REFUSED,
        }
    }

    /// Whether it is only that the reader of a pipe has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}
