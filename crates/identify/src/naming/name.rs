//! The classifier that is trained on networks seen as the recording is, and its answer.

use metaplast_numbers::Estimate;
use metaplast_numbers::sorting::sort_by;
use metaplast_tensor::Tensor;
use thiserror::Error;

use super::merged::{is_merged, merged_with};
use super::seen::SeenRecording;
use super::unlike::Unlikeness;
use super::view::View;
use crate::calibration::{
    at_temperature, confirmed_temperature, expected_calibration_error, largest,
};
use crate::classifier::{CrossValidation, RuleClassifier, named};
use crate::conformal::{Conformal, above};
use crate::statistics::Statistic;
use crate::virtual_networks::{Condition, NetworkRecord, RuleClass, RuleFamily};

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

/// Rules that can hardly be told apart, as one.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedRules {
    /// The rules; one alone where there is no other like it.
    pub rules: Vec<usize>,
    /// Their probability together, the largest of all.
    pub posterior: f64,
    /// The part of networks seen alike that is named right when such rules count as one.
    pub accuracy: Estimate,
    /// Of networks of these rules that are named one of them, the part that is named right: 0.5 where two
    /// cannot be told apart at all. None of one rule alone.
    pub told_apart: Option<Estimate>,
}

/// What is said of a recording.
#[derive(Clone, Debug)]
pub struct NamedRule {
    /// The probability of each rule under the prior.
    pub posterior: Vec<f64>,
    /// Families with their probabilities, the most probable first.
    pub families: Vec<(RuleFamily, f64)>,
    /// The most probable rule, or rules that can hardly be told apart.
    pub merged: MergedRules,
    /// The conformal p-value of each rule, by which each rule is excluded wrongly with its own probability
    /// α at most, see [`Conformal::by_class`].
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
    /// The temperature of the probabilities, 1 where none was confirmed.
    pub temperature: f64,
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
const WARPS: [f64; 2] = [0.5, 2.0];
/// Networks of each rule that a classifier needs.
pub const NETWORKS_PER_RULE: usize = 5;

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
    let namer = RuleNamer::train(recording, networks, classes, settings)?;
    let named = namer.name(recording);
    Ok(NamedRule {
        unlikeness: namer.unlikeness(recording),
        warped: namer.warped(recording),
        ..named
    })
}

/// A classifier that was trained for recordings of one kind.
#[derive(Clone, Debug)]
pub struct RuleNamer<'a> {
    networks: &'a [NetworkRecord],
    classes: &'a [RuleClass],
    settings: NamingSettings,
    view: View,
    /// Features that can be computed of such recordings.
    columns: Vec<usize>,
    /// Those of all networks.
    x: Tensor<f64>,
    labels: Vec<usize>,
    cross: CrossValidation,
    /// Probabilities of each network by classifiers that have not seen it, at the temperature.
    held_out: Tensor<f64>,
    temperature: f64,
    conformal: Conformal,
    classifier: RuleClassifier,
}

impl<'a> RuleNamer<'a> {
    /// Trains for recordings such as this one.
    ///
    /// # Errors
    /// When there are too few networks, nothing is seen, or there is not one prior for each rule.
    pub fn train(
        recording: &SeenRecording,
        networks: &'a [NetworkRecord],
        classes: &'a [RuleClass],
        settings: &NamingSettings,
    ) -> Result<Self, NameError> {
        let rules = classes.len();
        let known = settings.prior.iter().all(|p| *p >= 0.0 && p.is_finite());
        let possible = known && settings.prior.iter().sum::<f64>() > 0.0;
        if settings.prior.len() != rules || !possible {
            return Err(NameError::Prior {
                given: settings.prior.len(),
                rules,
            });
        }
        if networks.len() < NETWORKS_PER_RULE * rules {
            return Err(NameError::TooFew {
                networks: networks.len(),
                rules,
                needed: NETWORKS_PER_RULE * rules,
            });
        }
        let view = View::of(recording, settings);
        let (columns, _) = view.of_recording(recording);
        if columns.is_empty() {
            return Err(NameError::NothingSeen);
        }
        let x = view.of_networks(networks, &columns, 1.0);
        let labels: Vec<usize> = networks.iter().map(|network| network.plan.class).collect();
        let cross = CrossValidation::fit(&x, &labels, rules, settings.seed);
        let held_out = cross.held_out(&x);
        let temperature = confirmed_temperature(&held_out, &labels, settings.seed);
        let held_out = at_temperature(&held_out, temperature);
        Ok(RuleNamer {
            networks,
            classes,
            conformal: Conformal::by_class(&held_out, &labels, &cross.folds),
            held_out,
            temperature,
            cross,
            classifier: RuleClassifier::fit(&x, &labels, rules, settings.seed),
            settings: settings.clone(),
            view,
            columns,
            x,
            labels,
        })
    }

    /// Whether it was trained for recordings such as this one: of the same observables and times, about as
    /// many units and as much noise.
    #[must_use]
    pub fn fits(&self, recording: &SeenRecording) -> bool {
        let view = View::of(recording, &self.settings);
        view.conditions == self.view.conditions
            && view.places == self.view.places
            && view.of_recording(recording).0 == self.columns
    }

    /// The features of a recording.
    fn row(&self, recording: &SeenRecording) -> Tensor<f64> {
        let all = self.view.all_of_recording(recording);
        let row: Vec<f64> = self.columns.iter().map(|&k| all[k]).collect();
        Tensor::new([1, row.len()], row)
    }

