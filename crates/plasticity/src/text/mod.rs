//! Plasticity terms written as text.
//!
//! ```
//! use metaplast_plasticity::text::TextTerm;
//!
//! let term = TextTerm::parse("hebb_decay = y * y_pre^T - 0.1 * W")?;
//! assert_eq!(term.name(), "hebb_decay");
//! assert_eq!(term.formula(), "y_l y_(l−1)ᵀ − 0.1 W_l");
//! # Ok::<(), metaplast_plasticity::text::TermError>(())
//! ```
//!
//! A term is a post × pre matrix, put together from
//!
//! | typed | in formulas | what | shape |
//! |---|---|---|---|
//! | `y`, `y_pre` | `y_l`, `y_(l−1)` | activation of the layer and of the one below | post, pre |
//! | `e`, `e_pre` | `e_l`, `e_(l−1)` | teaching signal of the layer and of the one below | post, pre |
//! | `z` | `z_l` | pre-activation `W_l y_(l−1)` | post |
//! | `ones`, `ones_pre` | `1_l`, `1_(l−1)` | vectors of ones | post, pre |
//! | `W` | `W_l` | the weights before the step | post × pre |
//! | `2`, `0.1`, `1e-3` | | numbers | |
//!
//! by `+`, `-`, the matrix product `*` (which may be left out), `^T`, the elementwise product `.*`,
//! division by a number, and `exp`, `tanh`, `relu` and `abs` of every element of a vector, or of a
//! number. Vectors are columns: `y * y_pre^T` is a matrix, `y^T * e` and `ones^T * y` are numbers.
//! Either way of writing is read, also mixed.
//!
//! A term is multiplied out when it is read, so that what it does in a step is what a built-in term
//! would do: products of the weights with vectors, and outer products that are merged with those of
//! the rule's other terms. Nothing of the size of the weights is made. The built-in terms, written
//! as text, give the same bits as their counterparts.

mod error;
mod evaluate;
mod lexer;
mod locality;
mod normal;
mod parser;
mod print;
mod shape;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

use metaplast_tensor::Scalar;

use error::Reason;
pub use error::TermError;
use normal::{Change, Summand};
use print::{Notation, print};
pub(crate) use syntax::Function;
use syntax::Node;

use crate::signals::LayerSignals;
use crate::terms::{Coefficient, Locality, Term, TermInfo};
use crate::update::LayerUpdate;

/// Letters of a name.
const LONGEST_NAME: usize = 32;

/// A plasticity term written as text; see the [module's page](self).
#[derive(Clone, Debug)]
pub struct TextTerm {
    name: String,
    tree: Node,
    formula: String,
    locality: Locality,
    summands: Vec<Summand<Change>>,
}

impl TextTerm {
    /// Reads `NAME = EXPRESSION`.
    ///
    /// # Errors
    /// When there is no name or it is one that something else has, when the expression cannot be
    /// read, when shapes do not fit, or when it is no sum of outer products and decay.
    pub fn parse(text: &str) -> Result<Self, TermError> {
        let whole = |error: TermError| error.in_text(text);
        let Some(equals) = text.find('=') else {
            return Err(whole(TermError::new(Reason::NoName, 0..text.len())));
        };
        let name = text[..equals].trim();
        let start = text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
        check_name(name)
            .map_err(|reason| whole(TermError::new(reason, start..start + name.len())))?;
        Self::read(name, text, equals + 1).map_err(whole)
    }

    /// From a name and an expression.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); places are those in the expression.
    pub fn new(name: &str, expression: &str) -> Result<Self, TermError> {
        check_name(name).map_err(|reason| TermError::new(reason, 0..name.len()).in_text(name))?;
        Self::read(name, expression, 0).map_err(|error| error.in_text(expression))
    }

    fn read(name: &str, text: &str, from: usize) -> Result<Self, TermError> {
        let tree = parser::parse(text, from)?;
        shape::check(&tree)?;
        let summands = normal::normal(&tree)?;
        Ok(TextTerm {
            name: name.to_owned(),
            formula: print(&tree, Notation::Maths),
            locality: locality::locality(&summands),
            summands,
            tree,
        })
    }

    /// The symbol in formulas and files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What comes behind `NAME =`, as one types it.
    pub fn expression(&self) -> String {
        print(&self.tree, Notation::Typed)
    }

    /// The term as maths.
    pub fn formula(&self) -> &str {
        &self.formula
    }
}

/// A letter, then letters, digits and `_`, and nothing that is a word or a built-in term already.
fn check_name(name: &str) -> Result<(), Reason> {
    let fits = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits {
        return Err(Reason::Name(name.to_owned()));
    }
    // `F10` may be built in one day.
    let built_in = name
        .strip_prefix(['F', 'f'])
        .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    if built_in || lexer::is_word(name) {
        return Err(Reason::Taken(name.to_owned()));
    }
    Ok(())
}

/// `NAME = EXPRESSION`, as one types it.
impl fmt::Display for TextTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.expression())
    }
}

/// The same name and the same expression.
impl PartialEq for TextTerm {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.tree == other.tree
    }
}

impl<T: Scalar> Term<T> for TextTerm {
    fn info(&self) -> TermInfo<'_> {
        TextTerm::info(self)
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        evaluate::contribute(&self.summands, theta, layer, update);
    }
}

impl TextTerm {
    /// What is to be said of the term.
    pub fn info(&self) -> TermInfo<'_> {
        TermInfo {
            symbol: &self.name,
            name: "own term",
            formula: &self.formula,
            source: "given as text",
            locality: self.locality,
        }
    }
}
