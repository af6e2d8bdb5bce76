//! Tests of the public items of `metaplast-data`.

mod dataset;
mod folders;
mod glyphs;
mod idx;
mod nested;
mod open;
mod pictures;
mod task;
