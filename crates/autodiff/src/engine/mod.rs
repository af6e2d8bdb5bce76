//! Engine of the states: their buffers, updates, snapshots, adjoints and reverse.
//!
//! The tape drives it: the handles (see `state/`) record reads and updates, and the sweep passes
//! them backwards. The engine knows the contract of operations, nodes and sparsity patterns, and
//! neither tape nor handle. The mathematics stand in the [docs of states](crate::state).

mod addition;
pub(crate) mod arena;
mod buffer;
mod decay_adjoint;
pub(crate) mod estimate;
mod frozen;
pub(crate) mod operands;
pub(crate) mod ops;
mod pending;
mod product;
pub(crate) mod reverse;
mod row_sets;
mod scaling;
pub(crate) mod snapshots;
mod terms;
mod update_bound;
mod workspace;
