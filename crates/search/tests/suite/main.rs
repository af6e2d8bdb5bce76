//! The tests of the crate.

mod experiments;
mod fixtures;
mod flow;
mod games;
mod landscapes;
mod pages;
mod permeability;
mod resume;
mod retention;
