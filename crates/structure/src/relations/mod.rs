//! Relational data: relations, facts, and files of them.

mod areas;
mod database;

pub use areas::{Area, Areas, AreasError, PredictedRelation};
pub(crate) use database::Facts;
pub use database::{Atom, Database, Truth};
