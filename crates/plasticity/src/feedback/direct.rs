//! Direct feedback: fixed random matrices from the outputs to every layer (Nøkland 2016).

use metaplast_autodiff::Var;

use super::pathway::{BackwardPass, FedBack, FeedbackPathway};
use crate::architecture::Architecture;
use crate::number::Number;

#[derive(Debug)]
pub(super) struct Direct;

impl<T: Number> FeedbackPathway<T> for Direct {
    fn name(&self) -> &str {
        "dfa"
    }

    /// `[n_L, n_(l−1)]` for l = 1..L.
    fn shapes(&self, architecture: &Architecture) -> Vec<[usize; 2]> {
        let below = &architecture.sizes()[..architecture.layers()];
        below.iter().map(|&n| [architecture.outputs(), n]).collect()
    }

    /// In any network.
    fn check(&self, _: &Architecture) -> Result<(), String> {
        Ok(())
    }

    fn is_direct(&self) -> bool {
        true
    }

    fn multiplies(&self) -> Option<FedBack> {
        Some(FedBack::OutputError)
    }

    fn reads_first_layer(&self, _: bool) -> bool {
        false
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through_whole(pass.matrix(), pass.output_error())
    }
}
