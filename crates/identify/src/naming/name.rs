//! The classifier that is trained on networks seen as the recording is, and its answer.

use metaplast_numbers::Estimate;
use metaplast_tensor::Tensor;
use thiserror::Error;

use super::seen::SeenRecording;
use super::unlike::Unlikeness;
use crate::calibration::{expected_calibration_error, largest};
use crate::classifier::{RuleClassifier, cross_validated, named};
use crate::conformal::Conformal;
use crate::features::{FeatureScale, FeatureSet, Sight};
use crate::statistics::{Observable, RELEASED, Statistic};
use crate::virtual_networks::{CONDITIONS, Condition, NetworkRecord, RuleClass, RuleFamily};

/// How a recording is named.
#[derive(Clone, Debug, PartialEq)]
pub struct NamingSettings {
    /// How probable each rule is before anything is seen; need not add up to 1.
    pub prior: Vec<f64>,
    /// The relative noise of weights and of activity, where it is known.
    pub noise: [Option<f64>; 2],
    /// Rules with a conformal p-value up to this are excluded.
    pub alpha: f64,
    /// From which folds follow.
    pub seed: u64,
}

impl NamingSettings {
    /// With equal priors for so many rules, noise as it is estimated, and α = 0.1.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        NamingSettings {
            prior: vec![1.0; classes],
            noise: [None; 2],
            alpha: 0.1,
            seed: 1,
        }
    }
}

/// Why a recording cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing in it changes the statistics.
    #[error("no statistic can be computed at any time after the first; are all numbers NaN?")]
    NothingSeen,
    /// Too few networks to train a classifier.
    #[error("{networks} networks of {rules} rules; simulate at least {needed}")]
    #[non_exhaustive]
    TooFew {
        /// As many as there are.
        networks: usize,
        /// Rules.
        rules: usize,
        /// As many as are needed.
        needed: usize,
    },
    /// Priors that cannot be.
    #[error("{given} priors for {rules} rules, each 0 or more and one above 0; give one for each")]
    #[non_exhaustive]
    Prior {
        /// As many as were given.
        given: usize,
        /// Rules.
        rules: usize,
    },
}

/// How much a statistic spoke for the first rule against the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spoke {
    /// The statistic.
    pub statistic: Statistic,
    /// By how much its features made the first rule more probable: a difference of log odds.
    pub log_odds: f64,
}

/// What is said of a recording.
#[derive(Clone, Debug)]
pub struct NamedRule {
    /// The probability of each rule under the prior.
    pub posterior: Vec<f64>,
    /// Families with their probabilities, the most probable first.
    pub families: Vec<(RuleFamily, f64)>,
    /// The conformal p-value of each rule.
    pub p_values: Vec<f64>,
    /// Rules that are not excluded at the level that was asked for.
    pub not_excluded: Vec<usize>,
    /// The most probable rule.
    pub named: usize,
    /// The part of networks that are named right when they are seen alike.
    pub accuracy: Estimate,
    /// The part of them whose family is.
    pub family_accuracy: Estimate,
    /// Of networks whose first rule is about as probable, the part that is named right.
    pub right_when_as_sure: Option<Estimate>,
    /// The expected calibration error of the probabilities.
    pub calibration_error: f64,
    /// How networks were seen for training: weights and activity.
    pub conditions: [Option<Condition>; 2],
    /// Noise as it was estimated or given, of weights and of activity.
    pub noise: [Option<f64>; 2],
    /// Statistics that spoke for the first rule against the second, loudest first.
    pub spoke: Vec<Spoke>,
    /// The second rule.
    pub second: usize,
    /// Whether it is unlike all networks.
    pub unlikeness: Option<Unlikeness>,
    /// What is named when the recording's time runs otherwise: the exponent of its fractions, and the rule.
    pub warped: Vec<(f64, usize)>,
    /// Networks it was compared with.
    pub networks: usize,
}

/// Exponents of the fractions of the course that are tried.
const WARPS: [f64; 3] = [0.5, 1.0, 2.0];
/// Networks of each rule that a classifier needs.
const LEAST: usize = 5;

