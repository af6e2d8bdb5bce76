//! Seeing a recording: as a table, as a graph, and how many bytes a longer one would take.

mod estimate;
mod graph;
mod memory;
mod table;

pub use memory::Memory;
pub use table::Row;
