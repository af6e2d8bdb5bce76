//! Game of rules: what a rule is worth after a training that ends as soon as there is no hope.

use std::sync::{Mutex, PoisonError};

use metaplast_numbers::statistics::median;
use metaplast_search::{CandidateReward, Game, TriedCandidate};
use rayon::prelude::*;

use crate::grammar::RuleGrammar;
use crate::price::RulePrice;
use crate::short_training::{ShortTraining, TrainingEnd};

/// Rules that are judged by the same results of earlier ones.
const BLOCK: usize = 5;
/// Diverged episodes in a row with which a rule has exploded, once it has been through the first stage.
const PATIENCE: u32 = 3;

/// What stages a training has, and on how many tasks a rule is tried after each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Episodes in all at the end of each stage, ascending.
    pub stages: Vec<u64>,
    /// Fresh tasks, the same for all rules.
    pub tasks: u64,
}

/// The search for plasticity rules: a [`RuleGrammar`], and as reward the accuracy on fresh tasks less the
/// [price](RulePrice).
///
/// Successive halving (Jamieson & Talwalkar, AISTATS 2016), one rule after the other as in Li et al. (MLSys 2020):
/// a rule goes on to the next stage when its accuracy is at least the median of those that have been through this
/// stage before. It is compared with the rules before its block of five, so that the result depends neither on
/// threads nor on where a search was stopped. An episode that diverges in the first stage ends it, and the rule is
/// worth −∞; later it takes three in a row, and the accuracy of the stage before counts.
pub struct RuleGame<'a> {
    grammar: &'a RuleGrammar,
    training: &'a ShortTraining,
    price: RulePrice,
    halving: Halving,
    stop: &'a (dyn Fn() -> bool + Sync),
    /// The accuracies of each rule that was tried, stage by stage as far as it came.
    known: Mutex<Vec<Vec<f64>>>,
}

impl<'a> RuleGame<'a> {
    /// Over the rules of a grammar; `stop` is asked after each episode.
    ///
    /// # Panics
    /// When there is no stage, or their episodes do not ascend.
    #[must_use]
    #[track_caller]
    pub fn new(
        grammar: &'a RuleGrammar,
        training: &'a ShortTraining,
        price: RulePrice,
        halving: Halving,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let Halving { stages, .. } = &halving;
        let ascends = !stages.is_empty() && stages.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(ascends, "rule game: stages of {stages:?} episodes");
        RuleGame {
            grammar,
            training,
            price,
            halving,
            stop,
            known: Mutex::default(),
        }
    }

    /// With what a record has of rules that were tried before.
    #[must_use]
    pub fn knowing(self, tried: &[TriedCandidate]) -> Self {
        let stages = |tried: &TriedCandidate| {
            let accuracies = tried.further.iter().skip(FURTHER.len()).copied();
            accuracies
                .take_while(|accuracy| !accuracy.is_nan())
                .collect()
        };
        RuleGame {
            known: Mutex::new(tried.iter().map(stages).collect()),
            ..self
        }
    }

    /// What rules of earlier blocks have to be matched in each stage.
    fn bars(&self, known: &[Vec<f64>]) -> Vec<Option<f64>> {
        let stages = 0..self.halving.stages.len();
        let bar = |stage: usize| {
            let there = known
                .iter()
                .filter_map(|accuracies| accuracies.get(stage).copied());
            let there: Vec<f64> = there.collect();
            (!there.is_empty()).then(|| median(&there))
        };
        stages.map(bar).collect()
    }

    /// The accuracy after each stage that a rule comes through; none when it was asked to stop.
    fn train(&self, end: &[usize], bars: &[Option<f64>]) -> Option<Vec<f64>> {
        let mut rule = self.training.begin(&self.grammar.rule(end), 0);
        let mut accuracies = Vec::new();
        for (stage, (&episodes, bar)) in self.halving.stages.iter().zip(bars).enumerate() {
            let patience = if stage == 0 { 1 } else { PATIENCE };
            match rule.train_to(episodes, patience, self.stop) {
                TrainingEnd::Reached => {}
                TrainingEnd::Exploded => break,
                TrainingEnd::Stopped => return None,
            }
            let accuracy = self.training.accuracy(&rule.rule(), self.halving.tasks);
            accuracies.push(accuracy);
            if bar.is_some_and(|bar| accuracy < bar) {
                break;
            }
        }
        Some(accuracies)
    }

    fn reward(&self, end: &[usize], accuracies: &[f64]) -> CandidateReward {
        let price = self.price.of(&self.grammar.rule(end));
        let accuracy = accuracies.last().copied();
        let made = accuracies.len().min(self.halving.stages.len());
        let episodes = self.halving.stages[..made].last().copied();
        let mut further = vec![accuracy.unwrap_or(0.0), price, episodes.unwrap_or(0) as f64];
        further.extend(accuracies);
        further.resize(FURTHER.len() + self.halving.stages.len(), f64::NAN);
        CandidateReward {
            reward: accuracy.map_or(f64::NEG_INFINITY, |accuracy| accuracy - price),
            further,
        }
    }
}

/// Columns of a record before those of the stages.
const FURTHER: [&str; 3] = ["accuracy", "price", "episodes"];

impl Game for RuleGame<'_> {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.grammar.options(prefix)
    }

    /// Through all stages, whatever others came to.
    fn measure(&self, end: &[usize]) -> CandidateReward {
        let none = vec![None; self.halving.stages.len()];
        let accuracies = self.train(end, &none).unwrap_or_default();
        self.reward(end, &accuracies)
    }

    fn measure_all(&self, ends: &[Vec<usize>]) -> Option<Vec<CandidateReward>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, mut rest) = (known.len(), ends);
        let mut rewards = Vec::new();
        while !rest.is_empty() {
            let into_block = known.len() % BLOCK;
            let (now, later) = rest.split_at(rest.len().min(BLOCK - into_block));
            let bars = self.bars(&known[..known.len() - into_block]);
            let trained = now.par_iter().with_max_len(1);
            let trained: Option<Vec<Vec<f64>>> =
                trained.map(|end| self.train(end, &bars)).collect();
            let Some(trained) = trained else {
                known.truncate(before);
                return None;
            };
            for (end, accuracies) in now.iter().zip(trained) {
                rewards.push(self.reward(end, &accuracies));
                known.push(accuracies);
            }
            rest = later;
        }
        Some(rewards)
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.grammar.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.grammar.describe(prefix)
    }

    fn further(&self) -> Vec<String> {
        let stages = self.halving.stages.iter();
        let stages = stages.map(|episodes| format!("accuracy_{episodes}"));
        FURTHER
            .map(str::to_owned)
            .into_iter()
            .chain(stages)
            .collect()
    }
}
