//! Elements, with what the rest needs to know of them.

/// An element of which molecules are made; hydrogen is implied.
///
/// The order is that of the GSVAE release, in which its nets number the kinds of atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// C, of valence 4.
    Carbon,
    /// O, of valence 2.
    Oxygen,
    /// N, of valence 3.
    Nitrogen,
    /// F, of valence 1.
    Fluorine,
}

/// The atomic weight of hydrogen (IUPAC, *Standard atomic weights 2021*, abridged).
pub(crate) const HYDROGEN_WEIGHT: f64 = 1.008;

impl Element {
    /// All, in order.
    pub const ALL: [Self; 4] = [
        Element::Carbon,
        Element::Oxygen,
        Element::Nitrogen,
        Element::Fluorine,
    ];

    /// The number of bonds of a neutral atom without unpaired electrons: 4, 2, 3, 1.
    #[must_use]
    pub fn valence(self) -> usize {
        [4, 2, 3, 1][self.index()]
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its symbol.
    #[must_use]
    pub fn symbol(self) -> char {
        ['C', 'O', 'N', 'F'][self.index()]
    }

    /// The element of a symbol.
    #[must_use]
    pub fn of_symbol(symbol: char) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|element| element.symbol() == symbol)
    }

    /// The atomic weight (IUPAC, *Standard atomic weights 2021*, abridged).
    #[must_use]
    pub fn weight(self) -> f64 {
        [12.011, 15.999, 14.007, 18.998][self.index()]
    }
}
