//! Rules put on relations.

mod ground;
mod join;

pub use ground::{GroundRule, Grounding};
pub use join::GroundingError;
