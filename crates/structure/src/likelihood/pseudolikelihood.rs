//! The ordinary pseudolikelihood, in which rules meet.

use super::ascent::{Concave, maximise};
use super::conditional::{ConditionalEnergies, RuleHinge, TruthValues};
use super::penalty::WeightPenalty;
use super::piecewise::{check_truth, constant_along};
use crate::ground_model::GroundModel;

/// The pseudolikelihood (Besag 1975): one factor for each atom, with all rules in it.
///
/// ```text
/// PL(w) = Σ_a [ −Σ_r w_r E_ra(y*_a) − ln ∫₀¹ exp(−Σ_r w_r E_ra(v)) dv ]
/// ```
///
/// All weights are fitted together, for every set of rules anew: more work than the
/// [piecewise](super::PiecewiseLikelihood) one, and weights that do not count twice what two rules both say.
#[derive(Clone, Debug)]
pub struct Pseudolikelihood {
    values: TruthValues,
    rules: usize,
    atoms: Vec<AtomFactor>,
}

#[derive(Clone, Debug)]
struct AtomFactor {
    /// The rules that the atom has.
    rules: Vec<usize>,
    energies: ConditionalEnergies,
    at_truth: Vec<f64>,
}

/// A likelihood of weights with its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightLikelihood {
    /// The logarithm.
    pub value: f64,
    /// Its derivatives with respect to the weights.
    pub gradient: Vec<f64>,
    /// Its second derivatives, row by row.
    pub hessian: Vec<f64>,
}

/// Weights that are best together.
#[derive(Clone, Debug, PartialEq)]
pub struct JointFit {
    /// The weights, from 0 to the largest that is allowed.
    pub weights: Vec<f64>,
    /// The pseudolikelihood, penalty included.
    pub value: f64,
    /// The largest part of the gradient that points into the allowed range: 0 at the optimum.
    pub stationarity: f64,
    /// Steps that were taken.
    pub steps: usize,
}

impl Pseudolikelihood {
    /// Of a model, with the truth of its atoms.
    ///
    /// # Panics
    /// When there is not one truth from 0 to 1 for each atom.
    #[must_use]
    #[track_caller]
    pub fn new(model: &GroundModel, truth: &[f64], values: TruthValues) -> Self {
        check_truth(model, truth);
        let factor = |atom: usize| {
            let mut rules: Vec<usize> = model
                .potentials_at(atom)
                .map(|(g, _)| model.rule_of(g))
                .collect();
            rules.sort_unstable();
            rules.dedup();
            let line = |(g, slope): (usize, f64)| {
                let rule = rules.binary_search(&model.rule_of(g));
                RuleHinge {
                    rule: rule.expect("a rule of the atom"),
                    constant: constant_along(model, g, atom, truth),
                    slope,
                }
            };
            let lines: Vec<RuleHinge> = model.potentials_at(atom).map(line).collect();
            let energies = ConditionalEnergies::new(rules.len().max(1), &lines);
            let mut at_truth = vec![0.0; rules.len()];
            energies.at(truth[atom], &mut at_truth);
            AtomFactor {
                rules,
                energies,
                at_truth,
            }
        };
        let atoms = (0..model.atoms()).map(factor);
        Pseudolikelihood {
            values,
            rules: model.rules(),
            atoms: atoms.filter(|factor| !factor.rules.is_empty()).collect(),
        }
    }

    /// The pseudolikelihood with its derivatives, without a penalty.
    ///
    /// # Panics
    /// When there is not one weight for each rule.
    #[must_use]
    #[track_caller]
    pub fn at(&self, weights: &[f64]) -> WeightLikelihood {
        assert_eq!(
            weights.len(),
            self.rules,
            "pseudolikelihood: weights, rules"
        );
        let n = self.rules;
        let mut sum = WeightLikelihood {
            value: 0.0,
            gradient: vec![0.0; n],
            hessian: vec![0.0; n * n],
        };
        let (mut own, mut means) = (Vec::new(), Vec::new());
        for AtomFactor {
            rules,
            energies,
            at_truth,
        } in &self.atoms
        {
            own.clear();
            own.extend(rules.iter().map(|&rule| weights[rule]));
            means.resize(rules.len(), 0.0);
            let moments = energies.moments(&own, self.values);
            energies.means(&moments, &mut means);
            sum.value -= moments.log_mass;
            for (r, &rule) in rules.iter().enumerate() {
                sum.value -= own[r] * at_truth[r];
                sum.gradient[rule] += means[r] - at_truth[r];
                for (s, &other) in rules.iter().enumerate().take(r + 1) {
                    let covariance = energies.covariance(&moments, &means, r, s);
                    sum.hessian[rule * n + other] -= covariance;
                    if r != s {
                        sum.hessian[other * n + rule] -= covariance;
                    }
                }
            }
        }
        sum
    }

    /// The best weights: projected Newton steps (Bertsekas, *Projected Newton methods*, SIAM J. Control Optim.
    /// 20(2), 1982), which converge since the penalised likelihood is concave.
    ///
    /// # Panics
    /// When the penalty makes no sense.
    #[must_use]
    #[track_caller]
    pub fn fit(&self, penalty: WeightPenalty) -> JointFit {
        penalty.check();
        let n = self.rules;
        let at = |weights: &[f64]| {
            let mut sum = self.at(weights);
            sum.value += penalty.of(weights);
            for (rule, &weight) in weights.iter().enumerate() {
                sum.gradient[rule] -= penalty.lambda * weight;
                sum.hessian[rule * n + rule] -= penalty.lambda;
            }
            sum
        };
        let start = vec![penalty.most.min(1.0); n];
        maximise(
            &Concave {
                at: &at,
                most: penalty.most,
            },
            start,
        )
    }
}
