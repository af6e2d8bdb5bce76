//! Writing SMILES.

use crate::molecule::Molecule;

impl Molecule {
    /// A SMILES, from the first atom on. That of a [`canonical`](Self::canonical) molecule is the same
    /// for all molecules that are the same graph. Double bonds of aromatic rings are written as such.
    ///
    /// ```
    /// use metaplast_molecules::Molecule;
    ///
    /// let furan: Molecule = "o1cccc1".parse()?;
    /// assert_eq!(furan.to_smiles(), "O1C=CC=C1");
    /// # Ok::<(), metaplast_molecules::SmilesError>(())
    /// ```
    #[must_use]
    pub fn to_smiles(&self) -> String {
        let mut walk = Walk {
            molecule: self,
            visited: vec![false; self.atoms()],
            children: vec![Vec::new(); self.atoms()],
            closures: vec![Vec::new(); self.atoms()],
            rings: 0,
        };
        walk.visit(0, None);
        let mut text = String::new();
        walk.write(0, &mut text);
        text
    }
}

struct Walk<'a> {
    molecule: &'a Molecule,
    visited: Vec<bool>,
    /// The atoms that follow each atom, with the orders of their bonds.
    children: Vec<Vec<(usize, u8)>>,
    /// The rings that begin or end at each atom: number, order of the bond.
    closures: Vec<Vec<(usize, u8)>>,
    rings: usize,
}

impl Walk<'_> {
    fn visit(&mut self, atom: usize, parent: Option<usize>) {
        self.visited[atom] = true;
        let molecule = self.molecule;
        for (next, order) in molecule.neighbours(atom) {
            if !self.visited[next] {
                self.children[atom].push((next, order));
                self.visit(next, Some(atom));
            } else if Some(next) != parent && !self.children[next].iter().any(|&(c, _)| c == atom) {
                // A ring closes when its later end is visited; its earlier end then has it already.
                if !self.closed(atom, next) {
                    self.rings += 1;
                    self.closures[next].push((self.rings, order));
                    self.closures[atom].push((self.rings, order));
                }
            }
        }
    }

    fn closed(&self, a: usize, b: usize) -> bool {
        let numbers = |atom: usize| self.closures[atom].iter().map(|&(number, _)| number);
        numbers(a).any(|number| numbers(b).any(|other| other == number))
    }

    fn write(&self, atom: usize, text: &mut String) {
        text.push(self.molecule.elements()[atom].symbol());
        for &(number, order) in &self.closures[atom] {
            bond(order, text);
            if number > 9 {
                text.push('%');
            }
            text.push_str(&number.to_string());
        }
        let Some((&last, branches)) = self.children[atom].split_last() else {
            return;
        };
        for &(next, order) in branches {
            text.push('(');
            bond(order, text);
            self.write(next, text);
            text.push(')');
        }
        bond(last.1, text);
        self.write(last.0, text);
    }
}

fn bond(order: u8, text: &mut String) {
    text.push_str(["", "", "=", "#"][usize::from(order)]);
}
