//! F4, uniform error: `−1_l e_(l−1)ᵀ`.
//!
//! The pre-synaptic teaching signal, the same for every post-synaptic unit.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct UniformError;

impl UniformError {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F4",
        name: "uniform error",
        formula: "−1_l e_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::Synapse,
    };
}

impl<T: Scalar> Term<T> for UniformError {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.minus, layer.ones(), layer.pre_error());
    }
}
