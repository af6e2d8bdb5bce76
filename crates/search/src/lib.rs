//! Search over settings and sentences, by tree search with a fitted policy and value and by its peers.
//!
//! A [`Game`] says which choices there are after a prefix of choices, and what an end is worth. A [`Searcher`]
//! proposes which ends to try, given everything that was tried ([`SearchHistory`]). A [`Search`] measures them, on
//! several threads in one order of results, within a budget, and keeps a [`SearchRecord`] from which it goes on
//! after it was killed.
//!
//! | searcher | how |
//! |---|---|
//! | [`RandomSearch`] | uniform choices, none twice |
//! | [`RegularisedEvolution`] | mutations of the best of a young population |
//! | [`Uct`] | a tree with upper confidence bounds and random playouts |
//! | [`Puct`] | a [`SearchTree`] with a policy and a value fitted to what was tried, by [`RidgeRegression`] or a [`Perceptron`] |
//!
//! [`SearchSpace`] makes a game of settings that are chosen independently of each other. On a [`Landscape`],
//! of which every candidate was measured, a [`Judgement`] says how good a searcher is.
//! [`progress_figure`] and [`policy_table`] show a search on a page.
//!
//! [`retention`] is the game that the search was made for: small networks for the water that real soils hold,
//! when drying and when wetting. [`permeability`] is a second law that is learned, and [`flow`] puts both into
//! Richards' equation.
//!
//! The scheme follows Y. Heider, H. S. Suh & W. Sun, *An offline multi-scale unsaturated poromechanics model
//! enabled by self-designed/self-improved neural networks*, Int. J. Numer. Anal. Methods Geomech. 45:1212 (2021),
//! of which the abstract was at hand, and AlphaZero (Silver et al., Science 362:1140, 2018).

mod error;
mod evolution;
pub mod experiments;
mod findings;
pub mod flow;
mod game;
mod history;
mod judgement;
mod landscape;
pub mod permeability;
mod puct;
mod random_search;
mod record;
mod regressor;
pub mod retention;
mod search;
mod searcher;
mod space;
mod tree;
mod uct;

pub use error::SearchError;
pub use evolution::RegularisedEvolution;
pub use findings::{policy_table, progress_figure};
pub use game::{CandidateReward, Game, TriedCandidate};
pub use history::SearchHistory;
pub use judgement::Judgement;
pub use landscape::Landscape;
pub use puct::Puct;
pub use random_search::RandomSearch;
pub use record::SearchRecord;
pub use regressor::{Perceptron, Regressor, RidgeRegression};
pub use search::Search;
pub use searcher::{SearchMethod, Searcher};
pub use space::{Decision, SearchSpace};
pub use tree::{PolicyValue, SearchTree, TreeState};
pub use uct::Uct;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
