//! Rules whose potentials are quadratic in one atom each.

use metaplast_numbers::sorting::sort_by_key;

use crate::ground_model::GroundModel;

/// What a rule adds to the energy when each of its potentials has one open atom and is nowhere cut off at zero, as with
/// bodies that are observed to be true: `curvature v² − 2 slope v` for each atom that it has.
///
/// A model of such rules has its optimum in closed form, y = Σ w slope / Σ w curvature. For rules on true bodies that
/// is Σ w⁺n / (Σ w⁺n + Σ w⁻n), n being the number of ground rules for and against.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SeparableEvidence {
    pub(super) of_atoms: Vec<AtomEvidence>,
}

/// Of one atom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AtomEvidence {
    pub(super) atom: u32,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

impl SeparableEvidence {
    /// Of a rule; `None` when its potentials are not all of that kind.
    pub(super) fn of(model: &GroundModel, rule: usize) -> Option<Self> {
        let mut all = Vec::new();
        for g in model.potentials_of(rule) {
            let constant = model.constant(g);
            let mut terms = model.terms(g);
            let (Some((atom, k)), None) = (terms.next(), terms.next()) else {
                return None;
            };
            if constant.min(constant + k) < 0.0 {
                return None;
            }
            all.push(AtomEvidence {
                atom: atom as u32,
                slope: -constant * k,
                curvature: k * k,
            });
        }
        sort_by_key(&mut all, |evidence| evidence.atom);
        let together = all
            .chunk_by(|a, b| a.atom == b.atom)
            .map(|same| AtomEvidence {
                atom: same[0].atom,
                slope: same.iter().map(|one| one.slope).sum(),
                curvature: same.iter().map(|one| one.curvature).sum(),
            });
        Some(SeparableEvidence {
            of_atoms: together.collect(),
        })
    }
}
