//! One rule after the other.

use super::score::ModelScore;
use super::structure_search::{FoundModel, StructureSearch};

/// Adds, as long as it brings enough, the candidate that brings most.
#[derive(Clone, Debug, PartialEq)]
pub struct GreedySearch {
    /// Candidates that are in every model, such as a prior.
    pub always: Vec<usize>,
    /// Candidates that may be added.
    pub candidates: Vec<usize>,
    /// What a rule must add to the score: its price.
    pub gain: f64,
    /// How many may be added.
    pub most: usize,
    /// Which candidates explain, and the share of these among those added, at any time: from 0 to 1.
    pub explainable: Vec<bool>,
    /// That share.
    pub share: f64,
    /// How models are scored.
    pub score: ModelScore,
}

impl GreedySearch {
    /// From all candidates but those that are always there, with a gain of .01, at most 15 rules, no share that must
    /// explain, and average precision.
    #[must_use]
    pub fn new(candidates: usize, always: &[usize]) -> Self {
        GreedySearch {
            always: always.to_vec(),
            candidates: (0..candidates)
                .filter(|rule| !always.contains(rule))
                .collect(),
            gain: 0.01,
            most: 15,
            explainable: vec![true; candidates],
            share: 0.0,
            score: ModelScore::AveragePrecision,
        }
    }

    /// The model that it ends with. Of candidates that bring the same, the first is taken.
    ///
    /// # Panics
    /// When there is no candidate of one of its numbers.
    #[must_use]
    #[track_caller]
    pub fn run(&self, search: &mut StructureSearch<'_>) -> FoundModel {
        let mut rules = self.always.clone();
        let mut best = search.score(&rules, self.score);
        let mut course = vec![best];
        for added in 0..self.most {
            let explain = rules[self.always.len()..]
                .iter()
                .filter(|&&rule| self.explainable[rule]);
            let explain = explain.count() as f64;
            let mut found: Option<(usize, f64)> = None;
            for &candidate in &self.candidates {
                let explains = explain + f64::from(u8::from(self.explainable[candidate]));
                if rules.contains(&candidate) || explains < self.share * (added + 1) as f64 {
                    continue;
                }
                rules.push(candidate);
                let score = search.score(&rules, self.score);
                rules.pop();
                if found.is_none_or(|(_, best)| score > best) {
                    found = Some((candidate, score));
                }
            }
            match found {
                Some((candidate, score)) if score >= best + self.gain => {
                    rules.push(candidate);
                    best = score;
                    course.push(best);
                }
                _ => break,
            }
        }
        FoundModel {
            weights: search.weights(&rules),
            rules,
            score: best,
            course,
        }
    }
}
