//! Which rules to take.

mod evidence;
mod greedy;
mod random;
mod score;
mod structure_search;

pub use greedy::GreedySearch;
pub use random::RandomRuleSets;
pub use score::ModelScore;
pub use structure_search::{FoundModel, StructureSearch};
