//! Errors of factorisations: matrices that have none.

use std::error::Error;
use std::fmt;

/// Why a matrix has no factorisation.
///
/// ```
/// use metaplast_tensor::{linalg::FactorError, tensor};
///
/// let error = tensor![[1.0, 2.0], [2.0, 1.0]].cholesky().unwrap_err();
/// assert_eq!(error, FactorError::NotPositiveDefinite { column: 1 });
/// assert!(error.to_string().starts_with("not positive definite: pivot 1 is not above 0"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactorError {
    /// A pivot of a Cholesky factorisation is not above 0.
    NotPositiveDefinite {
        /// Its column, counted from 0.
        column: usize,
    },
    /// Below the diagonal of a column there is no pivot other than 0.
    Singular {
        /// The column, counted from 0.
        column: usize,
    },
}

impl fmt::Display for FactorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactorError::NotPositiveDefinite { column } => write!(
                f,
                "not positive definite: pivot {column} is not above 0; a multiple of the identity, added first, helps where this is rounding"
            ),
            FactorError::Singular { column } => write!(
                f,
                "singular: column {column} is a combination of those before it"
            ),
        }
    }
}

impl Error for FactorError {}
