//! F3, decay: `−W_l`.
//!
//! Weight decay.

use metaplast_tensor::Scalar;

use super::{Coefficient, Locality, Term, TermInfo};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

pub(super) struct Decay;

impl Decay {
    pub(super) const INFO: TermInfo<'static> = TermInfo {
        symbol: "F3",
        name: "decay",
        formula: "−W_l",
        source: "Shervani-Tabar & Rosenbaum 2023, eq. 4",
        locality: Locality::Synapse,
    };
}

impl<T: Scalar> Term<T> for Decay {
    fn info(&self) -> TermInfo<'static> {
        Self::INFO
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        _: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.decay(theta.plus);
    }
}
