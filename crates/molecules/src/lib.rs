//! Molecules.

mod canonical;
mod element;
mod molecule;
mod rings;
mod smiles;
mod universe;

pub use element::Element;
pub use molecule::{InvalidMolecule, MAX_ORDER, Molecule};
pub use smiles::{SmilesError, SmilesFile, SmilesFileError, read_smiles_file};
pub use universe::{Universe, enumerate};
