//! Molecules: connected graphs of atoms and bonds that leave no atom over-full.

use crate::element::Element;

/// The greatest bond order.
pub const MAX_ORDER: u8 = 3;

/// A molecule: atoms in an order, and bonds of order 1 to 3 between them.
///
/// It is connected, has at least one atom, and no atom has more bonds than its valence; hydrogens
/// take what is left. Two molecules are equal when their atoms stand in the same order; for equality
/// of what they are, compare [`canonical`](Self::canonical) ones.
///
/// ```
/// use metaplast_molecules::{Element, Molecule};
///
/// // Formaldehyde, H₂C=O.
/// let molecule = Molecule::new(&[Element::Carbon, Element::Oxygen], &[(0, 1, 2)])?;
/// assert_eq!(molecule.order(1, 0), 2);
/// assert_eq!(molecule.hydrogens(0), 2);
/// assert_eq!(molecule.to_smiles(), "C=O");
/// # Ok::<(), metaplast_molecules::InvalidMolecule>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Molecule {
    elements: Vec<Element>,
    /// `[n, n]`, symmetric, 0 where there is no bond.
    orders: Vec<u8>,
}

/// Why a graph is no molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMolecule {
    /// It has no atom.
    #[error("there is no atom")]
    NoAtom,
    /// A bond has an end that is not there, joins an atom to itself, is given twice, or has no order.
    #[error("atoms {from} and {to} of {atoms} cannot have one more bond of order {order}")]
    Bond {
        /// One end.
        from: usize,
        /// The other end.
        to: usize,
        /// Its order.
        order: u8,
        /// The number of atoms.
        atoms: usize,
    },
    /// An atom has more bonds than its valence.
    #[error("atom {place} is {}, of valence {}, and has {bonds} bonds", element.symbol(), element.valence())]
    OverfullAtom {
        /// Which atom.
        place: usize,
        /// What it is.
        element: Element,
        /// The sum of its bond orders.
        bonds: usize,
    },
    /// A place without an atom has a bond.
    #[error("place {place} has a bond and no atom")]
    BondedGhost {
        /// Which place.
        place: usize,
    },
    /// It falls into several pieces.
    #[error("it falls into several pieces")]
    Disconnected,
}

impl Molecule {
    /// A molecule of atoms and of bonds (one end, other end, order).
    ///
    /// # Errors
    /// When it is none; see [`InvalidMolecule`].
    pub fn new(
        elements: &[Element],
        bonds: &[(usize, usize, u8)],
    ) -> Result<Self, InvalidMolecule> {
        let atoms = elements.len();
        let mut orders = vec![0; atoms * atoms];
        for &(from, to, order) in bonds {
            let fits = from < atoms && to < atoms && from != to;
            if !fits || order == 0 || order > MAX_ORDER || orders[from * atoms + to] != 0 {
                return Err(InvalidMolecule::Bond {
                    from,
                    to,
                    order,
                    atoms,
                });
            }
            orders[from * atoms + to] = order;
            orders[to * atoms + from] = order;
        }
        Self::of_orders(elements.to_vec(), orders)
    }

    /// A molecule of a symmetric matrix `[n, n]` of orders from 0 to 3, with zeros on its diagonal.
    pub(crate) fn of_orders(
        elements: Vec<Element>,
        orders: Vec<u8>,
    ) -> Result<Self, InvalidMolecule> {
        if elements.is_empty() {
            return Err(InvalidMolecule::NoAtom);
        }
        let molecule = Molecule { elements, orders };
        for (place, &element) in molecule.elements.iter().enumerate() {
            let bonds = molecule.bonds_of(place);
            if bonds > element.valence() {
                return Err(InvalidMolecule::OverfullAtom {
                    place,
                    element,
                    bonds,
                });
            }
        }
        if molecule.reached_from(0, |_, _| true).len() < molecule.atoms() {
            return Err(InvalidMolecule::Disconnected);
        }
        Ok(molecule)
    }

    /// The number of atoms, hydrogens not among them.
    #[must_use]
    pub fn atoms(&self) -> usize {
        self.elements.len()
    }

    /// The element of each atom.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The order of the bond between two atoms, 0 where there is none.
    ///
    /// # Panics
    /// When there is no such atom.
    #[must_use]
    #[track_caller]
    pub fn order(&self, i: usize, j: usize) -> u8 {
        let atoms = self.atoms();
        assert!(
            i < atoms && j < atoms,
            "order: atoms {i} and {j} of {atoms}"
        );
        self.orders[i * atoms + j]
    }

    /// The bonds as (i, j, order) with i < j, in that order.
    pub fn bonds(&self) -> impl Iterator<Item = (usize, usize, u8)> + '_ {
        let atoms = self.atoms();
        let pairs = (0..atoms).flat_map(move |i| (i + 1..atoms).map(move |j| (i, j)));
        pairs.filter_map(|(i, j)| match self.order(i, j) {
            0 => None,
            order => Some((i, j, order)),
        })
    }

    /// The neighbours of an atom with the orders of its bonds.
    pub fn neighbours(&self, i: usize) -> impl Iterator<Item = (usize, u8)> + '_ {
        let atoms = self.atoms();
        let row = &self.orders[i * atoms..(i + 1) * atoms];
        let bonded = row.iter().enumerate().filter(|&(_, &order)| order > 0);
        bonded.map(|(j, &order)| (j, order))
    }

    /// The sum of the orders of an atom's bonds to other atoms than hydrogen.
    #[must_use]
    pub fn bonds_of(&self, i: usize) -> usize {
        self.neighbours(i)
            .map(|(_, order)| usize::from(order))
            .sum()
    }

    /// The hydrogens at an atom: its valence less its bonds.
    #[must_use]
    pub fn hydrogens(&self, i: usize) -> usize {
        self.elements[i].valence() - self.bonds_of(i)
    }

    /// The number of atoms of an element.
    #[must_use]
    pub fn count(&self, element: Element) -> usize {
        self.elements.iter().filter(|&&e| e == element).count()
    }

    /// The molecule with its atoms in another order: atom `k` of the result is atom `order[k]`.
    ///
    /// # Panics
    /// When `order` does not name each atom once.
    #[must_use]
    #[track_caller]
    pub fn relabelled(&self, order: &[usize]) -> Self {
        let atoms = self.atoms();
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.iter().copied().eq(0..atoms),
            "relabelled: {order:?} is no order of {atoms} atoms"
        );
        let old = |k: usize| (order[k / atoms], order[k % atoms]);
        Molecule {
            elements: order.iter().map(|&i| self.elements[i]).collect(),
            orders: (0..atoms * atoms)
                .map(|k| self.orders[old(k).0 * atoms + old(k).1])
                .collect(),
        }
    }

    /// The atoms that a walk from one reaches over bonds that are `open`, that one first.
    pub(crate) fn reached_from(
        &self,
        start: usize,
        open: impl Fn(usize, usize) -> bool,
    ) -> Vec<usize> {
        let mut reached = vec![start];
        let mut seen = vec![false; self.atoms()];
        seen[start] = true;
        let mut next = 0;
        while next < reached.len() {
            let i = reached[next];
            next += 1;
            for (j, _) in self.neighbours(i) {
                if !seen[j] && open(i, j) {
                    seen[j] = true;
                    reached.push(j);
                }
            }
        }
        reached
    }
}
