//! Molecules by a graph-scattering variational autoencoder, scored on an exactly enumerated universe.
//!
//! The system is that of N. Shervani-Tabar and N. Zabaras, *Physics-constrained predictive molecular
//! latent space discovery with graph scattering variational autoencoder*, arXiv:2009.13878 (2020): an
//! encoder of fixed scattering coefficients, a decoder that gives all bonds at once and then the atoms,
//! and penalties on samples from the prior that push towards chemically possible graphs.
//!
//! | job | items |
//! |---|---|
//! | molecules | [`Molecule`], [`Element`], [`MolecularProperty`], SMILES by `parse` and [`Molecule::to_smiles`], [`read_smiles_file`], [`draw_sheet`] |
//! | what is possible | [`enumerate`], [`Universe`], [`Molecule::canonical`] |
//! | graphs for nets | [`PlacedGraph`], [`scattering`] |
//! | the net, on any tape | [`net`]: [`decode`](net::decode), [`encode`](net::encode), losses, [`penalties`](net::penalties) |
//! | a model | [`VaeSettings`], [`VaeTraining`], [`PenaltyWeights`], [`GraphVae`] |
//! | what it is worth | [`SampleScores`], [`IndependentPlaces`] as the baseline |
//! | design and doubt | [`PropertyConditions`], [`bootstrap_weights`], [`PropertyBands`] |
//!
//! Molecules are neutral and of C, N, O and F; hydrogens are implied. Places of a graph are numbered, and
//! nothing matches graphs: a decoder has to give each atom at its place. So the order of atoms matters;
//! [`Molecule::depth_first`] is one that is easy to learn.

mod canonical;
mod design;
mod drawing;
mod element;
pub mod experiments;
mod independent;
mod model;
mod molecule;
pub mod net;
mod order;
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

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
