//! Sets of rules, scored by weights that were fitted once.

use super::evidence::SeparableEvidence;
use super::score::ModelScore;
use crate::ground_model::GroundModel;
use crate::likelihood::{
    FittedWeight, JointFit, PiecewiseLikelihood, Pseudolikelihood, TruthValues, WeightPenalty,
};
use crate::map_solver::MapSolver;

/// Scores sets of candidate rules on a truth.
///
/// A rule's weight is fitted by the [piecewise pseudolikelihood](PiecewiseLikelihood) when the rule is first needed
/// and kept, since it is the same in every set. Where the potentials of all rules of a set have one open atom each, the
/// optimum is had in closed form, else from the [`MapSolver`].
///
/// ```
/// use metaplast_structure::{GroundModelBuilder, ModelScore, StructureSearch, TruthValues, WeightPenalty};
///
/// // Rule 0 speaks for the two atoms that are true, rule 1 against all.
/// let mut builder = GroundModelBuilder::new(2, 4);
/// builder.add(0, 1.0, &[(0, -1.0)]);
/// builder.add(0, 1.0, &[(1, -1.0)]);
/// (0..4).for_each(|atom| builder.add(1, 0.0, &[(atom, 1.0)]));
/// let model = builder.build();
/// let truth = [1.0, 1.0, 0.0, 0.0];
/// let mut search = StructureSearch::new(&model, &truth, TruthValues::Soft, WeightPenalty::default());
/// assert_eq!(search.score(&[1], ModelScore::AveragePrecision), 0.5);
/// assert_eq!(search.score(&[0, 1], ModelScore::AveragePrecision), 1.0);
/// ```
pub struct StructureSearch<'m> {
    model: &'m GroundModel,
    truth: &'m [f64],
    values: TruthValues,
    penalty: WeightPenalty,
    likelihood: PiecewiseLikelihood,
    cache: bool,
    fitted: Vec<Option<FittedWeight>>,
    evidence: Vec<Option<SeparableEvidence>>,
    slopes: Vec<f64>,
    curvatures: Vec<f64>,
}

/// A set of rules that a search ended with.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundModel {
    /// The candidates, in the order in which they were taken.
    pub rules: Vec<usize>,
    /// Their weights.
    pub weights: Vec<f64>,
    /// The score on the truth that was searched on.
    pub score: f64,
    /// The best score after each round.
    pub course: Vec<f64>,
}

impl<'m> StructureSearch<'m> {
    /// Of a model of all candidates, with the truth of its atoms. `values` are those that the likelihood knows: a rule
    /// for atoms gets a weight above 0 when, weighted by the number of its ground rules, more than two thirds of them
    /// are true if all values from 0 to 1 are, more than half if only 0 and 1 are.
    ///
    /// # Panics
    /// When there is not one truth from 0 to 1 for each atom, or the penalty makes no sense.
    #[must_use]
    #[track_caller]
    pub fn new(
        model: &'m GroundModel,
        truth: &'m [f64],
        values: TruthValues,
        penalty: WeightPenalty,
    ) -> Self {
        StructureSearch {
            model,
            truth,
            values,
            penalty,
            likelihood: PiecewiseLikelihood::new(model, truth, values),
            cache: true,
            fitted: vec![None; model.rules()],
            evidence: (0..model.rules())
                .map(|rule| SeparableEvidence::of(model, rule))
                .collect(),
            slopes: vec![0.0; model.atoms()],
            curvatures: vec![0.0; model.atoms()],
        }
    }

    /// The same, but weights are fitted again whenever they are needed: for comparison.
    #[must_use]
    pub fn without_cache(self) -> Self {
        StructureSearch {
            cache: false,
            ..self
        }
    }

    /// The number of candidates.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.model.rules()
    }

    /// The weight of a candidate.
    ///
    /// # Panics
    /// When there is none of this number.
    #[track_caller]
    pub fn weight(&mut self, rule: usize) -> f64 {
        match self.fitted[rule] {
            Some(fitted) if self.cache => fitted.weight,
            _ => {
                let fitted = self.likelihood.fit(rule, self.penalty);
                self.fitted[rule] = Some(fitted);
                fitted.weight
            }
        }
    }

    /// The weights of some candidates.
    ///
    /// # Panics
    /// When there is none of one of these numbers.
    #[track_caller]
    pub fn weights(&mut self, rules: &[usize]) -> Vec<f64> {
        rules.iter().map(|&rule| self.weight(rule)).collect()
    }

    /// What a set of candidates predicts for all atoms; 0 where no rule says anything.
    ///
    /// # Panics
    /// As [`weights`](Self::weights).
    #[must_use]
    #[track_caller]
    pub fn predict(&mut self, rules: &[usize]) -> Vec<f64> {
        let weights = self.weights(rules);
        self.predict_with(rules, &weights)
    }

    /// The same with other weights.
    ///
    /// # Panics
    /// When there is not one weight for each rule.
    #[must_use]
    #[track_caller]
    pub fn predict_with(&mut self, rules: &[usize], weights: &[f64]) -> Vec<f64> {
        assert_eq!(rules.len(), weights.len(), "search: rules, weights");
        if rules.iter().any(|&rule| self.evidence[rule].is_none()) {
            let model = self.model.of_rules(rules);
            let start = vec![0.0; model.atoms()];
            return MapSolver::default().solve_from(&model, weights, start).y;
        }
        self.slopes.fill(0.0);
        self.curvatures.fill(0.0);
        for (&rule, &weight) in rules.iter().zip(weights) {
            let evidence = self.evidence[rule].as_ref().expect("looked at above");
            for one in &evidence.of_atoms {
                self.slopes[one.atom as usize] += weight * one.slope;
                self.curvatures[one.atom as usize] += weight * one.curvature;
            }
        }
        let optimum = |(slope, curvature): (&f64, &f64)| match *curvature > 0.0 {
            true => (slope / curvature).clamp(0.0, 1.0),
            false => 0.0,
        };
        self.slopes
            .iter()
            .zip(&self.curvatures)
            .map(optimum)
            .collect()
    }

    /// The score of a set of candidates.
    ///
    /// # Panics
    /// As [`weights`](Self::weights).
    #[must_use]
    #[track_caller]
    pub fn score(&mut self, rules: &[usize], score: ModelScore) -> f64 {
        let predicted = self.predict(rules);
        score.of(&predicted, self.truth)
    }

    /// The weights of a set that are best together, by the ordinary pseudolikelihood: for the model that a search
    /// ended with.
    ///
    /// # Panics
    /// When there is no candidate of one of these numbers.
    #[must_use]
    #[track_caller]
    pub fn refit(&self, rules: &[usize]) -> JointFit {
        let model = self.model.of_rules(rules);
        Pseudolikelihood::new(&model, self.truth, self.values).fit(self.penalty)
    }
}
