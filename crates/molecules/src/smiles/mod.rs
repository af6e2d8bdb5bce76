//! SMILES (Weininger 1988) of neutral molecules of C, N, O and F: in and out, and files of them.
//!
//! Read are atoms with and without brackets, bonds of order 1 to 3, branches, ring closures, and
//! aromatic atoms, for which alternating double bonds are found. Marks of stereochemistry are read and
//! dropped. Hydrogens are implied: an atom in brackets with fewer than its valence has room for is read as
//! if it had them all. What the graphs cannot hold (other elements, charges, isotopes, several pieces) is an
//! error that says so.

mod error;
mod file;
mod kekule;
mod read;
mod write;

pub use error::{SmilesError, SmilesFileError};
pub use file::{SmilesFile, read_smiles_file};
