//! Relations with their facts.

use std::collections::BTreeMap;

/// The truth of an atom: observed, or open, which means to be predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Truth {
    /// A value from 0 to 1.
    Observed(f64),
    /// The open atom of this number.
    Open(usize),
}

/// A predicate of constants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// The name of the relation.
    pub predicate: String,
    /// Its constants.
    pub constants: Vec<String>,
}

/// Relations over named constants: what is observed, and which atoms are open.
///
/// An atom of a relation with open atoms is there only when it was listed, by [`open`](Self::open) or
/// [`observe`](Self::observe): a rule has no ground rule with another. All other relations are closed: what was
/// not observed is false.
///
/// ```
/// use metaplast_structure::Database;
///
/// let mut people = Database::new();
/// people.observe("friends", &["ann", "bob"], 1.0);
/// let bob = people.open("smokes", &["bob"]);
/// assert_eq!(people.atom(bob).to_string(), "smokes(bob)");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Database {
    constants: Vec<String>,
    numbers: BTreeMap<String, usize>,
    relations: BTreeMap<String, Facts>,
    open: Vec<(String, usize)>,
}

/// The listed atoms of one relation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) arity: usize,
    /// Constants by their numbers, and truths, in the order in which they were listed.
    pub(crate) all: Vec<(Vec<usize>, Truth)>,
    places: BTreeMap<Vec<usize>, usize>,
    /// For each argument: the places of the atoms with a constant there, by the constant's number.
    by_argument: Vec<Vec<Vec<usize>>>,
    pub(crate) has_open: bool,
}

impl Facts {
    fn new(arity: usize) -> Self {
        Facts {
            arity,
            by_argument: vec![Vec::new(); arity],
            ..Facts::default()
        }
    }

    /// Lists an atom, or gives one that is listed another truth; its place.
    fn set(&mut self, constants: Vec<usize>, truth: Truth) -> usize {
        self.has_open |= matches!(truth, Truth::Open(_));
        if let Some(&place) = self.places.get(&constants) {
            self.all[place].1 = truth;
            return place;
        }
        let place = self.all.len();
        for (index, &constant) in self.by_argument.iter_mut().zip(&constants) {
            if index.len() <= constant {
                index.resize(constant + 1, Vec::new());
            }
            index[constant].push(place);
        }
        self.places.insert(constants.clone(), place);
        self.all.push((constants, truth));
        place
    }

    /// The truth of a listed atom.
    pub(crate) fn get(&self, constants: &[usize]) -> Option<Truth> {
        self.places.get(constants).map(|&place| self.all[place].1)
    }

    /// The places of the atoms that have a constant as this argument.
    pub(crate) fn with_argument(&self, argument: usize, constant: usize) -> &[usize] {
        let index = self.by_argument[argument].get(constant);
        index.map_or(&[], Vec::as_slice)
    }
}

impl Database {
    /// Without relations.
    #[must_use]
    pub fn new() -> Self {
        Database::default()
    }

    /// Declares a relation of so many arguments, so that rules may name it though nothing is observed.
    ///
    /// # Panics
    /// When there is one of this name with another number of arguments.
    #[track_caller]
    pub fn declare(&mut self, predicate: &str, arity: usize) {
        let known = self
            .relations
            .get(predicate)
            .map_or(arity, |facts| facts.arity);
        assert_eq!(known, arity, "database: arguments of {predicate}");
        self.facts_mut(predicate, arity);
    }

    /// Sets the truth of an atom, from 0 to 1.
    ///
    /// # Panics
    /// When the truth is outside of that, the relation has another number of arguments, or the atom is open.
    #[track_caller]
    pub fn observe(&mut self, predicate: &str, constants: &[&str], truth: f64) {
        assert!((0.0..=1.0).contains(&truth), "database: a truth of {truth}");
        let constants = self.numbers_of(constants);
        self.observe_numbers(predicate, constants, truth);
    }

    #[track_caller]
    pub(crate) fn observe_numbers(&mut self, predicate: &str, constants: Vec<usize>, truth: f64) {
        self.declare(predicate, constants.len());
        let facts = self.facts_mut(predicate, constants.len());
        let listed = facts.get(&constants);
        assert!(
            !matches!(listed, Some(Truth::Open(_))),
            "database: an atom of {predicate} is open and cannot be observed"
        );
        facts.set(constants, Truth::Observed(truth));
    }

    /// Makes an atom open; its number, from 0 in the order of these calls.
    ///
    /// # Panics
    /// When the relation has another number of arguments, or the atom is listed already.
    #[track_caller]
    pub fn open(&mut self, predicate: &str, constants: &[&str]) -> usize {
        self.declare(predicate, constants.len());
        let numbers = self.numbers_of(constants);
        let number = self.open.len();
        let facts = self.facts_mut(predicate, numbers.len());
        assert!(
            facts.get(&numbers).is_none(),
            "database: {predicate}({}) is listed already",
            constants.join(", ")
        );
        let place = facts.set(numbers, Truth::Open(number));
        self.open.push((predicate.to_owned(), place));
        number
    }

    /// The number of open atoms.
    #[must_use]
    pub fn open_atoms(&self) -> usize {
        self.open.len()
    }

    /// The open atom of this number.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn atom(&self, number: usize) -> Atom {
        let (predicate, place) = &self.open[number];
        let constants = &self.relations[predicate].all[*place].0;
        Atom {
            predicate: predicate.clone(),
            constants: constants
                .iter()
                .map(|&c| self.constants[c].clone())
                .collect(),
        }
    }

    /// The names of its constants, by their numbers.
    #[must_use]
    pub fn constants(&self) -> &[String] {
        &self.constants
    }

    /// The number of this constant, if it occurs.
    pub(crate) fn constant(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn relation(&self, predicate: &str) -> Option<&Facts> {
        self.relations.get(predicate)
    }

    /// The number of listed atoms of a relation; 0 when there is none of this name.
    #[must_use]
    pub fn facts(&self, predicate: &str) -> usize {
        self.relation(predicate).map_or(0, |facts| facts.all.len())
    }

    fn numbers_of(&mut self, constants: &[&str]) -> Vec<usize> {
        constants.iter().map(|name| self.intern(name)).collect()
    }

    /// The number of this constant, a new one if it does not occur yet.
    pub(crate) fn intern(&mut self, name: &str) -> usize {
        if let Some(number) = self.constant(name) {
            return number;
        }
        let number = self.constants.len();
        self.constants.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn facts_mut(&mut self, predicate: &str, arity: usize) -> &mut Facts {
        if !self.relations.contains_key(predicate) {
            self.relations
                .insert(predicate.to_owned(), Facts::new(arity));
        }
        self.relations.get_mut(predicate).expect("it is there")
    }
}

impl std::fmt::Display for Atom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.predicate, self.constants.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_by_each_argument() {
        let mut database = Database::new();
        database.observe("r", &["a", "b"], 1.0);
        database.observe("r", &["c", "b"], 0.5);
        database.observe("r", &["a", "b"], 0.25);
        let facts = database.relation("r").unwrap();
        let [a, b] = ["a", "b"].map(|name| database.constant(name).unwrap());
        assert_eq!(facts.with_argument(1, b), [0, 1]);
        assert_eq!(facts.with_argument(0, b), [0; 0]);
        assert_eq!(facts.get(&[a, b]), Some(Truth::Observed(0.25)));
    }

    #[test]
    #[should_panic = "database: arguments of r"]
    fn a_relation_keeps_its_number_of_arguments() {
        let mut database = Database::new();
        database.observe("r", &["a", "b"], 1.0);
        database.open("r", &["a"]);
    }
}
