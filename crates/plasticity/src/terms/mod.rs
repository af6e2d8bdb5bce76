//! Plasticity terms: the [pool](pool()) of the paper, and terms of one's own.
//!
//! A [`Term`](crate::Term) is one of four kinds, and goes wherever rules go:
//!
//! - a term of the pool, see [`pool()`];
//! - an expression as text, [`Term::parse`](crate::Term::parse), in the language of
//!   [`text`](crate::text);
//! - the same expression put together in Rust, see [`expression`];
//! - what no expression can say, as a [`CustomTerm`](crate::CustomTerm).
//!
//! [`candidate_terms`] lists hundreds of short expressions, for searches.

mod candidates;
pub(crate) mod custom;
pub mod expression;
pub(crate) mod pool;
pub(crate) mod term;

pub use candidates::candidate_terms;
pub use pool::{decay, pool, pseudo_gradient};
