//! What can be wrong with a SMILES and with a file of them.

use std::path::PathBuf;

/// Why a SMILES gives no molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmilesError {
    /// It is not written as SMILES is.
    #[error("SMILES {smiles:?}, character {character}: {reason}")]
    Syntax {
        /// The whole of it.
        smiles: String,
        /// The character at which it goes wrong, from 1.
        character: usize,
        /// What is wrong.
        reason: String,
    },
    /// It means something else than a neutral molecule of C, N, O and F.
    #[error("SMILES {smiles:?}: {reason}; only neutral molecules of C, N, O and F are read")]
    Outside {
        /// The whole of it.
        smiles: String,
        /// What it has that cannot be read.
        reason: String,
    },
}

/// Why a file of SMILES cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmilesFileError {
    /// It cannot be read.
    #[error("{}: {source}; name a file of SMILES that can be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no SMILES.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: SmilesError,
    },
    /// No line has a molecule that can be used.
    #[error(
        "{}: none of {lines} lines is a neutral molecule of C, N, O and F with at most {atoms} atoms; \
         give a file with one SMILES a line",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
        /// The lines that are not blank.
        lines: usize,
        /// The most atoms that were asked for.
        atoms: usize,
    },
}