/// Names the rule of a recording, by a classifier that is trained on networks seen alike: the same
/// observables, times by their fractions of the course, and about as many units and as much noise.
///
/// # Errors
/// When there are too few networks, nothing is seen, or there is not one prior for each rule.
pub fn name_rule(
    recording: &SeenRecording,
    networks: &[NetworkRecord],
    classes: &[RuleClass],
    settings: &NamingSettings,
) -> Result<NamedRule, NameError> {
    let rules = classes.len();
    let known = |p: &&f64| **p >= 0.0 && p.is_finite();
    let priors = settings.prior.iter().filter(known).count();
    if priors != rules || settings.prior.len() != rules || settings.prior.iter().sum::<f64>() <= 0.0 {
        return Err(NameError::Prior {
            given: settings.prior.len(),
            rules,
        });
    }
    if networks.len() < LEAST * rules {
        return Err(NameError::TooFew {
            networks: networks.len(),
            rules,
            needed: LEAST * rules,
        });
    }
    let view = View::of(recording, settings);
    let (columns, row) = view.of_recording(recording);
    if columns.is_empty() {
        return Err(NameError::NothingSeen);
    }
    let x = view.of_networks(networks, &columns, 1.0);
    let labels: Vec<usize> = networks.iter().map(|network| network.plan.class).collect();
    let held_out = cross_validated(&x, &x, &labels, rules, settings.seed);
    let classifier = RuleClassifier::fit(&x, &labels, rules, settings.seed);
    let row_of = |row: &[f64]| Tensor::new([1, row.len()], row.to_vec());
    let p = classifier.probabilities(&row_of(&row));
    let posterior = posterior(p.row(0), &settings.prior);
    let first = largest(&posterior);
    let mut others = posterior.clone();
    others[first] = -1.0;
    let second = largest(&others);
    let conformal = Conformal::of(&held_out, &labels);
    let names = named(&held_out);
    let right = |same: &dyn Fn(usize, usize) -> bool, sure: &dyn Fn(f64) -> bool| {
        let judged = (0..labels.len()).filter(|&k| sure(held_out.row(k)[names[k]]));
        let right = judged.map(|k| f64::from(u8::from(same(names[k], labels[k]))));
        Estimate::of(&right.collect::<Vec<f64>>(), 0)
    };
    let same = |a: usize, b: usize| a == b;
    let family = |a: usize, b: usize| classes[a].family == classes[b].family;
    let as_sure = |q: f64| (q - p.row(0)[first]).abs() <= 0.1;
    let mut warped = Vec::new();
    for warp in WARPS {
        let warped_x = view.of_networks(networks, &columns, warp);
        let other = match warp {
            1.0 => p.clone(),
            _ => RuleClassifier::fit(&warped_x, &labels, rules, settings.seed)
                .probabilities(&row_of(&row)),
        };
        warped.push((warp, largest(&self::posterior(other.row(0), &settings.prior))));
    }
    Ok(NamedRule {
        families: families(&posterior, classes),
        p_values: conformal.p_values(p.row(0)),
        not_excluded: conformal.not_excluded(p.row(0), settings.alpha),
        named: first,
        accuracy: right(&same, &|_| true).expect("there are networks"),
        family_accuracy: right(&family, &|_| true).expect("there are networks"),
        right_when_as_sure: right(&same, &as_sure),
        calibration_error: expected_calibration_error(&held_out, &labels, 10),
        conditions: view.conditions(),
        noise: view.noise,
        spoke: view.spoke(&columns, &classifier.evidence(&row, first, second)),
        second,
        unlikeness: view.unlikeness(&columns, &classifier, &x, &row, (&labels, rules)),
        warped,
        networks: networks.len(),
        posterior,
    })
}

fn posterior(p: &[f64], prior: &[f64]) -> Vec<f64> {
    // The classifier's own prior is that of the networks: as many of each rule.
    let product: Vec<f64> = p.iter().zip(prior).map(|(p, prior)| p * prior).collect();
    let sum: f64 = product.iter().sum();
    product.into_iter().map(|p| p / sum).collect()
}

fn families(posterior: &[f64], classes: &[RuleClass]) -> Vec<(RuleFamily, f64)> {
    let mut families: Vec<(RuleFamily, f64)> = Vec::new();
    for (class, p) in classes.iter().zip(posterior) {
        match families.iter_mut().find(|(family, _)| *family == class.family) {
            Some((_, sum)) => *sum += p,
            None => families.push((class.family, *p)),
        }
    }
    families.sort_by(|a, b| b.1.total_cmp(&a.1));
    families
}

