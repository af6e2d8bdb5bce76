//! Precision: in which numbers networks compute.
//!
//! The entry points that take a [`Precision`] choose between code for `f32` and for `f64` that is
//! compiled here, so that programs that call them compile neither.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The floating-point type of weights and activity.
///
/// Written `f32` or `f64`:
///
/// ```
/// use metaplast_meta::Precision;
///
/// assert_eq!("f64".parse(), Ok(Precision::Double));
/// assert_eq!(Precision::default().to_string(), "f32");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// `f32`
    #[default]
    Single,
    /// `f64`
    Double,
}

impl Precision {
    /// Both.
    pub const ALL: [Precision; 2] = [Precision::Single, Precision::Double];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Precision::Single => "f32",
            Precision::Double => "f64",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no [`Precision`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown precision `{0}`; choose f32 or f64")]
pub struct UnknownPrecision(pub String);

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Precision::ALL
            .into_iter()
            .find(|precision| precision.name() == name)
            .ok_or_else(|| UnknownPrecision(name.to_owned()))
    }
}

/// `in_precision!(precision, T => expression)`: the expression with `T` as the chosen type.
macro_rules! in_precision {
    ($precision:expr, $T:ident => $body:expr) => {
        match $precision {
            $crate::Precision::Single => {
                type $T = f32;
                $body
            }
            $crate::Precision::Double => {
                type $T = f64;
                $body
            }
        }
    };
}
pub(crate) use in_precision;
