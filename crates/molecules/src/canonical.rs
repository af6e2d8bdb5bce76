//! The canonical order of a molecule's atoms: the same for all molecules that are the same graph.
//!
//! Colour refinement tells atoms apart by their elements, their bonds and, round after round, by the
//! colours of their neighbours. Atoms that it leaves alike are tried in all orders: one of a class is
//! singled out, and the colours are refined again (McKay, *Practical graph isomorphism*, 1981). Of the
//! orders that remain, the one with the least list of bonds is taken.

use crate::molecule::Molecule;

impl Molecule {
    /// The same molecule with its atoms in canonical order: by element, then by their bonds and
    /// surroundings. Two molecules are the same graph exactly if their canonical ones are equal.
    ///
    /// ```
    /// use metaplast_molecules::Molecule;
    ///
    /// let ethanol: Molecule = "CCO".parse()?;
    /// let again: Molecule = "OCC".parse()?;
    /// assert_ne!(ethanol, again);
    /// assert_eq!(ethanol.canonical(), again.canonical());
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    #[must_use]
    pub fn canonical(&self) -> Self {
        let colours = self.elements().iter().map(|e| e.index()).collect();
        let mut least = None;
        self.least_relabelled(colours, &mut least);
        least.expect("at least one order")
    }

    /// The least of all relabelled molecules that agree with `colours` once refined.
    fn least_relabelled(&self, mut colours: Vec<usize>, least: &mut Option<Self>) {
        self.refine(&mut colours);
        let atoms = self.atoms();
        // Without gaps, colours number the classes.
        let size = |colour: usize| colours.iter().filter(|&&c| c == colour).count();
        let Some(alike) = (0..atoms).find(|&colour| size(colour) > 1) else {
            let mut order = vec![0; atoms];
            for (i, &colour) in colours.iter().enumerate() {
                order[colour] = i;
            }
            let relabelled = self.relabelled(&order);
            if least.as_ref().is_none_or(|least| relabelled < *least) {
                *least = Some(relabelled);
            }
            return;
        };
        for single in (0..atoms).filter(|&i| colours[i] == alike) {
            let split = colours.iter().enumerate();
            let split = split.map(|(i, &colour)| 2 * colour + usize::from(i != single));
            self.least_relabelled(split.collect(), least);
        }
    }

    /// Splits classes of atoms until no atom's bonds tell it from others of its colour. Colours become
    /// numbers from 0 without gaps; those of earlier classes stay below those of later ones.
    fn refine(&self, colours: &mut [usize]) {
        let mut classes = 0;
        loop {
            let keys: Vec<(usize, Vec<(u8, usize)>)> = (0..self.atoms())
                .map(|i| {
                    let neighbours = self.neighbours(i);
                    let mut bonds: Vec<_> = neighbours.map(|(j, o)| (o, colours[j])).collect();
                    bonds.sort_unstable();
                    (colours[i], bonds)
                })
                .collect();
            let mut distinct: Vec<_> = keys.iter().collect();
            distinct.sort_unstable();
            distinct.dedup();
            for (colour, key) in colours.iter_mut().zip(&keys) {
                *colour = distinct.binary_search(&key).expect("one of the keys");
            }
            if distinct.len() == classes {
                return;
            }
            classes = distinct.len();
        }
    }
}
