//! Symmetric feedback, `B = W`: backpropagation, with one of its two derivatives.

use metaplast_autodiff::Var;

use super::pathway::{BackwardPass, FeedbackPathway};
use crate::architecture::Architecture;
use crate::number::Number;
use crate::recurrent::TeachingThroughTime;

#[derive(Debug)]
pub(super) struct Symmetric {
    /// Whether the weights are constants in derivatives.
    pub(super) detached: bool,
}

impl<T: Number> FeedbackPathway<T> for Symmetric {
    fn name(&self) -> &str {
        match self.detached {
            true => "symmetric",
            false => "attached",
        }
    }

    fn shapes(&self, _: &Architecture) -> Vec<[usize; 2]> {
        Vec::new()
    }

    /// In any network.
    fn check(&self, _: &Architecture) -> Result<(), String> {
        Ok(())
    }

    fn through_time(&self) -> Option<TeachingThroughTime> {
        Some(match self.detached {
            true => TeachingThroughTime::DetachedBackpropagation,
            false => TeachingThroughTime::Backpropagation,
        })
    }

    fn reads_first_layer(&self, input_error: bool) -> bool {
        input_error
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        let weights = match self.detached {
            true => pass.weights().detached(),
            false => pass.weights(),
        };
        pass.through(weights, pass.error())
    }
}
