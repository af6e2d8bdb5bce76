//! Errors of reading and writing files, each in one line.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file could not be read or written: where, what, and what to do about it, in one line.
///
/// ```
/// use metaplast_tensor::exchange::{Error, Problem};
///
/// let error = Error::from(Problem::TooLarge { bytes: 9, limit: 8 });
/// assert_eq!(
///     error.to_string(),
///     "takes 9 bytes or more, the limit is 8: raise the limit if the file is to be trusted"
/// );
/// ```
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    tensor: Option<String>,
    problem: Problem,
}

/// What is wrong with a file.
///
/// See [`Error`] for an example.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system could not read it, or packed data are damaged.
    Read(io::Error),
    /// The operating system could not write it.
    Write(io::Error),
    /// It is larger than the limit.
    TooLarge {
        /// How many bytes it takes at least.
        bytes: u64,
        /// How many were allowed.
        limit: u64,
    },
    /// It holds something else than numbers, or numbers that may not fit into the type asked for.
    Type {
        /// The type in the file.
        found: String,
        /// The type asked for.
        wanted: &'static str,
    },
    /// It holds a number that the type asked for would round.
    Rounded {
        /// The number.
        number: String,
        /// The type in the file.
        found: &'static str,
        /// The type asked for.
        wanted: &'static str,
    },
    /// It does not follow its format.
    Malformed(String),
    /// A tensor cannot be written under its name, because the name …
    Name(&'static str),
}

impl Error {
    pub(super) fn new(problem: Problem) -> Self {
        Self {
            path: None,
            tensor: None,
            problem,
        }
    }

    pub(super) fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    #[cfg(any(feature = "npz", feature = "safetensors"))]
    pub(super) fn of(mut self, tensor: &str) -> Self {
        self.tensor = Some(tensor.to_owned());
        self
    }

    /// The file, if there is one.
    ///
    /// ```
    /// use metaplast_tensor::exchange::{Error, Problem};
    ///
    /// let error = Error::from(Problem::Malformed("no header".into()));
    /// assert!(error.path().is_none() && error.tensor().is_none());
    /// assert!(matches!(error.problem(), Problem::Malformed(_)));
    /// ```
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The name of the tensor, if it is about a single one.
    ///
    /// See [`path`](Error::path) for an example.
    #[must_use]
    pub fn tensor(&self) -> Option<&str> {
        self.tensor.as_deref()
    }

    /// What is wrong.
    ///
    /// See [`path`](Error::path) for an example.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        if let Some(path) = &self.path {
            line += &format!("{}: ", path.display());
        }
        if let Some(tensor) = &self.tensor {
            line += &format!("tensor `{tensor}`: ");
        }
        line += &self.problem.to_string();
        // Names and messages from damaged files must not break the line.
        for c in line.chars() {
            match c.is_control() {
                true => write!(f, "{}", c.escape_default())?,
                false => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(
                f,
                "cannot be read ({error}): check that it exists, is readable and complete"
            ),
            Self::Write(error) => write!(
                f,
                "cannot be written ({error}): check the directory, its permissions and free space"
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "takes {bytes} bytes or more, the limit is {limit}: raise the limit if the file is \
                 to be trusted"
            ),
            Self::Type { found, wanted } if found == "f64" => write!(
                f,
                "holds f64, which {wanted} would round: read it as f64 and cast it"
            ),
            Self::Type { found, wanted } => write!(
                f,
                "holds {found}, not {wanted}: convert it to f32 or f64 where it was written, or read \
                 only the others"
            ),
            Self::Rounded {
                number,
                found,
                wanted,
            } => write!(
                f,
                "holds {number} ({found}), which {wanted} would round: {}",
                match *wanted {
                    "f32" => "read it as f64, or only the others",
                    _ => "convert it where it was written, or read only the others",
                }
            ),
            Self::Malformed(what) => {
                write!(f, "damaged or of another format, {what}: write it again")
            }
            Self::Name(why) => write!(f, "the name {why}: choose another"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Read(error) | Problem::Write(error) => Some(error),
            _ => None,
        }
    }
}
