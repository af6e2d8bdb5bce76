//! Search over settings and sentences.

mod error;
mod evolution;
pub mod experiments;
mod findings;
mod game;
mod history;
mod judgement;
mod landscape;
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
pub use game::{Game, Measured, Tried};
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
