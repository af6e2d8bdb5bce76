//! Rules of first-order logic without functions: literals, rules, and their texts.

mod literal;
mod parse;
mod rule;

pub use literal::{Argument, Literal};
pub use parse::RuleTextError;
pub(crate) use parse::conjunction;
pub use rule::LogicalRule;
