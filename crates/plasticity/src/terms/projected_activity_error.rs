//! F6, activity-error scaled by the projected error: `−y_l (y_lᵀ W_l e_(l−1)) e_(l−1)ᵀ`.
//!
//! The activity-error term, scaled by how much the pre-synaptic teaching signal, sent forward
//! through the weights, overlaps with the post-synaptic activity.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct ProjectedActivityError;

impl ProjectedActivityError {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F6",
        name: "activity-error scaled by the projected error",
        formula: "−y_l (y_lᵀ W_l e_(l−1)) e_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::LayerScalar,
    };
}

impl<T: Scalar> Term<T> for ProjectedActivityError {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.scaled_outer(
            theta.minus,
            layer.pre_error_overlap(),
            layer.post(),
            layer.pre_error(),
        );
    }
}
