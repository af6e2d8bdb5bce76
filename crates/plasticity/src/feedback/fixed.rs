//! Fixed random feedback: feedback alignment (Lillicrap et al. 2016).

use metaplast_autodiff::Var;

use super::pathway::{BackwardPass, FedBack, FeedbackPathway};
use crate::architecture::Architecture;
use crate::number::Number;
use crate::recurrent::TeachingThroughTime;

#[derive(Debug)]
pub(super) struct Fixed;

impl<T: Number> FeedbackPathway<T> for Fixed {
    fn name(&self) -> &str {
        "fixed"
    }

    /// In any network.
    fn check(&self, _: &Architecture) -> Result<(), String> {
        Ok(())
    }

    fn through_time(&self) -> Option<TeachingThroughTime> {
        Some(TeachingThroughTime::RandomFeedback)
    }

    fn multiplies(&self) -> Option<FedBack> {
        Some(FedBack::Error)
    }

    fn reads_first_layer(&self, _: bool) -> bool {
        false
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }
}
