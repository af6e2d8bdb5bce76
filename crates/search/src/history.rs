//! What a search has tried.

use std::collections::BTreeMap;

use rand::Rng;

use crate::game::{Game, TriedCandidate};
use metaplast_numbers::uniform_index;

/// Random candidates that are drawn in vain before untried ones are looked for one after the other.
const DRAWS: usize = 64;

/// The candidates that were tried, in order, none twice.
#[derive(Clone, Debug, Default)]
pub struct SearchHistory {
    tried: Vec<TriedCandidate>,
    places: BTreeMap<Vec<usize>, usize>,
    /// The worst and the best reward that is finite.
    range: Option<(f64, f64)>,
}

impl SearchHistory {
    /// Adds a candidate.
    ///
    /// # Panics
    /// When it was tried before.
    #[track_caller]
    pub fn push(&mut self, tried: TriedCandidate) {
        let before = self.places.insert(tried.choices.clone(), self.tried.len());
        assert!(
            before.is_none(),
            "search history: {:?} is there already",
            tried.choices
        );
        if tried.reward.is_finite() {
            let (worst, best) = self.range.unwrap_or((tried.reward, tried.reward));
            self.range = Some((worst.min(tried.reward), best.max(tried.reward)));
        }
        self.tried.push(tried);
    }

    /// What was tried, in order.
    #[must_use]
    pub fn tried(&self) -> &[TriedCandidate] {
        &self.tried
    }

    /// How many candidates were tried.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tried.len()
    }

    /// Whether nothing was tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tried.is_empty()
    }

    /// A candidate, if it was tried.
    #[must_use]
    pub fn get(&self, choices: &[usize]) -> Option<&TriedCandidate> {
        self.places.get(choices).map(|&place| &self.tried[place])
    }

    /// The first of those with the greatest reward; `None` if no reward is finite.
    #[must_use]
    pub fn best(&self) -> Option<&TriedCandidate> {
        let (_, best) = self.range?;
        self.tried.iter().find(|tried| tried.reward == best)
    }

    /// The greatest reward among the first candidate, the first two, and so on; −∞ while none is finite.
    #[must_use]
    pub fn best_so_far(&self) -> Vec<f64> {
        let mut best = f64::NEG_INFINITY;
        let each = self.tried.iter().map(|tried| {
            if tried.reward.is_finite() {
                best = best.max(tried.reward);
            }
            best
        });
        each.collect()
    }

    /// A reward between 0, the worst that was seen, and 1, the best; ½ while all are equal, and 0 of what is
    /// not finite.
    #[must_use]
    pub fn scaled(&self, reward: f64) -> f64 {
        match self.range {
            Some((worst, best)) if reward.is_finite() && best > worst => {
                (reward - worst) / (best - worst)
            }
            Some(_) if reward.is_finite() => 0.5,
            _ => 0.0,
        }
    }

    /// A reward as the share of the other candidates with a smaller one: 0 for the worst that was tried, 1 for the
    /// best alone; 0 of what is not finite, and ½ while there is nothing to compare with.
    ///
    /// Differences among the best count as much as those among the worst, whatever the unit of rewards.
    #[must_use]
    pub fn ranked(&self, reward: f64) -> f64 {
        if !reward.is_finite() {
            return 0.0;
        }
        let worse = self.tried.iter().filter(|tried| {
            // What is not finite is worse than all that is.
            !tried.reward.is_finite() || tried.reward < reward
        });
        match self.tried.len() {
            0 | 1 => 0.5,
            n => (worse.count() as f64 / (n - 1) as f64).min(1.0),
        }
    }

    /// A random candidate that was not tried and is not among `others`, by choices that are uniform at each
    /// step; `None` when there is none left.
    pub fn untried(
        &self,
        game: &dyn Game,
        others: &[Vec<usize>],
        rng: &mut impl Rng,
    ) -> Option<Vec<usize>> {
        let new = |end: &Vec<usize>| self.get(end).is_none() && !others.contains(end);
        for _ in 0..DRAWS {
            let end = finish(game, Vec::new(), rng);
            if new(&end) {
                return Some(end);
            }
        }
        first_end(game, &mut Vec::new(), &new)
    }
}

/// Goes on from a prefix to an end by uniform choices.
pub(crate) fn finish(game: &dyn Game, mut prefix: Vec<usize>, rng: &mut impl Rng) -> Vec<usize> {
    loop {
        let options = game.options(&prefix);
        if options.is_empty() {
            return prefix;
        }
        prefix.push(options[uniform_index(rng, options.len())]);
    }
}

/// The first end below a prefix of which `wanted` holds, depth first.
fn first_end(
    game: &dyn Game,
    prefix: &mut Vec<usize>,
    wanted: &dyn Fn(&Vec<usize>) -> bool,
) -> Option<Vec<usize>> {
    let options = game.options(prefix);
    if options.is_empty() {
        return wanted(prefix).then(|| prefix.clone());
    }
    for option in options {
        prefix.push(option);
        let found = first_end(game, prefix, wanted);
        prefix.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}
