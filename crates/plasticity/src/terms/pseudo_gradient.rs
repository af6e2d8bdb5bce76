//! F0, pseudo-gradient: `−e_l y_(l−1)ᵀ`.
//!
//! The pseudo-gradient: teaching signal times pre-synaptic activity. With symmetric feedback it is
//! gradient descent on the sample's loss, with fixed feedback it is feedback alignment (Lillicrap
//! et al. 2016).

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct PseudoGradient;

impl PseudoGradient {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F0",
        name: "pseudo-gradient",
        formula: "−e_l y_(l−1)ᵀ",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::Synapse,
    };
}

impl<T: Scalar> Term<T> for PseudoGradient {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.minus, layer.post_error(), layer.pre());
    }
}
