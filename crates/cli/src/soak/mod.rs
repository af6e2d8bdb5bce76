//! Memory of the process while it soaks.

mod memory;

pub(crate) use memory::Watermark;
