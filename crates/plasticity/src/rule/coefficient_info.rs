//! What each coefficient of a rule belongs to.

use crate::locality::Locality;
use crate::memory::Memory;
use crate::rule::Rule;
use crate::terms::term::Term;

/// What a coefficient belongs to, and its layer when it is one layer's own.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CoefficientInfo<'a> {
    /// The term; none where it is a constant of memories.
    pub term: Option<&'a Term>,
    /// The term's symbol, or the constant's name.
    pub symbol: &'a str,
    /// Its place among the terms, and the constants after them.
    pub place: usize,
    /// The layer, from 1; none when all layers share the coefficient.
    pub layer: Option<usize>,
    pub(super) rule: &'a Rule,
}

/// The same term or constant of the same layer, in rules that remember the same.
impl PartialEq for CoefficientInfo<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.term, self.symbol, self.place, self.layer)
            == (other.term, other.symbol, other.place, other.layer)
            && self.rule.memories == other.rule.memories
    }
}

impl<'a> CoefficientInfo<'a> {
    /// What it is called in tables: the term's readable name, or `constant of m`.
    #[must_use]
    pub fn readable_name(&self) -> String {
        match self.term {
            Some(term) => term.name().to_owned(),
            None => format!("constant of {}", self.memory().name()),
        }
    }

    /// What it multiplies, as maths: the term, or the update of the memory that has the constant first.
    #[must_use]
    pub fn formula(&self) -> String {
        match self.term {
            Some(term) => term.formula().to_owned(),
            None => format!("{} ← {}", self.memory().name(), self.memory().formula()),
        }
    }

    /// What a synapse must know of the other units.
    #[must_use]
    pub fn locality(&self) -> Locality {
        self.term
            .map_or_else(|| self.memory().locality(), Term::locality)
    }

    /// Where the term or memory comes from.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.term.map_or("given as text", Term::source)
    }

    /// The first memory that has the constant.
    fn memory(&self) -> &'a Memory {
        let has = |memory: &&Memory| {
            let mut constants = memory.constants().iter();
            constants.any(|constant| constant.name() == self.symbol)
        };
        let found = self.rule.memories.iter().find(has);
        found.expect("constants come from memories")
    }

    /// The name in tables and files: `F2`, or `F2_l1` for layer 1.
    #[must_use]
    pub fn name(&self) -> String {
        self.with_layer(self.symbol)
    }

    /// The name of its columns in tables: `2`, or `2_l1` for layer 1; of terms that are not of the
    /// pool as [`name`](Self::name).
    #[must_use]
    pub fn column(&self) -> String {
        match self.term {
            Some(term) => self.with_layer(&term.column()),
            None => self.name(),
        }
    }

    fn with_layer(&self, term: &str) -> String {
        match self.layer {
            None => term.to_owned(),
            Some(layer) => format!("{term}_l{layer}"),
        }
    }
}
