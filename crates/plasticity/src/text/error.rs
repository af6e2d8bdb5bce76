//! Why a text is no plasticity term, and where.

use std::fmt;

use thiserror::Error;

use super::limits::{MOST_CHARACTERS, MOST_LEVELS, MOST_POWER, MOST_SUMMANDS};
use super::shape::Shape;
use super::syntax::{Span, TooDeep};

/// Characters shown on either side of the place.
const AROUND: usize = 60;

/// Why a text is no plasticity term, and where.
///
/// It reads as one line, `column 8: unknown name `q`; …`; [`picture`](TermError::picture) shows the
/// text with the place underlined.
#[derive(Clone, Debug, PartialEq, Error)]
pub struct TermError {
    reason: Reason,
    at: Span,
    text: String,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum Reason {
    #[error("a term is `NAME = EXPRESSION`, like `hebb = y * y_pre^T`")]
    NoName,
    #[error("`{0}` cannot name a term; take a letter, then up to 31 letters, digits or `_`")]
    Name(String),
    #[error("`{0}` means something else already; choose another name")]
    Taken(String),
    #[error(
        "the rule has a memory `{0}` already; choose another name, or leave out what brings it, such as a preset"
    )]
    Remembered(String),
    #[error("unknown character `{0}`")]
    Character(char),
    #[error("unknown name `{name}`; {known}")]
    Unknown { name: String, known: String },
    #[error("`^` is for transposes, `^T`, and powers from `^2` to `^{MOST_POWER}`")]
    Power,
    #[error("`{0}` is no number that can be computed with")]
    Number(String),
    #[error("expected {expected}, found {found}")]
    Expected {
        expected: &'static str,
        found: String,
    },
    #[error("nested too deeply; a term has at most {MOST_LEVELS} levels")]
    TooDeep,
    #[error("{0} characters are too many; a term has at most {MOST_CHARACTERS}")]
    TooLong(usize),
    #[error("cannot add {0} and {1}; both sides need one shape")]
    Sum(Shape, Shape),
    #[error("cannot multiply {0} by {1}; {hint}", hint = product_hint(*.0, *.1))]
    Product(Shape, Shape),
    #[error(
        "`.*` and `./` need two vectors, or two post × pre matrices, not {0} and {1}; with numbers they are `*` and `/`"
    )]
    Elementwise(Shape, Shape),
    #[error("a number has no transpose; a vector of ones is `ones` (post) or `ones_pre` (pre)")]
    TransposedNumber,
    #[error("functions take numbers, vectors and post × pre matrices, not {0}")]
    Applied(Shape),
    #[error(
        "what takes matrices element by element can be added and multiplied by numbers, not by vectors or matrices, nor transposed"
    )]
    Elements,
    #[error("the argument of a function must depend on a signal")]
    Constant,
    #[error("only a number other than 0 may divide; by a vector divide with `./`")]
    Divisor,
    #[error("this is {0}, but a term is a post × pre matrix, like `y * y_pre^T`")]
    NoTerm(Shape),
    #[error("a memory is `NAME = EXPRESSION`, like `m = m + 0.1 * (y - m)`")]
    NoMemoryName,
    #[error(
        "`{0}` belongs to the units, a post-synaptic column, and this is {1}; take another name"
    )]
    UnitParameter(String, Shape),
    #[error("a memory must depend on a signal, on itself or on a constant like `k`")]
    FixedMemory,
    #[error(
        "this is {0}, but a memory is a column, a number or a post × pre matrix, like `m = m + 0.1 * (y - m)`"
    )]
    NoMemory(Shape),
    #[error("a memory in Rust is a column or a number; say a matrix by an expression")]
    CustomMatrix,
    #[error(
        "a product of weight matrices alone costs a matrix product in each step; multiply it by a vector"
    )]
    Matrices,
    #[error("multiplied out this has over {MOST_SUMMANDS} summands; write it as several terms")]
    TooMany,
    #[error("the summands cancel: this is 0")]
    Zero,
    #[error("the numbers in this multiply to infinity")]
    Overflow,
}

impl From<TooDeep> for TermError {
    fn from(TooDeep(at): TooDeep) -> Self {
        TermError::new(Reason::TooDeep, at)
    }
}

fn product_hint(left: Shape, right: Shape) -> &'static str {
    if left.is_vector() && right.is_vector() {
        "of two vectors transpose one: `a^T * b` is a number (for one side), `a * b^T` a matrix"
    } else {
        "W takes pre-synaptic columns, W^T post-synaptic ones"
    }
}

impl TermError {
    pub(crate) fn new(reason: Reason, at: Span) -> Self {
        TermError {
            reason,
            at,
            text: String::new(),
        }
    }

    /// The same, about this text.
    pub(crate) fn in_text(self, text: &str) -> Self {
        TermError {
            text: text.to_owned(),
            ..self
        }
    }

    /// The same, so many bytes further on.
    pub(crate) fn moved(self, by: usize) -> Self {
        TermError {
            at: self.at.start + by..self.at.end + by,
            ..self
        }
    }

    /// The bytes of the text that are wrong; empty where something is missing.
    #[must_use]
    pub fn span(&self) -> Span {
        self.at.clone()
    }

    /// The first wrong character, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        1 + self.text[..self.at.start].chars().count()
    }

    /// What is wrong and what would be right, without the place.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reason.to_string()
    }

    /// Two lines: the text, or what is around the place in a long one, and below it a mark under
    /// the place.
    ///
    /// ```
    /// use metaplast_plasticity::Term;
    ///
    /// let error = Term::parse("hebb = q * y_pre^T").unwrap_err();
    /// assert_eq!(error.picture(), "hebb = q * y_pre^T\n       ^");
    /// ```
    #[must_use]
    pub fn picture(&self) -> String {
        let column = self.column() - 1;
        let width = self.text[self.at.clone()].chars().count().max(1);
        let first = column.saturating_sub(AROUND);
        let count = (column - first) + width.min(AROUND) + AROUND;
        let visible = |c: char| if c.is_control() { ' ' } else { c };
        let shown = self.text.chars().skip(first).take(count).map(visible);
        let mark = "^".repeat(width.min(AROUND));
        let indent = " ".repeat(column - first);
        format!("{}\n{indent}{mark}", shown.collect::<String>())
    }
}

impl fmt::Display for TermError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column(), self.reason)
    }
}
