//! Tests of the public items of `metaplast-data`.

mod folders;
mod glyphs;
mod idx;
mod open;
mod reported_faults;
mod task;
