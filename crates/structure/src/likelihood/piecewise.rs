//! The piecewise pseudolikelihood, which falls apart by rules.

use std::collections::HashMap;

use metaplast_numbers::sorting::sort_by;

use super::conditional::{ConditionalEnergies, RuleHinge, TruthValues};
use super::penalty::WeightPenalty;
use crate::ground_model::GroundModel;

/// The piecewise pseudolikelihood (Sutton & McCallum, *Piecewise pseudolikelihood for efficient training of
/// conditional random fields*, ICML 2007; for structure search Embar, Srinivasan & Getoor, UAI 2022).
///
/// It has one factor for each pair of a rule and an atom in which they meet, the rest held at the truth y\*:
///
/// ```text
/// E_ra(v) = Σ_(g∈r, a∈g) φ_g(y* with y_a = v)
/// PPLL(w) = Σ_r Σ_a [ −w_r E_ra(y*_a) − ln ∫₀¹ exp(−w_r E_ra(v)) dv ]
/// ```
///
/// and sums of 0 and 1 in place of integrals when atoms are binary. So each weight is fitted by itself, once, and
/// is right in every model that has the rule. Integrals are exact to rounding. Pairs of the same E_ra and y\*_a are
/// one factor with a count.
///
/// ```
/// use metaplast_structure::{GroundModelBuilder, PiecewiseLikelihood, TruthValues, WeightPenalty};
///
/// let mut builder = GroundModelBuilder::new(1, 10);
/// for atom in 0..10 {
///     builder.add(0, 0.0, &[(atom, 1.0)]); // every atom is rather false,
/// }
/// let truth = [0.1, 0.0, 0.2, 0.0, 0.0, 0.3, 0.1, 0.1, 0.0, 0.9]; // as they are, but for one
/// let likelihood = PiecewiseLikelihood::new(&builder.build(), &truth, TruthValues::Soft);
/// let fitted = likelihood.fit(0, WeightPenalty::default());
/// assert!(fitted.weight > 3.0 && fitted.weight < 5.0 && fitted.gradient.abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct PiecewiseLikelihood {
    values: TruthValues,
    rules: Vec<RuleFactors>,
}

/// The factors of a rule.
#[derive(Clone, Debug, Default)]
struct RuleFactors {
    distinct: Vec<Factor>,
    /// Atoms, and which factor is theirs.
    of_atoms: Vec<(u32, u32)>,
}

#[derive(Clone, Debug)]
struct Factor {
    energies: ConditionalEnergies,
    /// E_ra(y*_a).
    at_truth: f64,
    count: f64,
}

/// What one rule adds to the piecewise pseudolikelihood, without a penalty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleLikelihood {
    /// The sum over atoms.
    pub value: f64,
    /// Its derivative with respect to the weight, Σ_a (⟨E_ra⟩ − E_ra(y\*_a)).
    pub gradient: f64,
    /// Its second derivative, minus the sum of the variances of E_ra.
    pub curvature: f64,
}

/// The best weight of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedWeight {
    /// The weight, from 0 to the largest that is allowed.
    pub weight: f64,
    /// The rule's part of the piecewise pseudolikelihood, penalty included.
    pub value: f64,
    /// Its derivative: zero to rounding, below zero at a weight of 0, above zero at the largest.
    pub gradient: f64,
    /// Whether the weight is the largest that is allowed.
    pub at_limit: bool,
}

impl PiecewiseLikelihood {
    /// Of a model, with the truth of its atoms.
    ///
    /// # Panics
    /// When there is not one truth from 0 to 1 for each atom.
    #[must_use]
    #[track_caller]
    pub fn new(model: &GroundModel, truth: &[f64], values: TruthValues) -> Self {
        check_truth(model, truth);
        let rules = (0..model.rules()).map(|rule| factors(model, truth, rule));
        PiecewiseLikelihood {
            values,
            rules: rules.collect(),
        }
    }

    /// The number of rules.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// What a rule adds at a weight.
    ///
    /// # Panics
    /// When there is no such rule.
    #[must_use]
    #[track_caller]
    pub fn rule(&self, rule: usize, weight: f64) -> RuleLikelihood {
        let mut sum = RuleLikelihood::default();
        for factor in &self.rules[rule].distinct {
            let one = factor.likelihood(weight, self.values);
            sum.value += factor.count * one.value;
            sum.gradient += factor.count * one.gradient;
            sum.curvature += factor.count * one.curvature;
        }
        sum
    }

    /// What a rule adds at a weight by each atom that it has.
    ///
    /// # Panics
    /// When there is no such rule.
    #[must_use]
    #[track_caller]
    pub fn by_atom(&self, rule: usize, weight: f64) -> Vec<(usize, f64)> {
        let RuleFactors { distinct, of_atoms } = &self.rules[rule];
        let value = |factor: &Factor| factor.likelihood(weight, self.values).value;
        let values: Vec<f64> = distinct.iter().map(value).collect();
        let of_atoms = of_atoms.iter();
        of_atoms
            .map(|&(atom, factor)| (atom as usize, values[factor as usize]))
            .collect()
    }

    /// The sum over all rules, without a penalty.
    ///
    /// # Panics
    /// When there is not one weight for each rule.
    #[must_use]
    #[track_caller]
    pub fn value(&self, weights: &[f64]) -> f64 {
        self.each(weights).iter().map(|one| one.value).sum()
    }

