//! Learning on some areas, predicting in another.

use crate::average_precision::average_precision;
use crate::ground_model::GroundModel;
use crate::grounding::{Grounding, GroundingError};
use crate::likelihood::{TruthValues, WeightPenalty};
use crate::logic::LogicalRule;
use crate::map_solver::MapSolver;
use crate::relations::{Areas, Database};
use crate::search::{FoundModel, GreedySearch, ModelScore, RandomRuleSets, StructureSearch};
use crate::templates::CandidateRule;

/// An area with all candidates on it.
#[derive(Clone, Debug)]
pub struct GroundArea {
    /// Its number.
    pub number: u64,
    /// Its relations.
    pub database: Database,
    /// The truth of its open atoms.
    pub truth: Vec<f64>,
    /// The ground rules of all candidates.
    pub grounding: Grounding,
}

/// Puts candidates on each area; `derive` adds the relations that they name and the data do not have.
///
/// # Errors
/// When a candidate names a relation that is not there.
pub fn ground_areas(
    areas: &Areas,
    relations: &[(String, usize)],
    candidates: &[CandidateRule],
    derive: impl Fn(&mut Database) -> Result<(), GroundingError>,
) -> Result<Vec<GroundArea>, GroundingError> {
    let rules: Vec<LogicalRule> = candidates
        .iter()
        .map(|candidate| candidate.rule.clone())
        .collect();
    let ground = |area: &crate::relations::Area| {
        let (mut database, truth) = area.database(&areas.target, relations);
        derive(&mut database)?;
        let grounding = Grounding::of(&rules, &database)?;
        Ok(GroundArea {
            number: area.number,
            database,
            truth,
            grounding,
        })
    };
    areas.all.iter().map(ground).collect()
}

/// How rules are searched for.
#[derive(Clone, Debug, PartialEq)]
pub enum AreaSearch {
    /// Greedily.
    Greedy(GreedySearch),
    /// In random sets.
    Random(RandomRuleSets),
}

/// What was learned on all areas but one, and how well it predicts in that one.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaLeftOut {
    /// The number of the area that was left out.
    pub area: u64,
    /// The model that the search ended with, on the other areas.
    pub found: FoundModel,
    /// The share of true atoms in the area.
    pub base_rate: f64,
    /// Average precision in the area; NaN when no atom is true there.
    pub score: f64,
    /// Average precision of the same rules with weights that were fitted together.
    pub refitted_score: f64,
    /// Those weights.
    pub refitted: Vec<f64>,
}

impl AreaLeftOut {
    /// Learns on all areas but the one at a place, and predicts there.
    ///
    /// # Panics
    /// When there are fewer than two areas, or none at the place.
    #[must_use]
    #[track_caller]
    pub fn of(
        areas: &[GroundArea],
        place: usize,
        how: &AreaSearch,
        values: TruthValues,
        penalty: WeightPenalty,
    ) -> Self {
        assert!(areas.len() > 1, "held out: leaving one area out needs two");
        let held = &areas[place];
        let others = || {
            areas
                .iter()
                .enumerate()
                .filter(|(k, _)| *k != place)
                .map(|(_, area)| area)
        };
        let models: Vec<&GroundModel> = others().map(|area| &area.grounding.model).collect();
        let model = GroundModel::side_by_side(&models);
        let truth: Vec<f64> = others()
            .flat_map(|area| area.truth.iter().copied())
            .collect();
        let mut search = StructureSearch::new(&model, &truth, values, penalty);
        let found = match how {
            AreaSearch::Greedy(greedy) => greedy.run(&mut search),
            AreaSearch::Random(random) => random.run(&mut search),
        };
        let refitted = search.refit(&found.rules).weights;
        let score =
            |weights: &[f64]| average_precision(&held.predict(&found.rules, weights), &held.truth);
        AreaLeftOut {
            area: held.number,
            base_rate: held.truth.iter().sum::<f64>() / held.truth.len() as f64,
            score: score(&found.weights),
            refitted_score: score(&refitted),
            found,
            refitted,
        }
    }
}

impl GroundArea {
    /// What candidates with weights predict for its atoms.
    ///
    /// # Panics
    /// When there is not one weight for each rule, or no candidate of one of these numbers.
    #[must_use]
    #[track_caller]
    pub fn predict(&self, rules: &[usize], weights: &[f64]) -> Vec<f64> {
        let model = self.grounding.model.of_rules(rules);
        let start = vec![0.0; model.atoms()];
        MapSolver::default().solve_from(&model, weights, start).y
    }

    /// How well that ranks the true ones.
    ///
    /// # Panics
    /// As [`predict`](Self::predict).
    #[must_use]
    #[track_caller]
    pub fn score(&self, rules: &[usize], weights: &[f64]) -> f64 {
        ModelScore::AveragePrecision.of(&self.predict(rules, weights), &self.truth)
    }
}
