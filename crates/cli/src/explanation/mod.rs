//! Explanations of weight changes on the command line: what moved the weights, over tasks.

mod averages;
mod page;
mod rows;

pub(crate) use averages::ExplanationAverages;
pub(crate) use page::results;
pub(crate) use rows::{csv, json};
