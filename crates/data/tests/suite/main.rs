//! Tests of the public items of `metaplast-data`.

mod csv;
mod dataset;
mod folders;
mod glyphs;
mod idx;
#[cfg(feature = "jpeg")]
mod jpeg;
mod nested;
#[cfg(feature = "npz")]
mod npz;
mod open;
mod pictures;
mod reported_faults;
mod task;
