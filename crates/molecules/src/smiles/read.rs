//! Reading SMILES.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::SmilesError;
use super::kekule::double_bonds;
use crate::element::Element;
use crate::molecule::{InvalidMolecule, Molecule};

impl FromStr for Molecule {
    type Err = SmilesError;

    /// The molecule of a SMILES, with its atoms in the order of the text.
    ///
    /// ```
    /// use metaplast_molecules::Molecule;
    ///
    /// let furan: Molecule = "o1cccc1".parse()?;
    /// assert_eq!(furan.canonical(), "C1=CC=CO1".parse::<Molecule>()?.canonical());
    /// let error = "C1CC".parse::<Molecule>().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "SMILES \"C1CC\", character 4: ring 1 is left open"
    /// );
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    fn from_str(smiles: &str) -> Result<Self, SmilesError> {
        let mut reader = Reader::new(smiles);
        reader.read()?;
        reader.molecule()
    }
}

struct Atom {
    element: Element,
    aromatic: bool,
    /// Hydrogens that brackets tell.
    hydrogens: Option<usize>,
}

struct Bond {
    from: usize,
    to: usize,
    /// Nothing for one between aromatic atoms that is not written.
    order: Option<u8>,
}

struct Reader<'a> {
    smiles: &'a str,
    characters: Vec<char>,
    next: usize,
    atoms: Vec<Atom>,
    bonds: Vec<Bond>,
    /// The atom to which the next one is bonded.
    last: Option<usize>,
    /// Those to which branches return.
    branches: Vec<usize>,
    /// What stands before the next atom or ring number.
    written: Option<Written>,
    /// Rings that are open: the atom, and the bond written there.
    rings: BTreeMap<u32, (usize, Option<Written>)>,
}

/// A bond that is written.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    Order(u8),
    Aromatic,
}

impl<'a> Reader<'a> {
    fn new(smiles: &'a str) -> Self {
        Reader {
            smiles,
            characters: smiles.chars().collect(),
            next: 0,
            atoms: Vec::new(),
            bonds: Vec::new(),
            last: None,
            branches: Vec::new(),
            written: None,
            rings: BTreeMap::new(),
        }
    }

    /// An error at the character that was read last.
    fn syntax<T>(&self, reason: impl Into<String>) -> Result<T, SmilesError> {
        Err(SmilesError::Syntax {
            smiles: self.smiles.to_owned(),
            character: self.next.max(1),
            reason: reason.into(),
        })
    }

