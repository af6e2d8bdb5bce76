//! F2, error-based Hebbian: `−e_l e_(l−1)ᵀ`.
//!
//! The error-based Hebbian term (eHebb): the teaching signals of both layers. With a negative
//! coefficient it makes the forward weights correlate with the feedback weights, so that teaching
//! signals align with those of backpropagation.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct ErrorHebbian;

impl ErrorHebbian {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F2",
        name: "error-based Hebbian",
        formula: "−e_l e_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::Synapse,
    };
}

impl<T: Scalar> Term<T> for ErrorHebbian {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.minus, layer.post_error(), layer.pre_error());
    }
}
