//! F9, Oja's subspace rule: `y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l`.
//!
//! Oja's subspace rule (Oja 1989): Hebbian learning that makes the rows of `W_l` orthonormal, so
//! that activity keeps its information on the way up. In terms of `v = W_lᵀ y_l` it is `y_l
//! (y_(l−1) − v)ᵀ`.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct Oja;

impl Oja {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F9",
        name: "Oja's subspace rule",
        formula: "y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4; Oja 1989",
        locality: Locality::Column,
    };
}

impl<T: Scalar> Term<T> for Oja {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.plus, layer.post(), layer.pre());
        update.projected(theta.minus, layer.post(), layer.post());
    }
}
