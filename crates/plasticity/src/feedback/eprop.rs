//! E-prop: learning signals by fixed random weights, and eligibility traces of each unit's own past.

use metaplast_autodiff::Var;

use super::pathway::{BackwardPass, FeedbackPathway};
use crate::architecture::Architecture;
use crate::number::Number;
use crate::recurrent::TeachingThroughTime;

#[derive(Debug)]
pub(super) struct Eprop;

impl<T: Number> FeedbackPathway<T> for Eprop {
    fn name(&self) -> &str {
        "e-prop"
    }

    /// In recurrent networks alone.
    fn check(&self, _: &Architecture) -> Result<(), String> {
        Err("goes back through time, which a feed-forward network has not; choose fixed, or layers like \"28 recurrent64 47\"".to_owned())
    }

    fn through_time(&self) -> Option<TeachingThroughTime> {
        Some(TeachingThroughTime::Eprop)
    }

    /// Between two layers nothing of the past: as fixed feedback.
    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }
}
