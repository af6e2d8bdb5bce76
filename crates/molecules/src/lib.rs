//! Molecules.

mod canonical;
mod element;
mod molecule;
pub mod net;
mod placed;
mod rings;
pub mod scattering;
mod smiles;
mod universe;

pub use element::Element;
pub use molecule::{InvalidMolecule, MAX_ORDER, Molecule};
pub use placed::{GHOST, KINDS, ORDERS, PlacedGraph};
pub use smiles::{SmilesError, SmilesFile, SmilesFileError, read_smiles_file};
pub use universe::{Universe, enumerate};
