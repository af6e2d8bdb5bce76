//! Sequences with labels, and tasks of them: what is learned from, and what is judged.

mod delayed_match;
mod image_rows;

pub use delayed_match::{DelayedMatch, DelayedMatchError};
pub use image_rows::image_rows;

/// A sequence of inputs, all of one size, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledSequence {
    /// The inputs, step by step.
    pub inputs: Vec<Vec<f32>>,
    /// The class, from 0, in the numbering of the task.
    pub label: usize,
}

/// A task of sequences: learn from the support set, be judged on the query set, whose sequences have one length.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceTask {
    /// To learn from, in the order of presentation.
    pub support: Vec<LabelledSequence>,
    /// To be judged on.
    pub query: Vec<LabelledSequence>,
}
