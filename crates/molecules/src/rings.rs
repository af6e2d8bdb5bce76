//! Rings, and which of them make a molecule unlikely to last.

use crate::molecule::Molecule;

impl Molecule {
    /// The number of independent rings: bonds − atoms + 1.
    #[must_use]
    pub fn rings(&self) -> usize {
        self.bonds().count() + 1 - self.atoms()
    }

    /// The number of rings of three atoms.
    #[must_use]
    pub fn three_rings(&self) -> usize {
        let thirds =
            |i, j| (j + 1..self.atoms()).filter(move |&k| self.joins(i, k) && self.joins(j, k));
        self.bonds().map(|(i, j, _)| thirds(i, j).count()).sum()
    }

    /// Whether a bond is part of a ring: without it, its ends still reach each other.
    ///
    /// # Panics
    /// When there is no such bond.
    #[must_use]
    #[track_caller]
    pub fn in_ring(&self, i: usize, j: usize) -> bool {
        assert!(
            self.joins(i, j),
            "in_ring: no bond between atoms {i} and {j}"
        );
        let others = |a: usize, b: usize| (a, b) != (i, j) && (a, b) != (j, i);
        self.reached_from(i, others).contains(&j)
    }

    /// The number of triple bonds that are part of a ring.
    #[must_use]
    pub fn ring_triples(&self) -> usize {
        let triples = self.bonds().filter(|&(_, _, order)| order == 3);
        triples.filter(|&(i, j, _)| self.in_ring(i, j)).count()
    }

    /// Whether it has neither a ring of three atoms nor a triple bond in a ring, both of which are
    /// strained.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.three_rings() == 0 && self.ring_triples() == 0
    }

    fn joins(&self, i: usize, j: usize) -> bool {
        self.order(i, j) > 0
    }
}
