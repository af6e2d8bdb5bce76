//! Missing memory: whether the past of the activity explains what a rule leaves unexplained.
//!
//! A rule that cannot say the truth is fitted all the same, with intervals that may be narrow and wrong:
//! of BCM with a sliding threshold a rule without memory finds no trace. So, where the descent has ended,
//! terms are added at coefficient zero, some of the present alone and some of slow means of the past, and
//! the quadratic that the residuals' derivatives give tells by how much the loss would fall (a score
//! test; Rao 1948). What counts is what the past adds to the present.

use std::iter;

use metaplast_plasticity::{IncrementOptimizer, Memory, NamedSignal, Rule, Term};

use super::descent::{change, quadratic_step};
use super::recording::Recording;
use super::residuals::Residuals;
use super::sums::Sums;
use crate::start::Model;

/// Slow means, over about twenty steps, of what a layer sees.
const PAST: [&str; 4] = [
    "past_y_ = past_y_ + 0.05 * (y - past_y_)",
    "past_y2_ = past_y2_ + 0.05 * (y .* y - past_y2_)",
    "past_pre_ = past_pre_ + 0.05 * (y_pre - past_pre_)",
    "past_e_ = past_e_ + 0.05 * (e - past_e_)",
];

/// Terms of the present, then those of the past.
const PRESENT: [&str; 3] = ["y * y_pre^T", "y .* y * y_pre^T", "W"];
const WITH_PAST: [&str; 7] = [
    "past_y_ * y_pre^T",
    "y .* past_y_ * y_pre^T",
    "y .* past_y2_ * y_pre^T",
    "y * past_pre_^T",
    "e * past_pre_^T",
    "past_e_ * y_pre^T",
    "past_y2_ .* e * y_pre^T",
];

/// The least part of the loss that counts, and how many times what chance explains.
const LEAST: f64 = 0.1;
const CHANCE: f64 = 5.0;

/// Terms that are added for a while.
pub(super) const PROBES: usize = PRESENT.len() + WITH_PAST.len();

/// The part of the loss at `theta` by which it would fall if terms of the past were added to the rule and
/// terms of the present; none where it is less than a tenth, or may be chance.
pub(super) fn explained_by_past(
    model: &Model,
    recordings: &[Recording],
    increment: IncrementOptimizer,
    theta: &[f64],
    horizon: usize,
) -> Option<f64> {
    let (probed, places) = with_probes(model, theta)?;
    let residuals = Residuals::new(&probed, recordings, increment);
    let sums = residuals.sums(probed.rule.theta(), horizon, 1);
    let total = Sums::total(sums.iter().flatten());
    let loss = residuals.loss(&total.squares);
    let all: Vec<usize> = (0..probed.rule.theta().len()).collect();
    let past = &places[places.len() / PROBES * PRESENT.len()..];
    let is_past = |place: &usize| past.contains(place);
    let without_past: Vec<usize> = all.iter().copied().filter(|r| !is_past(r)).collect();
    let share = (fall(&total, &all)? - fall(&total, &without_past)?) / loss;
    // Of noise, as many terms explain about as many parts of all its numbers.
    let numbers: usize = residuals.counts().iter().sum();
    let chance = CHANCE * past.len() as f64 / numbers as f64;
    // Where nothing is left but rounding, nothing can be explained.
    (share >= LEAST.max(chance) && loss > 1e-12).then_some(share.min(1.0))
}

const DAMPING: f64 = 1e-10;

/// A beginning of names that no term, memory or constant of the rule has: `stem_`, or with a number.
fn unused(rule: &Rule, stem: &str) -> String {
    let terms = rule.terms().iter().map(Term::symbol);
    let memories = rule.memories().iter().map(Memory::name);
    let constants = rule.constants().iter().map(NamedSignal::name);
    let names: Vec<&str> = terms.chain(memories).chain(constants).collect();
    let is_unused = |start: &String| !names.iter().any(|name| name.starts_with(start.as_str()));
    let numbered = (0..).map(|k| format!("{stem}{k}_"));
    let mut all = iter::once(format!("{stem}_")).chain(numbered);
    all.find(is_unused).expect("a rule has not all names")
}

/// The model with all probes at coefficient 0 beside the rule's own θ, and the probes' places in θ; none
/// where a rule cannot have so many terms.
fn with_probes(model: &Model, theta: &[f64]) -> Option<(Model, Vec<usize>)> {
    let rule = &model.rule;
    let mut memories = rule.memories().to_vec();
    let (past, probe) = (unused(rule, "past"), unused(rule, "probe"));
    let named = |text: &str| text.replace("past_", &past);
    for text in PAST {
        let memory = Memory::parse(&named(text), &memories).ok()?;
        memories.push(memory);
    }
    let signals = Memory::signals(&memories);
    let texts = PRESENT.iter().chain(&WITH_PAST).enumerate();
    let probes =
        texts.map(|(k, text)| Term::read_with(&format!("{probe}{k}_"), &named(text), &signals));
    let probes: Vec<Term> = probes.collect::<Result<_, _>>().ok()?;
    let terms = rule.terms().iter().cloned().chain(probes);
    let probed = Rule::new(terms)
        .and_then(|rule| rule.with_memories(memories))
        .ok()?;
    let (probed, each) = match rule.layers() {
        None => (probed, 1),
        Some(layers) => (probed.per_layer(layers), layers),
    };
    // Terms of the pool come first, then the rule's own, then the probes.
    let first = rule.term_coefficients();
    let mut extended = theta[..first].to_vec();
    extended.resize(first + PROBES * each, 0.0);
    extended.extend(&theta[first..]);
    let probed = Model {
        rule: probed.try_with_theta(&extended).ok()?,
        ..model.clone()
    };
    // By probe and layer: those of the present stay in front.
    let places = (first..first + PROBES * each).collect();
    Some((probed, places))
}

/// By how much the loss falls, to second order, when these coefficients move.
fn fall(total: &Sums, places: &[usize]) -> Option<f64> {
    let p = total.gradient.len();
    let sums = Sums {
        squares: Vec::new(),
        gradient: places.iter().map(|&r| total.gradient[r]).collect(),
        curvature: places
            .iter()
            .flat_map(|&i| places.iter().map(move |&j| total.curvature[i * p + j]))
            .collect(),
    };
    let still = vec![0.0; places.len()];
    let step = quadratic_step(&sums, &still, &still, DAMPING)?;
    Some(-change(&sums, &still, &step, &still))
}
