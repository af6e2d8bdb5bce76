//! The language of plasticity terms.
//!
//! ```
//! use metaplast_plasticity::Term;
//!
//! let term = Term::parse("hebb_decay = y * y_pre^T - 0.1 * W")?;
//! assert_eq!(term.symbol(), "hebb_decay");
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
//! division by a number, the elementwise quotient `./`, powers `^2` to `^9`, and `exp`, `tanh`, `relu`, `abs`,
//! `sigmoid`, `sqrt` and `step` (1 where positive) of every element of a vector or of a post × pre matrix, or
//! of a number, and running sums along the units, `cumsum`. Vectors are columns: `y * y_pre^T` is a matrix, `y^T * e` and `ones^T * y` are numbers.
//! Either way of writing is read, also mixed.
//!
//! `reward` is the reward of the step's action, a number that all layers are told; a rule that reads it
//! [learns from it](crate::Rule::reads_reward) instead of from labels. A rule that reads `perturbation`, a
//! post-synaptic column of ±1, or with it `perturbation_pre`, a pre-synaptic one, and the number `loss_change`
//! has the step's image pass a [perturbed network](crate::Perturbed) as well.
//!
//! Names of a rule's [memories](crate::Memory) are signals too, see
//! [`Term::parse_with`](crate::Term::parse_with).
//!
//! A term is multiplied out when it is read, into products of the weights with vectors and outer
//! products that are merged with those of the rule's other terms. Nothing of the size of the weights
//! is made. The terms of the [pool](crate::pool) are read like any other.

mod canonical;
mod check;
mod definition;
mod elements;
mod error;
mod evaluate;
mod lexer;
mod limits;
mod locality;
pub(crate) mod memory;
mod named;
mod normal;
mod parser;
mod print;
mod products;
mod shape;
mod step_signal;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use definition::{Definition, check_symbol};
pub(crate) use error::Reason;
pub use error::TermError;
pub(crate) use named::Vocabulary;
pub use named::{NamedSignal, SignalShape};
pub(crate) use print::{Notation, print};
pub(crate) use step_signal::StepSignal;
pub(crate) use syntax::{Node, Operator, Part, Side, Signal};
