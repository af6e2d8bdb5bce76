//! Files with a SMILES on each line.

use std::path::Path;

use super::{SmilesError, SmilesFileError};
use crate::molecule::Molecule;

/// What a file of SMILES holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmilesFile {
    /// Its molecules, atoms in the order of the file.
    pub molecules: Vec<Molecule>,
    /// Lines left out, from 1, that are SMILES of something else than a neutral molecule of C, N, O and
    /// F, or have too many atoms.
    pub left_out: Vec<usize>,
}

/// Reads a file whose lines begin with a SMILES; what follows it after a blank is not read, nor are
/// blank lines and those that begin with `#`. Molecules of more than `atoms` atoms are left out.
///
/// # Errors
/// When the file cannot be read, a line is no SMILES, or no molecule is left.
pub fn read_smiles_file(path: &Path, atoms: usize) -> Result<SmilesFile, SmilesFileError> {
    let text = std::fs::read_to_string(path).map_err(|source| SmilesFileError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mut file = SmilesFile {
        molecules: Vec::new(),
        left_out: Vec::new(),
    };
    for (number, line) in text.lines().enumerate() {
        let line_number = number + 1;
        let Some(smiles) = line.split_whitespace().next() else {
            continue;
        };
        if smiles.starts_with('#') {
            continue;
        }
        match smiles.parse::<Molecule>() {
            Ok(molecule) if molecule.atoms() <= atoms => file.molecules.push(molecule),
            Ok(_) | Err(SmilesError::Outside { .. }) => file.left_out.push(line_number),
            Err(source) => {
                return Err(SmilesFileError::Line {
                    path: path.to_owned(),
                    line: line_number,
                    source,
                });
            }
        }
    }
    if file.molecules.is_empty() {
        return Err(SmilesFileError::Empty {
            path: path.to_owned(),
            lines: file.left_out.len(),
            atoms,
        });
    }
    Ok(file)
}
