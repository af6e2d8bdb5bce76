//! F7, pseudo-gradient scaled by the projected error: `−e_l (y_lᵀ W_l e_(l−1)) y_(l−1)ᵀ`.
//!
//! The pseudo-gradient, scaled by how much the pre-synaptic teaching signal, sent forward through
//! the weights, overlaps with the post-synaptic activity.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct ProjectedGradient;

impl ProjectedGradient {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F7",
        name: "pseudo-gradient scaled by the projected error",
        formula: "−e_l (y_lᵀ W_l e_(l−1)) y_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::LayerScalar,
    };
}

impl<T: Scalar> Term<T> for ProjectedGradient {
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
            layer.post_error(),
            layer.pre(),
        );
    }
}
