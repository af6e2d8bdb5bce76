//! F1, activity-error: `−y_l e_(l−1)ᵀ`.
//!
//! Post-synaptic activity times pre-synaptic teaching signal: the pseudo-gradient with the roles of
//! the two layers exchanged.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct ActivityError;

impl ActivityError {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F1",
        name: "activity-error",
        formula: "−y_l e_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::Synapse,
    };
}

impl<T: Scalar> Term<T> for ActivityError {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.minus, layer.post(), layer.pre_error());
    }
}