/// How recording and networks are seen.
struct View {
    /// Statistics of weights, then those of activity with behaviour.
    sets: [FeatureSet; 2],
    /// The numbers of the conditions of both.
    conditions: [usize; 2],
    noise: [Option<f64>; 2],
    places: Vec<f64>,
}

impl View {
    fn of(recording: &SeenRecording, settings: &NamingSettings) -> Self {
        let observables = [Observable::Weights, Observable::Activity];
        let places = recording.places();
        let noise = [0, 1].map(|k| settings.noise[k].or(recording.noise(observables[k])));
        let condition = |k: usize| {
            let units = recording.units_seen(observables[k]);
            Condition::nearest(Some(units), noise[k].unwrap_or(0.0))
        };
        let set = |k: usize| FeatureSet {
            behaviour: k == 1,
            scale: FeatureScale::Relative,
            ..FeatureSet::of(&[observables[k]]).at(places.clone())
        };
        View {
            sets: [set(0), set(1)],
            conditions: [condition(0), condition(1)],
            noise,
            places,
        }
    }

    /// Which features can be computed of the recording, and these.
    fn of_recording(&self, recording: &SeenRecording) -> (Vec<usize>, Vec<f64>) {
        let all: Vec<f64> = self.sets.iter().flat_map(|set| set.of_network(recording)).collect();
        let columns: Vec<usize> = (0..all.len()).filter(|&k| all[k].is_finite()).collect();
        let row = columns.iter().map(|&k| all[k]).collect();
        (columns, row)
    }

    /// The same features of networks, at the places to the power `warp`.
    fn of_networks(&self, networks: &[NetworkRecord], columns: &[usize], warp: f64) -> Tensor<f64> {
        let places: Vec<f64> = self.places.iter().map(|place| place.powf(warp)).collect();
        let sets = self.sets.clone().map(|set| set.at(places.clone()));
        let mut data = Vec::with_capacity(networks.len() * columns.len());
        for record in networks {
            let both = sets.iter().zip(self.conditions);
            let all: Vec<f64> = both
                .flat_map(|(set, condition)| set.of_network(&Sight { record, condition }))
                .collect();
            data.extend(columns.iter().map(|&k| all[k]));
        }
        Tensor::new([networks.len(), columns.len()], data)
    }

    fn conditions(&self) -> [Option<Condition>; 2] {
        self.conditions.map(|k| Some(CONDITIONS[k]))
    }

    /// The statistic of each column; none of behaviour.
    fn origins(&self, columns: &[usize]) -> Vec<Option<usize>> {
        let all: Vec<Option<usize>> = self.sets.iter().flat_map(FeatureSet::origins).collect();
        columns.iter().map(|&k| all[k]).collect()
    }

    fn spoke(&self, columns: &[usize], evidence: &[f64]) -> Vec<Spoke> {
        let mut sums = [0.0; RELEASED.len()];
        for (origin, term) in self.origins(columns).into_iter().zip(evidence) {
            if let Some(k) = origin {
                sums[k] += term;
            }
        }
        let spoke = sums.iter().zip(RELEASED).filter(|(sum, _)| **sum != 0.0);
        let mut spoke: Vec<Spoke> = spoke
            .map(|(&log_odds, statistic)| Spoke {
                statistic,
                log_odds,
            })
            .collect();
        spoke.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        spoke
    }

    /// By the features of the last time.
    fn unlikeness(
        &self,
        columns: &[usize],
        classifier: &RuleClassifier,
        x: &Tensor<f64>,
        row: &[f64],
        (labels, rules): (&[usize], usize),
    ) -> Option<Unlikeness> {
        let count = self.places.len();
        let is_last = |column: usize| column / 4 % count == count - 1;
        let last: Vec<usize> = (0..columns.len()).filter(|&k| is_last(columns[k])).collect();
        let scores = classifier.scores(x).index_select(1, &last);
        let here = classifier.scores(&Tensor::new([1, row.len()], row.to_vec()));
        Unlikeness::of(here.index_select(1, &last).row(0), &scores, labels, rules)
    }
}
