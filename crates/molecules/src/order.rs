//! Orders of a molecule's atoms for a decoder, which gives each atom at a fixed place.
//!
//! All are the same for molecules that are the same graph. How much places tell of each other, and so
//! what is left to learn, depends on the order.

use std::cmp::Reverse;

use crate::molecule::Molecule;

impl Molecule {
    /// The same molecule with its atoms depth first along its longest chains: each atom is bonded to the one
    /// before it, where that can be. Of all orders it has the greatest list of whether atom k is bonded to
    /// atoms k − 1, k − 2, …, 0, for k = 1, 2, …; among equal ones that of bond orders is the greatest, then
    /// that of elements the least.
    ///
    /// Canonical SMILES are much alike, which begin at an end of the molecule. Bonds then are at few pairs of
    /// places, which is easy to learn.
    ///
    /// ```
    /// use metaplast_molecules::Molecule;
    ///
    /// let acetone: Molecule = "O=C(C)C".parse()?;
    /// assert_eq!(acetone.depth_first().to_smiles(), "O=C(C)C");
    /// let propanol: Molecule = "C(O)CC".parse()?;
    /// assert_eq!(propanol.depth_first().to_smiles(), "CCCO");
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    #[must_use]
    pub fn depth_first(&self) -> Self {
        let canonical = self.canonical();
        let atoms = canonical.atoms();
        let mut begun: Vec<Vec<usize>> = (0..atoms).map(|i| vec![i]).collect();
        for _ in 1..atoms {
            let mut best = Vec::new();
            let mut longer = Vec::new();
            for order in &begun {
                for next in (0..atoms).filter(|i| !order.contains(i)) {
                    let bonded = order.iter().rev().map(|&i| canonical.order(i, next) > 0);
                    let bonded: Vec<bool> = bonded.collect();
                    if bonded > best {
                        best = bonded;
                        longer.clear();
                    } else if bonded < best {
                        continue;
                    }
                    longer.push([order.as_slice(), &[next]].concat());
                }
            }
            begun = longer;
        }
        let molecules = begun.iter().map(|order| canonical.relabelled(order));
        let least = molecules.min_by_key(|molecule| {
            let pairs = (1..atoms).flat_map(|k| (0..k).rev().map(move |i| (i, k)));
            let orders: Vec<u8> = pairs.map(|(i, k)| molecule.order(i, k)).collect();
            (Reverse(orders), molecule.elements().to_vec())
        });
        least.expect("at least one atom")
    }

    /// The same molecule with its atoms breadth first from the atom with most bonds, neighbours with more
    /// bonds first.
    ///
    /// ```
    /// use metaplast_molecules::Molecule;
    ///
    /// let acetone: Molecule = "CC(=O)C".parse()?;
    /// assert_eq!(acetone.breadth_first().to_smiles(), "C(=O)(C)C");
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    #[must_use]
    pub fn breadth_first(&self) -> Self {
        let canonical = self.canonical();
        let bonds = |i: usize| Reverse(canonical.bonds_of(i));
        let start = (0..canonical.atoms()).min_by_key(|&i| (bonds(i), i));
        let mut order = vec![start.expect("at least one atom")];
        let mut next = 0;
        while next < order.len() {
            let neighbours = canonical.neighbours(order[next]).map(|(j, _)| j);
            let mut new: Vec<usize> = neighbours.filter(|j| !order.contains(j)).collect();
            new.sort_by_key(|&j| (bonds(j), j));
            order.extend(new);
            next += 1;
        }
        canonical.relabelled(&order)
    }
}
