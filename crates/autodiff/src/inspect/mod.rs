//! Views of a recording: a table, a graph, the bytes it holds, and those that a longer one would.

mod estimate;
mod graph;
mod memory;
mod table;

pub use memory::TapeMemory;
pub use table::Row;
