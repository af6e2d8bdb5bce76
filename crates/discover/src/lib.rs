//! Search over plasticity rules as texts: find the rule, not only its coefficients.
//!
//! A penalty on θ can only drop terms of a pool that somebody wrote down. Here terms are written by a grammar
//! ([`TermGrammar`]) of the signals of a layer, and rules are sets of terms ([`RuleGrammar`]), put together symbol
//! by symbol as a game of `metaplast-search` ([`RuleGame`]). A rule is worth its accuracy on fresh tasks after a
//! [`ShortTraining`], less a [`RulePrice`]; [`Halving`] ends trainings without hope.
//!
//! | | |
//! |---|---|
//! | [`experiments::Discovery`] | from nothing to a ranked list of rules, each with its rule file |
//! | [`PoolSubsets`] | every rule that the paper's pool can make, trained once: a landscape of which the truth is known |
//!
//! ```
//! use metaplast_discover::{PoolSubsets, RulePrice};
//! use metaplast_search::{Search, SearchMethod};
//!
//! let price = RulePrice { term: 0.005, locality: 0.0025 };
//! let landscape = PoolSubsets::trained().landscape(price);
//! let mut search = Search::new(&landscape, SearchMethod::Puct.searcher(1));
//! search.run(80);
//! let best = search.history().best().unwrap();
//! assert!(landscape.rank(best.reward) < 50); // of 1,023 rules
//! ```

pub mod experiments;
mod game;
mod grammar;
mod pool_subsets;
mod price;
mod short_training;

pub use game::{Halving, RuleGame};
pub use grammar::{GrammarTerm, MOST_SIGNALS, RuleGrammar, Symbol, TermGrammar};
pub use pool_subsets::{PoolSubsets, TrainedSubset, subset_name};
pub use price::RulePrice;
pub use short_training::{ShortTraining, TrainingEnd, TrainingRule};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
