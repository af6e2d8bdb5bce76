//! Random sets, as in the published program.

use metaplast_numbers::streams::{stream, uniform_index};
use rand::RngExt;

use super::score::ModelScore;
use super::structure_search::{FoundModel, StructureSearch};
use crate::templates::{CandidateRule, Template};

/// Draws a fresh set of rules in each round, and keeps the best (Embar, Srinivasan & Getoor, UAI 2022, as their program
/// does it): for each place of the set a template is drawn, then one of its rules; with probability `share` only a
/// rule that explains counts; what is there already is not taken twice, so that sets are of up to `most` rules.
///
/// The program fits all weights again in each round, and gives priors of a false target the weight 0.01 at the end.
/// Here weights are fitted once, which changes nothing, and priors keep theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomRuleSets {
    /// Candidates that are in every model besides those drawn.
    pub always: Vec<usize>,
    /// Candidates that may be drawn, for each template that has some.
    pub templates: Vec<Vec<usize>>,
    /// Which candidates explain.
    pub explainable: Vec<bool>,
    /// The share ρ of rules that must explain, from 0 to 1; the others may.
    pub share: f64,
    /// Rounds.
    pub rounds: usize,
    /// Rules of a set, at most, besides those that are always there.
    pub most: usize,
    /// How models are scored.
    pub score: ModelScore,
    /// From which all draws follow.
    pub seed: u64,
}

/// Draws of a rule, at most, until one explains.
const TRIES: usize = 1000;
/// What streams are named by, besides the seed and the round.
const PURPOSE: u64 = 0x5e7;

impl RandomRuleSets {
    /// From all candidates but those that are always there and those that are collective: 100 rounds of up to 15
    /// rules, none of which must explain, by average precision.
    #[must_use]
    pub fn new(candidates: &[CandidateRule], always: &[usize], seed: u64) -> Self {
        let of = |template: Template| -> Vec<usize> {
            let numbers = 0..candidates.len();
            let fits = |&k: &usize| {
                let candidate = &candidates[k];
                candidate.template == template
                    && !candidate.rule.is_collective()
                    && !always.contains(&k)
            };
            numbers.filter(fits).collect()
        };
        let all = [
            Template::Path,
            Template::Similarity,
            Template::Local,
            Template::Prior,
        ];
        RandomRuleSets {
            always: always.to_vec(),
            templates: all
                .map(of)
                .into_iter()
                .filter(|rules| !rules.is_empty())
                .collect(),
            explainable: candidates
                .iter()
                .map(|candidate| candidate.explainable)
                .collect(),
            share: 0.0,
            rounds: 100,
            most: 15,
            score: ModelScore::AveragePrecision,
            seed,
        }
    }

    /// The best of its models.
    ///
    /// # Panics
    /// When there are no rounds, or no candidate of one of its numbers.
    #[must_use]
    #[track_caller]
    pub fn run(&self, search: &mut StructureSearch<'_>) -> FoundModel {
        assert!(self.rounds > 0, "random search: no rounds");
        let mut best: Option<(Vec<usize>, f64)> = None;
        let mut course = Vec::new();
        for round in 0..self.rounds {
            let rules = self.draw(round);
            let score = search.score(&rules, self.score);
            if best.as_ref().is_none_or(|(_, best)| score > *best) {
                best = Some((rules, score));
            }
            course.extend(best.as_ref().map(|(_, score)| *score));
        }
        let (rules, score) = best.expect("a round");
        FoundModel {
            weights: search.weights(&rules),
            rules,
            score,
            course,
        }
    }

    /// The set of a round, from 0.
    ///
    /// # Panics
    /// When there are no candidates to draw from.
    #[must_use]
    #[track_caller]
    pub fn draw(&self, round: usize) -> Vec<usize> {
        let mut rng = stream(&[self.seed, round as u64, PURPOSE]);
        let mut rules = self.always.clone();
        for _ in 0..self.most {
            for _ in 0..TRIES {
                let of_template = &self.templates[uniform_index(&mut rng, self.templates.len())];
                let rule = of_template[uniform_index(&mut rng, of_template.len())];
                let must_explain = rng.random::<f64>() < self.share;
                if !must_explain || self.explainable[rule] {
                    if !rules.contains(&rule) {
                        rules.push(rule);
                    }
                    break;
                }
            }
        }
        rules
    }
}
