//! Drawings of molecules.

mod layout;
mod sheet;

pub(crate) use layout::bond_lines;
pub use layout::layout;
pub use sheet::draw_sheet;
