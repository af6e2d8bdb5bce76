//! Properties of molecules that follow from their graphs.

use crate::element::{Element, HYDROGEN_WEIGHT};
use crate::molecule::Molecule;

/// A property of a molecule, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MolecularProperty {
    /// The molar mass in g/mol, hydrogens included.
    Mass,
    /// Atoms that are neither carbon nor hydrogen.
    Heteroatoms,
    /// The degree of unsaturation: rings and π bonds.
    Unsaturation,
    /// The topological polar surface in Å², an estimate from fragments around N and O.
    PolarSurface,
}

impl MolecularProperty {
    /// All.
    pub const ALL: [Self; 4] = [
        MolecularProperty::Mass,
        MolecularProperty::Heteroatoms,
        MolecularProperty::Unsaturation,
        MolecularProperty::PolarSurface,
    ];

    /// What it is called, with its unit.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            MolecularProperty::Mass => "molar mass (g/mol)",
            MolecularProperty::Heteroatoms => "heteroatoms",
            MolecularProperty::Unsaturation => "degree of unsaturation",
            MolecularProperty::PolarSurface => "polar surface (Å²)",
        }
    }

    /// Its value for a molecule.
    ///
    /// ```
    /// use metaplast_molecules::{MolecularProperty, Molecule};
    ///
    /// let acetamide: Molecule = "CC(=O)N".parse()?;
    /// assert!((MolecularProperty::Mass.of(&acetamide) - 59.068).abs() < 1e-9);
    /// assert_eq!(MolecularProperty::Heteroatoms.of(&acetamide), 2.0);
    /// assert_eq!(MolecularProperty::Unsaturation.of(&acetamide), 1.0);
    /// // =O and −NH₂.
    /// assert!((MolecularProperty::PolarSurface.of(&acetamide) - (17.07 + 26.02)).abs() < 1e-9);
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    #[must_use]
    pub fn of(self, molecule: &Molecule) -> f64 {
        match self {
            MolecularProperty::Mass => mass(molecule),
            MolecularProperty::Heteroatoms => {
                (molecule.atoms() - molecule.count(Element::Carbon)) as f64
            }
            MolecularProperty::Unsaturation => {
                let bonds = molecule.bonds().map(|(_, _, order)| usize::from(order) - 1);
                (bonds.sum::<usize>() + molecule.rings()) as f64
            }
            MolecularProperty::PolarSurface => (0..molecule.atoms())
                .map(|i| polar_surface(molecule, i))
                .sum(),
        }
    }
}

impl MolecularProperty {
    /// Its values for molecules.
    pub(crate) fn of_each(self, molecules: &[Molecule]) -> Vec<f64> {
        molecules.iter().map(|molecule| self.of(molecule)).collect()
    }
}

fn mass(molecule: &Molecule) -> f64 {
    let atoms = molecule.elements().iter().enumerate();
    let masses =
        atoms.map(|(i, element)| element.weight() + HYDROGEN_WEIGHT * molecule.hydrogens(i) as f64);
    masses.sum()
}

/// What an atom adds to the polar surface: P. Ertl, B. Rohde & P. Selzer, *Fast calculation of molecular
/// polar surface area as a sum of fragment-based contributions*, J. Med. Chem. 43:3714 (2000), table 1,
/// without its charged and aromatic fragments: aromatic atoms count by the double bonds they are drawn
/// with. Neutral N and O of ordinary valence have 13 fragments in the table; ammonia and water are not in it
/// and are by the formula of the authors' program, 30.5 − 8.2 neighbours + 1.5 hydrogens for N and
/// 28.5 − 8.6 neighbours + 1.5 hydrogens for O, without neighbours.
fn polar_surface(molecule: &Molecule, i: usize) -> f64 {
    let bonds_of = |order: u8| molecule.neighbours(i).filter(|&(_, o)| o == order).count();
    let (single, double, triple) = (bonds_of(1), bonds_of(2), bonds_of(3));
    let hydrogens = molecule.hydrogens(i);
    let in_three_ring = in_three_ring(molecule, i);
    match molecule.elements()[i] {
        Element::Nitrogen => match (single, double, triple, hydrogens) {
            (3, 0, 0, 0) if in_three_ring => 3.01,
            (3, 0, 0, 0) => 3.24,
            (1, 1, 0, 0) => 12.36,
            (0, 0, 1, 0) => 23.79,
            (2, 0, 0, 1) if in_three_ring => 21.94,
            (2, 0, 0, 1) => 12.03,
            (0, 1, 0, 1) => 23.85,
            (1, 0, 0, 2) => 26.02,
            _ => 30.5 + 1.5 * hydrogens as f64,
        },
        Element::Oxygen => match (single, double, hydrogens) {
            (2, 0, 0) if in_three_ring => 12.53,
            (2, 0, 0) => 9.23,
            (0, 1, 0) => 17.07,
            (1, 0, 1) => 20.23,
            _ => 28.5 + 1.5 * hydrogens as f64,
        },
        Element::Carbon | Element::Fluorine => 0.0,
    }
}

fn in_three_ring(molecule: &Molecule, i: usize) -> bool {
    let mut pairs = molecule.neighbours(i).flat_map(|(j, _)| {
        let others = molecule.neighbours(i);
        others.map(move |(k, _)| (j, k))
    });
    pairs.any(|(j, k)| j != k && molecule.order(j, k) > 0)
}
