//! Molecules.

mod canonical;
mod design;
mod drawing;
mod element;
pub mod experiments;
mod independent;
mod model;
mod molecule;
pub mod net;
mod placed;
mod properties;
mod rings;
pub mod scattering;
mod scores;
mod smiles;
mod universe;

pub use design::{PropertyBands, PropertyConditions, bootstrap_weights};
pub use drawing::{draw_sheet, layout};
pub use element::Element;
pub use independent::IndependentPlaces;
pub use model::{
    DecoderLearning, EncoderInput, EpochLosses, GraphVae, PenaltyWeights, VaeSettings, VaeTraining,
};
pub use molecule::{InvalidMolecule, MAX_ORDER, Molecule};
pub use placed::{GHOST, KINDS, ORDERS, PlacedGraph};
pub use properties::MolecularProperty;
pub use scores::SampleScores;
pub use smiles::{SmilesError, SmilesFile, SmilesFileError, read_smiles_file};
pub use universe::{Universe, enumerate};
