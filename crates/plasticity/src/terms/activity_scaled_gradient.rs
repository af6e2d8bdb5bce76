//! F5, activity-scaled pseudo-gradient: `−e_l (1_lᵀ y_l) y_(l−1)ᵀ`.
//!
//! The pseudo-gradient, scaled by the total activity of the post-synaptic layer.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct ActivityScaledGradient;

impl ActivityScaledGradient {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F5",
        name: "activity-scaled pseudo-gradient",
        formula: "−e_l (1_lᵀ y_l) y_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::LayerScalar,
    };
}

impl<T: Scalar> Term<T> for ActivityScaledGradient {
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
            layer.post_sum(),
            layer.post_error(),
            layer.pre(),
        );
    }
}
