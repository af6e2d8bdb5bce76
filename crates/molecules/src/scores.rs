//! What samples are worth.

use std::collections::BTreeSet;

use crate::molecule::InvalidMolecule;
use crate::placed::PlacedGraph;
use crate::universe::Universe;

/// What samples of a generative model come to, beside the molecules it learned from and an enumerated
/// set of molecules that it is to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleScores {
    /// The part of the samples that are molecules: at least one atom, none over-full, no bonded ghost,
    /// one piece.
    pub valid: f64,
    /// The part of the samples in which an atom has more bonds than its valence.
    pub overfull: f64,
    /// The part in which a place without an atom has a bond.
    pub bonded_ghosts: f64,
    /// The part that falls into several pieces, and is neither of these.
    pub in_pieces: f64,
    /// Distinct molecules, as a part of the valid samples; NaN of none.
    pub distinct: f64,
    /// The part of the valid samples that are no training molecule; NaN of none.
    pub new: f64,
    /// Distinct molecules that are wanted and no training molecule.
    pub found: usize,
    /// How many there are to find, where that is known.
    pub to_find: Option<usize>,
}

impl SampleScores {
    /// Of samples, training molecules and wanted molecules; without wanted ones, all are wanted.
    #[must_use]
    pub fn of(samples: &[PlacedGraph], training: &Universe, wanted: Option<&Universe>) -> Self {
        let mut canonical = Vec::new();
        let (mut overfull, mut bonded_ghosts, mut in_pieces) = (0.0, 0.0, 0.0);
        for sample in samples {
            match sample.molecule() {
                Ok(molecule) => canonical.push(molecule.canonical()),
                Err(InvalidMolecule::OverfullAtom { .. }) => overfull += 1.0,
                Err(InvalidMolecule::BondedGhost { .. }) => bonded_ghosts += 1.0,
                Err(InvalidMolecule::Disconnected) => in_pieces += 1.0,
                Err(InvalidMolecule::NoAtom | InvalidMolecule::Bond { .. }) => {}
            }
        }
        let part = |count: f64| count / samples.len() as f64;
        let valid = canonical.len() as f64;
        let is_new = |molecule: &_| !training.contains(molecule);
        let new = canonical.iter().filter(|m| is_new(m)).count() as f64;
        let distinct: BTreeSet<_> = canonical.iter().collect();
        let is_wanted = |molecule: &_| wanted.is_none_or(|wanted| wanted.contains(molecule));
        let found = distinct.iter().filter(|m| is_new(m) && is_wanted(m));
        let to_find = |wanted: &Universe| wanted.molecules().iter().filter(|m| is_new(m)).count();
        SampleScores {
            valid: part(valid),
            overfull: part(overfull),
            bonded_ghosts: part(bonded_ghosts),
            in_pieces: part(in_pieces),
            distinct: distinct.len() as f64 / valid,
            new: new / valid,
            found: found.count(),
            to_find: wanted.map(to_find),
        }
    }

    /// The part of the wanted new molecules that were found, where it is known.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        self.to_find
            .map(|to_find| self.found as f64 / to_find as f64)
    }
}
