//! A term's definition: its expression, and what follows from it.

use metaplast_tensor::Scalar;

use super::canonical::Canonical;
use super::error::{Reason, TermError};
use super::named::Vocabulary;
use super::normal::{Change, Summand, normal};
use super::print::{Notation, print};
use super::step_signal::StepSignal;
use super::syntax::Node;
use super::{check, evaluate, lexer, locality, parser};
use crate::coefficient::Coefficient;
use crate::locality::Locality;
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

/// Letters of a symbol.
const LONGEST_SYMBOL: usize = 32;

/// An expression that is a term, and the term multiplied out.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    tree: Node,
    summands: Vec<Summand<Change>>,
}

impl Definition {
    /// Reads the expression that is `text` from byte `from` on.
    pub(crate) fn read(
        text: &str,
        from: usize,
        vocabulary: Vocabulary<'_>,
    ) -> Result<Self, TermError> {
        let tree = parser::parse(text, from, vocabulary)?;
        check::check(&tree)?;
        let summands = normal(&tree)?;
        Ok(Definition { tree, summands })
    }

    pub(crate) fn print(&self, notation: Notation) -> String {
        print(&self.tree, notation)
    }

    pub(crate) fn locality(&self) -> Locality {
        locality::locality(&self.summands)
    }

    /// The one way to write what equals it.
    pub(crate) fn canonical(&self) -> Canonical {
        Canonical::of(&self.summands)
    }

    /// Adds `θ F` for one layer.
    pub(crate) fn contribute<'t, T: Scalar>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        evaluate::contribute(&self.summands, theta, layer, update);
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        self.tree.reads(signal)
    }

    /// Whether it takes matrices element by element.
    pub(crate) fn takes_each_weight(&self) -> bool {
        let elements = |change: &Change| matches!(change, Change::Elements(_));
        self.summands.iter().any(|summand| elements(&summand.value))
    }

    #[cfg(test)]
    pub(crate) fn tree(&self) -> &Node {
        &self.tree
    }
}

/// The same expression.
impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

/// A letter, then letters, digits and `_`, and nothing that is a word or a built-in term already.
pub(crate) fn check_symbol(symbol: &str) -> Result<(), TermError> {
    let wrong = |reason| Err(TermError::new(reason, 0..symbol.len()));
    if symbol.len() > LONGEST_SYMBOL || !lexer::is_name(symbol) {
        return wrong(Reason::Name(symbol.to_owned()));
    }
    // `F10` may be built in one day.
    let built_in = symbol
        .strip_prefix(['F', 'f'])
        .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    if built_in || lexer::is_word(symbol) {
        return wrong(Reason::Taken(symbol.to_owned()));
    }
    Ok(())
}