    /// Its derivatives with respect to the weights, each of which depends on its own weight alone.
    ///
    /// # Panics
    /// When there is not one weight for each rule.
    #[must_use]
    #[track_caller]
    pub fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        self.each(weights).iter().map(|one| one.gradient).collect()
    }

    #[track_caller]
    fn each(&self, weights: &[f64]) -> Vec<RuleLikelihood> {
        assert_eq!(weights.len(), self.rules.len(), "piecewise: weights, rules");
        let one = |(rule, &weight)| self.rule(rule, weight);
        weights.iter().enumerate().map(one).collect()
    }

    /// The best weight of a rule: Newton's method on a concave function, held between bounds that close in.
    ///
    /// # Panics
    /// When there is no such rule, or the penalty makes no sense.
    #[must_use]
    #[track_caller]
    pub fn fit(&self, rule: usize, penalty: WeightPenalty) -> FittedWeight {
        penalty.check();
        let at = |weight: f64| {
            let mut sum = self.rule(rule, weight);
            sum.value += penalty.of(&[weight]);
            sum.gradient -= penalty.lambda * weight;
            sum.curvature -= penalty.lambda;
            sum
        };
        let fitted = |weight: f64, here: RuleLikelihood, at_limit| FittedWeight {
            weight,
            value: here.value,
            gradient: here.gradient,
            at_limit,
        };
        let (mut weight, mut here) = (0.0, at(0.0));
        if here.gradient <= 0.0 {
            return fitted(weight, here, false);
        }
        let end = at(penalty.most);
        if end.gradient >= 0.0 {
            return fitted(penalty.most, end, true);
        }
        let (mut low, mut high) = (0.0, penalty.most);
        for _ in 0..MOST_STEPS {
            let newton = weight - here.gradient / here.curvature;
            let next = match newton > low && newton < high {
                true => newton,
                false => 0.5 * (low + high),
            };
            let moved = (next - weight).abs();
            (weight, here) = (next, at(next));
            match here.gradient > 0.0 {
                true => low = weight,
                false => high = weight,
            }
            if here.gradient == 0.0 || moved <= CLOSE * weight {
                break;
            }
        }
        fitted(weight, here, false)
    }
}

/// Steps of a one-dimensional solve, at most: bisection alone would take 64.
const MOST_STEPS: usize = 200;
/// A relative step that ends a solve.
const CLOSE: f64 = 1e-13;

impl Factor {
    fn likelihood(&self, weight: f64, values: TruthValues) -> RuleLikelihood {
        let moments = self.energies.moments(&[weight], values);
        let mut mean = [0.0];
        self.energies.means(&moments, &mut mean);
        RuleLikelihood {
            value: -weight * self.at_truth - moments.log_mass,
            gradient: mean[0] - self.at_truth,
            curvature: -self.energies.covariance(&moments, &mean, 0, 0),
        }
    }
}

#[track_caller]
pub(super) fn check_truth(model: &GroundModel, truth: &[f64]) {
    assert_eq!(truth.len(), model.atoms(), "likelihood: truths, atoms");
    let wrong = truth.iter().find(|truth| !(0.0..=1.0).contains(*truth));
    assert!(wrong.is_none(), "likelihood: a truth of {wrong:?}");
}

/// The constant of a potential along one of its atoms, the others held at the truth.
pub(super) fn constant_along(
    model: &GroundModel,
    potential: usize,
    atom: usize,
    truth: &[f64],
) -> f64 {
    let others = model.terms(potential).filter(|(other, _)| *other != atom);
    model.constant(potential) + others.map(|(other, k)| k * truth[other]).sum::<f64>()
}

fn factors(model: &GroundModel, truth: &[f64], rule: usize) -> RuleFactors {
    let mut lines: Vec<(usize, f64, f64)> = Vec::new();
    for g in model.potentials_of(rule) {
        for (atom, slope) in model.terms(g) {
            lines.push((atom, constant_along(model, g, atom, truth), slope));
        }
    }
    let order = |a: &(usize, f64, f64), b: &(usize, f64, f64)| {
        (a.0.cmp(&b.0))
            .then(a.1.total_cmp(&b.1))
            .then(a.2.total_cmp(&b.2))
    };
    sort_by(&mut lines, order);
    let mut found = RuleFactors::default();
    let mut places: HashMap<Vec<u64>, u32> = HashMap::new();
    let mut key = Vec::new();
    for of_atom in lines.chunk_by(|a, b| a.0 == b.0) {
        let atom = of_atom[0].0;
        key.clear();
        key.push(truth[atom].to_bits());
        for same in of_atom.chunk_by(|a, b| (a.1, a.2) == (b.1, b.2)) {
            key.extend([same[0].1.to_bits(), same[0].2.to_bits(), same.len() as u64]);
        }
        let place = match places.get(&key) {
            Some(&place) => place,
            None => {
                let line = |&(_, constant, slope): &(usize, f64, f64)| RuleHinge {
                    rule: 0,
                    constant,
                    slope,
                };
                let lines: Vec<RuleHinge> = of_atom.iter().map(line).collect();
                let energies = ConditionalEnergies::new(1, &lines);
                let mut at_truth = [0.0];
                energies.at(truth[atom], &mut at_truth);
                let place = found.distinct.len() as u32;
                places.insert(key.clone(), place);
                found.distinct.push(Factor {
                    energies,
                    at_truth: at_truth[0],
                    count: 0.0,
                });
                place
            }
        };
        found.distinct[place as usize].count += 1.0;
        found.of_atoms.push((atom as u32, place));
    }
    found
}
