//! Graphs on a fixed number of places, some of which are empty: what nets read and write.

use metaplast_tensor::Tensor;

use crate::element::Element;
use crate::molecule::{InvalidMolecule, MAX_ORDER, Molecule};

/// Kinds of places: four elements, and *ghosts*, which are places without an atom.
pub const KINDS: usize = Element::ALL.len() + 1;
/// The kind of a place without an atom.
pub const GHOST: usize = Element::ALL.len();
/// Bond orders: none, single, double, triple.
pub const ORDERS: usize = MAX_ORDER as usize + 1;

/// A graph on `n` places, of which any may be a ghost, with bonds of any order between them.
///
/// A decoder gives such a graph, which may be no molecule:
///
/// ```
/// use metaplast_molecules::{GHOST, InvalidMolecule, Molecule, PlacedGraph};
///
/// let methanol: Molecule = "CO".parse()?;
/// let graph = PlacedGraph::of(&methanol, 5);
/// assert_eq!(graph.kinds(), [0, 1, GHOST, GHOST, GHOST]);
/// assert_eq!(graph.molecule()?, methanol);
///
/// let mut broken = graph;
/// broken.set_order(0, 4, 1);
/// assert_eq!(broken.molecule(), Err(InvalidMolecule::BondedGhost { place: 4 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedGraph {
    kinds: Vec<usize>,
    orders: Vec<u8>,
}

impl PlacedGraph {
    /// A molecule on the first of `places` places, its atoms in their order.
    ///
    /// # Panics
    /// When it has more atoms than there are places.
    #[must_use]
    #[track_caller]
    pub fn of(molecule: &Molecule, places: usize) -> Self {
        let atoms = molecule.atoms();
        assert!(atoms <= places, "{atoms} atoms on {places} places");
        let mut graph = PlacedGraph {
            kinds: vec![GHOST; places],
            orders: vec![0; places * places],
        };
        for (kind, element) in graph.kinds.iter_mut().zip(molecule.elements()) {
            *kind = element.index();
        }
        for (i, j, order) in molecule.bonds() {
            graph.set_order(i, j, order);
        }
        graph
    }

    /// Places of these kinds without bonds.
    ///
    /// # Panics
    /// When a kind is not below [`KINDS`].
    #[must_use]
    #[track_caller]
    pub fn without_bonds(kinds: Vec<usize>) -> Self {
        assert!(kinds.iter().all(|&kind| kind < KINDS), "kinds {kinds:?}");
        PlacedGraph {
            orders: vec![0; kinds.len() * kinds.len()],
            kinds,
        }
    }

    /// The number of places.
    #[must_use]
    pub fn places(&self) -> usize {
        self.kinds.len()
    }

    /// The kind of each place: the [index](Element::index) of an element, or [`GHOST`].
    #[must_use]
    pub fn kinds(&self) -> &[usize] {
        &self.kinds
    }

    /// The order of the bond between two places, 0 where there is none.
    #[must_use]
    #[track_caller]
    pub fn order(&self, i: usize, j: usize) -> u8 {
        self.orders[i * self.places() + j]
    }

    /// Changes the bond between two places.
    ///
    /// # Panics
    /// When the places are the same or not there, or the order is above 3.
    #[track_caller]
    pub fn set_order(&mut self, i: usize, j: usize, order: u8) {
        let places = self.places();
        assert!(
            i < places && j < places && i != j && order <= MAX_ORDER,
            "a bond of order {order} between places {i} and {j} of {places}"
        );
        self.orders[i * places + j] = order;
        self.orders[j * places + i] = order;
    }

    /// The molecule that it is, ghosts left out and the atoms in the order of their places.
    ///
    /// # Errors
    /// When a ghost has a bond, or the rest is no molecule.
    pub fn molecule(&self) -> Result<Molecule, InvalidMolecule> {
        let places = self.places();
        let filled: Vec<usize> = (0..places).filter(|&i| self.kinds[i] != GHOST).collect();
        for place in (0..places).filter(|&i| self.kinds[i] == GHOST) {
            if (0..places).any(|j| self.order(place, j) > 0) {
                return Err(InvalidMolecule::BondedGhost { place });
            }
        }
        let elements = filled.iter().map(|&i| Element::ALL[self.kinds[i]]);
        let pairs = filled
            .iter()
            .flat_map(|&i| filled.iter().map(move |&j| (i, j)));
        let orders = pairs.map(|(i, j)| self.order(i, j));
        Molecule::of_orders(elements.collect(), orders.collect())
    }

    /// The kinds as a signal, one-hot, `[KINDS, n]`.
    #[must_use]
    pub fn signal(&self) -> Tensor<f64> {
        Tensor::from_fn([KINDS, self.places()], |at| {
            f64::from(u8::from(self.kinds[at[1]] == at[0]))
        })
    }

    /// The normalised Laplacian `D^(−½) (D − A) D^(−½)`, `[n, n]`, of the bond orders A and their row
    /// sums D, where a row sum below 1 divides as 1.
    #[must_use]
    pub fn laplacian(&self) -> Tensor<f64> {
        let places = self.places();
        let degree = |i: usize| {
            (0..places)
                .map(|j| f64::from(self.order(i, j)))
                .sum::<f64>()
        };
        let degrees: Vec<f64> = (0..places).map(degree).collect();
        Tensor::from_fn([places, places], |at| {
            let (i, j) = (at[0], at[1]);
            let entry = if i == j {
                degrees[i]
            } else {
                -f64::from(self.order(i, j))
            };
            entry / degrees[i].max(1.0).sqrt() / degrees[j].max(1.0).sqrt()
        })
    }
}
