//! All molecules up to a number of atoms, and a set of molecules to look others up in.

use std::collections::BTreeSet;

use crate::element::Element;
use crate::molecule::{MAX_ORDER, Molecule};

/// Every connected molecule of C, O, N and F with so many atoms, each once, canonical and in order.
///
/// A connected graph has an atom whose removal leaves it connected, so all with n atoms grow from those
/// with n − 1 by one atom.
///
/// # Panics
/// When `atoms` is 0.
#[must_use]
#[track_caller]
pub fn enumerate(atoms: usize) -> Vec<Molecule> {
    assert!(atoms > 0, "enumerate: molecules of 0 atoms");
    let single = |element| Molecule::new(&[element], &[]).expect("an atom");
    let start = Element::ALL.map(single).to_vec();
    (1..atoms).fold(start, |smaller, _| grow(&smaller))
}

/// All canonical molecules with one atom more.
fn grow(molecules: &[Molecule]) -> Vec<Molecule> {
    let mut grown = BTreeSet::new();
    for molecule in molecules {
        for element in Element::ALL {
            let mut bonds = vec![0; molecule.atoms()];
            bond(
                molecule,
                element,
                0,
                element.valence(),
                &mut bonds,
                &mut grown,
            );
        }
    }
    grown.into_iter().collect()
}

/// Joins a new atom to those from `place` on in every way that leaves no atom over-full, `free` being
/// what is left of its valence.
fn bond(
    molecule: &Molecule,
    element: Element,
    place: usize,
    free: usize,
    bonds: &mut [u8],
    grown: &mut BTreeSet<Molecule>,
) {
    if place == bonds.len() {
        if free < element.valence() {
            grown.insert(joined(molecule, element, bonds).canonical());
        }
        return;
    }
    let most = usize::from(MAX_ORDER)
        .min(free)
        .min(molecule.hydrogens(place));
    for order in 0..=most {
        bonds[place] = order as u8;
        bond(molecule, element, place + 1, free - order, bonds, grown);
    }
    bonds[place] = 0;
}

fn joined(molecule: &Molecule, element: Element, bonds: &[u8]) -> Molecule {
    let atoms = molecule.atoms();
    let elements = [molecule.elements(), &[element]].concat();
    let mut all: Vec<_> = molecule.bonds().collect();
    let new = bonds.iter().enumerate().filter(|&(_, &order)| order > 0);
    all.extend(new.map(|(i, &order)| (i, atoms, order)));
    Molecule::new(&elements, &all).expect("no atom is over-full")
}

/// A set of molecules, each once, canonical and in order: by elements, then by bonds.
///
/// ```
/// use metaplast_molecules::Universe;
///
/// let all = Universe::up_to(3);
/// assert_eq!(all.len(), 4 + 19 + 94);
/// let stable = all.filtered(|molecule| molecule.is_stable());
/// assert_eq!(stable.len(), 4 + 19 + 68);
/// assert!(stable.contains(&"C=C=O".parse()?));
/// assert!(!stable.contains(&"C1CC1".parse()?));
/// # Ok::<(), metaplast_molecules::SmilesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Universe(Vec<Molecule>);

impl Universe {
    /// All connected molecules of one atom to so many.
    #[must_use]
    pub fn up_to(atoms: usize) -> Self {
        Self::of((1..=atoms).flat_map(enumerate))
    }

    /// The set of these molecules.
    #[must_use]
    pub fn of(molecules: impl IntoIterator<Item = Molecule>) -> Self {
        let mut all: Vec<_> = molecules.into_iter().map(|m| m.canonical()).collect();
        all.sort_unstable();
        all.dedup();
        Universe(all)
    }

    /// Those that `keep` keeps.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Molecule) -> bool) -> Self {
        Universe(self.0.iter().filter(|m| keep(m)).cloned().collect())
    }

    /// The molecules.
    #[must_use]
    pub fn molecules(&self) -> &[Molecule] {
        &self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place of a molecule, its atoms in any order.
    #[must_use]
    pub fn position(&self, molecule: &Molecule) -> Option<usize> {
        self.0.binary_search(&molecule.canonical()).ok()
    }

    /// Whether a molecule is there, its atoms in any order.
    #[must_use]
    pub fn contains(&self, molecule: &Molecule) -> bool {
        self.position(molecule).is_some()
    }
}