    fn outside<T>(&self, reason: impl Into<String>) -> Result<T, SmilesError> {
        Err(SmilesError::Outside {
            smiles: self.smiles.to_owned(),
            reason: reason.into(),
        })
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.next).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.next += 1;
        Some(character)
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|&c| wanted(c))?;
        self.take()
    }

    fn take_digits(&mut self) -> String {
        std::iter::from_fn(|| self.take_if(|c| c.is_ascii_digit())).collect()
    }

    fn read(&mut self) -> Result<(), SmilesError> {
        while let Some(character) = self.take() {
            match character {
                '(' => match self.last {
                    Some(atom) if self.written.is_none() => self.branches.push(atom),
                    _ => return self.syntax("a branch begins without an atom"),
                },
                ')' => match self.branches.pop() {
                    Some(atom) if self.written.is_none() => self.last = Some(atom),
                    _ => return self.syntax("no branch ends here"),
                },
                '-' | '/' | '\\' => self.bond(Written::Order(1))?,
                '=' => self.bond(Written::Order(2))?,
                '#' => self.bond(Written::Order(3))?,
                ':' => self.bond(Written::Aromatic)?,
                '$' => return self.outside("a bond of order 4"),
                '.' => return self.outside("several pieces"),
                '0'..='9' => self.ring(character.to_digit(10).expect("a digit"))?,
                '%' => {
                    let digits = self.take_digits();
                    match digits.parse() {
                        Ok(number) if digits.len() == 2 => self.ring(number)?,
                        _ => return self.syntax("% stands before two digits"),
                    }
                }
                '[' => self.bracket()?,
                _ => self.plain(character)?,
            }
        }
        if self.written.is_some() {
            return self.syntax("a bond leads nowhere");
        }
        if !self.branches.is_empty() {
            return self.syntax("a branch is left open");
        }
        match self.rings.keys().next() {
            Some(number) => self.syntax(format!("ring {number} is left open")),
            None => Ok(()),
        }
    }

    fn bond(&mut self, written: Written) -> Result<(), SmilesError> {
        if self.last.is_none() || self.written.is_some() {
            return self.syntax("a bond without an atom before it");
        }
        self.written = Some(written);
        Ok(())
    }

    fn ring(&mut self, number: u32) -> Result<(), SmilesError> {
        let Some(to) = self.last else {
            return self.syntax("a ring begins without an atom");
        };
        let here = self.written.take();
        let Some((from, there)) = self.rings.remove(&number) else {
            self.rings.insert(number, (to, here));
            return Ok(());
        };
        match (there, here) {
            (Some(a), Some(b)) if a != b => self.syntax(format!(
                "ring {number} ends with another bond than it began with"
            )),
            _ => self.join(from, to, there.or(here)),
        }
    }

    fn join(
        &mut self,
        from: usize,
        to: usize,
        written: Option<Written>,
    ) -> Result<(), SmilesError> {
        let same =
            |bond: &Bond| (bond.from, bond.to) == (from, to) || (bond.from, bond.to) == (to, from);
        if from == to || self.bonds.iter().any(same) {
            return self.syntax("two atoms are joined twice, or an atom to itself");
        }
        let aromatic = self.atoms[from].aromatic && self.atoms[to].aromatic;
        let order = match written {
            Some(Written::Order(order)) => Some(order),
            Some(Written::Aromatic) if !aromatic => {
                return self.syntax("an aromatic bond between atoms that are not");
            }
            Some(Written::Aromatic) => None,
            None => (!aromatic).then_some(1),
        };
        self.bonds.push(Bond { from, to, order });
        Ok(())
    }

    fn atom(&mut self, atom: Atom) -> Result<(), SmilesError> {
        let place = self.atoms.len();
        self.atoms.push(atom);
        let written = self.written.take();
        if let Some(last) = self.last {
            self.join(last, place, written)?;
        }
        self.last = Some(place);
        Ok(())
    }

    /// An atom without brackets.
    fn plain(&mut self, character: char) -> Result<(), SmilesError> {
        let two = |second: char| self.peek() == Some(second);
        if (character == 'C' && two('l')) || (character == 'B' && two('r')) {
            return self.outside("an atom of chlorine or bromine");
        }
        if let Some(element) = Element::of_symbol(character) {
            return self.atom(Atom {
                element,
                aromatic: false,
                hydrogens: None,
            });
        }
        match aromatic(character) {
            Some(element) => self.atom(Atom {
                element,
                aromatic: true,
                hydrogens: None,
            }),
            None if "BPSIbps*".contains(character) => self.outside(format!("an atom {character}")),
            None => self.syntax(format!("{character:?} means nothing here")),
        }
    }

    /// An atom in brackets, the first of which is read.
    fn bracket(&mut self) -> Result<(), SmilesError> {
        if !self.take_digits().is_empty() {
            return self.outside("an isotope");
        }
        let Some(symbol) = self.take_if(|c| c.is_ascii_alphabetic() || c == '*') else {
            return self.syntax("no element between the brackets");
        };
        let second = self.take_if(|c| c.is_ascii_lowercase());
        let known = match second {
            Some(_) => None,
            None => Element::of_symbol(symbol)
                .map(|element| (element, false))
                .or(aromatic(symbol).map(|element| (element, true))),
        };
        let Some((element, aromatic)) = known else {
            let second = second.map(String::from).unwrap_or_default();
            return self.outside(format!("an atom {symbol}{second}"));
        };
        while self.take_if(|c| c == '@').is_some() {}
        let mut hydrogens = 0;
        if self.take_if(|c| c == 'H').is_some() {
            let digits = self.take_digits();
            hydrogens = if digits.is_empty() {
                1
            } else {
                digits.parse().unwrap_or(99)
            };
        }
        if self.take_if(|c| c == '+' || c == '-').is_some() {
            return self.outside("a charge");
        }
        if self.take_if(|c| c == ':').is_some() {
            self.take_digits();
        }
        if self.take() != Some(']') {
            return self.syntax("the bracket does not end here");
        }
        self.atom(Atom {
            element,
            aromatic,
            hydrogens: Some(hydrogens),
        })
    }

    fn molecule(self) -> Result<Molecule, SmilesError> {
        let order = |bond: &Bond| usize::from(bond.order.unwrap_or(1));
        let bonded = |i: usize| -> usize {
            let mine = self
                .bonds
                .iter()
                .filter(|bond| bond.from == i || bond.to == i);
            mine.map(order).sum()
        };
        let open = |(i, atom): (usize, &Atom)| {
            let taken = bonded(i) + atom.hydrogens.unwrap_or(0);
            atom.aromatic && taken < atom.element.valence()
        };
        let open: Vec<bool> = self.atoms.iter().enumerate().map(open).collect();
        let aromatic = self.bonds.iter().filter(|bond| bond.order.is_none());
        let pairs: Vec<_> = aromatic.map(|bond| (bond.from, bond.to)).collect();
        let Some(doubles) = double_bonds(&open, &pairs) else {
            return self.syntax("its aromatic atoms cannot have alternating double bonds");
        };
        let elements: Vec<_> = self.atoms.iter().map(|atom| atom.element).collect();
        let order = |bond: &Bond| match bond.order {
            Some(order) => order,
            None => 1 + u8::from(doubles.contains(&(bond.from, bond.to))),
        };
        let bonds: Vec<_> = self
            .bonds
            .iter()
            .map(|bond| (bond.from, bond.to, order(bond)))
            .collect();
        let molecule = match Molecule::new(&elements, &bonds) {
            Ok(molecule) => molecule,
            Err(InvalidMolecule::NoAtom) => return self.syntax("there is no atom"),
            Err(error) => return self.outside(error.to_string()),
        };
        let told = self.atoms.iter().enumerate();
        let told = told.filter_map(|(i, atom)| Some((i, atom.hydrogens?)));
        for (i, hydrogens) in told {
            let room = molecule.hydrogens(i);
            if hydrogens > room {
                let reason = format!(
                    "atom {} has {hydrogens} hydrogens and room for {room}",
                    i + 1
                );
                return self.outside(reason);
            }
        }
        Ok(molecule)
    }
}

/// The element of an aromatic atom's symbol.
fn aromatic(symbol: char) -> Option<Element> {
    let upper = symbol.to_ascii_uppercase();
    Element::of_symbol(upper).filter(|&e| symbol.is_ascii_lowercase() && e != Element::Fluorine)
}
