//! Tests of the public items of `metaplast-data`.

mod dataset;
mod folders;
mod glyphs;
mod idx;
#[cfg(feature = "jpeg")]
mod jpeg;
mod nested;
mod open;
mod pictures;
mod task;