    /// What is said of a recording, but for its unlikeness and other times, which take longer.
    #[must_use]
    pub fn name(&self, recording: &SeenRecording) -> NamedRule {
        let row = self.row(recording);
        let p = at_temperature(&self.classifier.probabilities(&row), self.temperature);
        let posterior = posterior(p.row(0), &self.settings.prior);
        let first = largest(&posterior);
        let mut others = posterior.clone();
        others[first] = -1.0;
        let second = largest(&others);
        let p_values = self
            .conformal
            .p_values_across_folds(&self.cross.of_each(&row));
        let names = named(&self.held_out);
        let right = |same: &dyn Fn(usize, usize) -> bool, sure: &dyn Fn(f64) -> bool| {
            let judged = (0..names.len()).filter(|&k| sure(self.held_out.row(k)[names[k]]));
            let right = judged.map(|k| f64::from(u8::from(same(names[k], self.labels[k]))));
            Estimate::of(&right.collect::<Vec<f64>>(), 0)
        };
        let same = |a: usize, b: usize| a == b;
        let family = |a: usize, b: usize| self.classes[a].family == self.classes[b].family;
        let as_sure = |q: f64| (q - p.row(0)[largest(p.row(0))]).abs() <= 0.1;
        let evidence = self.classifier.evidence(row.row(0), first, second);
        NamedRule {
            families: families(&posterior, self.classes),
            merged: self.merged(&posterior, &names),
            not_excluded: above(&p_values, self.settings.alpha),
            p_values,
            named: first,
            accuracy: right(&same, &|_| true).expect("there are networks"),
            family_accuracy: right(&family, &|_| true).expect("there are networks"),
            right_when_as_sure: right(&same, &as_sure),
            calibration_error: expected_calibration_error(&self.held_out, &self.labels, 10),
            temperature: self.temperature,
            conditions: self.view.conditions(),
            noise: self.view.noise,
            spoke: self.view.spoke(&self.columns, &evidence),
            second,
            unlikeness: None,
            warped: Vec::new(),
            networks: self.networks.len(),
            posterior,
        }
    }

    /// Of networks of a rule, the part that is named right when they are seen alike.
    ///
    /// # Panics
    /// When there is no such rule.
    #[must_use]
    #[track_caller]
    pub fn recall(&self, rule: usize) -> Estimate {
        let names = named(&self.held_out);
        let of_rule = names
            .iter()
            .zip(&self.labels)
            .filter(|(_, label)| **label == rule);
        let right = of_rule.map(|(name, _)| f64::from(u8::from(*name == rule)));
        Estimate::of(&right.collect::<Vec<f64>>(), 0).expect("there are networks of each rule")
    }

    /// The most probable rules when those that can hardly be told apart count as one; `names` are those of
    /// all networks.
    fn merged(&self, posterior: &[f64], names: &[usize]) -> MergedRules {
        let sum = |rules: &[usize]| rules.iter().map(|&k| posterior[k]).sum::<f64>();
        let groups = (0..posterior.len()).map(|k| merged_with(self.classes, k));
        let more = |best: Vec<usize>, other: Vec<usize>| match sum(&other) > sum(&best) {
            true => other,
            false => best,
        };
        let rules = groups.reduce(more).expect("there are rules");
        let pairs = || names.iter().copied().zip(self.labels.iter().copied());
        let truth = |holds: bool| f64::from(u8::from(holds));
        let right = pairs().map(|(name, label)| truth(is_merged(self.classes, name, label)));
        let among = pairs().filter(|(name, label)| rules.contains(name) && rules.contains(label));
        let apart = among.map(|(name, label)| truth(name == label));
        MergedRules {
            posterior: sum(&rules),
            accuracy: Estimate::of(&right.collect::<Vec<f64>>(), 0).expect("there are networks"),
            told_apart: match rules.len() {
                1 => None,
                _ => Estimate::of(&apart.collect::<Vec<f64>>(), 0),
            },
            rules,
        }
    }

    /// What is named when learning runs as a power of the recording's time: the exponent, and the rule.
    #[must_use]
    pub fn warped(&self, recording: &SeenRecording) -> Vec<(f64, usize)> {
        let row = self.row(recording);
        let with = |warp: f64| {
            let x = self.view.of_networks(self.networks, &self.columns, warp);
            let rules = self.classes.len();
            let fitted = RuleClassifier::fit(&x, &self.labels, rules, self.settings.seed);
            let p = at_temperature(&fitted.probabilities(&row), self.temperature);
            largest(&posterior(p.row(0), &self.settings.prior))
        };
        WARPS.map(|warp| (warp, with(warp))).to_vec()
    }

    /// How far a recording lies from the networks of all rules, by the features of the last time; `None`
    /// where there are too few networks.
    #[must_use]
    pub fn unlikeness(&self, recording: &SeenRecording) -> Option<Unlikeness> {
        let is_last = self.view.is_last(&self.columns);
        let last: Vec<usize> = (0..self.columns.len()).filter(|&k| is_last[k]).collect();
        let scores = |x: &Tensor<f64>| self.classifier.scores(x).index_select(1, &last);
        let here = scores(&self.row(recording));
        Unlikeness::of(
            here.row(0),
            &scores(&self.x),
            &self.labels,
            self.classes.len(),
        )
    }
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
        match families
            .iter_mut()
            .find(|(family, _)| *family == class.family)
        {
            Some((_, sum)) => *sum += p,
            None => families.push((class.family, *p)),
        }
    }
    sort_by(&mut families, |a, b| b.1.total_cmp(&a.1));
    families
}
