//! F8, activity-error scaled by the driven error: `−y_l (y_(l−1)ᵀ W_lᵀ e_l) e_(l−1)ᵀ`.
//!
//! The activity-error term, scaled by how much the layer's drive `z_l = W_l y_(l−1)` overlaps with
//! its teaching signal.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct DrivenActivityError;

impl DrivenActivityError {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F8",
        name: "activity-error scaled by the driven error",
        formula: "−y_l (y_(l−1)ᵀ W_lᵀ e_l) e_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::LayerScalar,
    };
}

impl<T: Scalar> Term<T> for DrivenActivityError {
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
            layer.post_error_overlap(),
            layer.post(),
            layer.pre_error(),
        );
    }
}
