//! Recordings of virtual networks.

use std::collections::BTreeMap;
use std::sync::Arc;

use metaplast_data::Dataset;
use metaplast_meta::fit::Teaching;
use metaplast_plasticity::Output;
use metaplast_tensor::{Random, Tensor};

use super::recording::{AreaRecording, ExperimentRecording};
use super::steps::RecordedSteps;
use crate::splits::shuffled;
use crate::virtual_networks::{
    Condition, Diverged, NetworkPlan, RuleClass, STEPS, Snapshot, TIMES, first_weights, halving,
    learn, lessons,
};

/// Which part of a network is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedPart {
    /// Units, noise and probes.
    pub condition: Condition,
    /// Whether weights are recorded.
    pub weights: bool,
    /// Whether activity is recorded.
    pub activity: bool,
    /// Every so many of the 21 times.
    pub every: usize,
    /// Whether it is recorded what the network learned from in each step, and its feedback weights.
    pub steps: bool,
}

impl Default for RecordedPart {
    /// All units without noise, weights and activity, 32 probes, all times, but not the steps.
    fn default() -> Self {
        RecordedPart {
            condition: Condition {
                probes: Some(32),
                ..Condition::FULL
            },
            weights: true,
            activity: true,
            every: 1,
            steps: false,
        }
    }
}

/// Lets a network learn and records it: the activity of every layer, of the last one z, its weights from
/// the layer before, and its performance. Noise is independent at each time. Where the weights grow
/// without bounds, the learning rate is halved and it begins again, as
/// [`NetworkRecord::simulate`](crate::virtual_networks::NetworkRecord::simulate) has it.
///
/// # Errors
/// When they still do after 8 halvings.
///
/// # Panics
/// When every 0 times are to be recorded.
pub fn record(
    plan: &NetworkPlan,
    rule: &RuleClass,
    images: &Arc<Dataset>,
    part: &RecordedPart,
) -> Result<ExperimentRecording, Diverged> {
    assert!(part.every > 0, "record: every 0 times");
    halving(plan, |plan| try_record(plan, rule, images, part))
}

fn try_record(
    plan: &NetworkPlan,
    rule: &RuleClass,
    images: &Arc<Dataset>,
    part: &RecordedPart,
) -> Result<ExperimentRecording, Diverged> {
    let (mut times, mut behaviour) = (Vec::new(), Vec::new());
    let mut seen: Vec<Snapshot> = Vec::new();
    learn(plan, rule, images, |time, snapshot| {
        if time % part.every == 0 || time + 1 == TIMES {
            times.push((time * (STEPS / (TIMES - 1))) as f64);
            behaviour.push(snapshot.performance);
            seen.push(snapshot.clone());
        }
    })?;
    let mut noise = Random::new(plan.seed ^ 0x4e01);
    let sizes = plan.network().sizes().to_vec();
    let chosen: Vec<Vec<usize>> = sizes
        .iter()
        .zip(0..)
        .map(|(&n, l)| {
            let mut units = shuffled(n, &[plan.seed, 5, l]);
            units.truncate(part.condition.units.unwrap_or(n));
            units.sort_unstable();
            units
        })
        .collect();
    let mut area = |layer: usize| {
        let columns = (&chosen[layer], &chosen[layer + 1]);
        let activity = |s: &Snapshot| {
            let all = s.activity[layer].dims()[0];
            let probes = part.condition.probes.unwrap_or(all).min(all);
            let probes: Vec<usize> = (0..probes).collect();
            let some = s.activity[layer].index_select(0, &probes);
            some.index_select(1, columns.1).cast::<f64>()
        };
        let weights = |s: &Snapshot| {
            let rows = s.weights[layer].index_select(0, columns.1);
            rows.index_select(1, columns.0).cast::<f64>()
        };
        let mut noisy = |each: Vec<Tensor<f64>>| {
            let sd = each[0].std() * part.condition.noise;
            let each = each.into_iter().map(|mut array| {
                if sd > 0.0 {
                    array.map_in_place(|x| x + sd * noise.normal());
                }
                array
            });
            Tensor::stack(&each.collect::<Vec<_>>(), 0)
        };
        AreaRecording {
            number: layer + 1,
            activity: part
                .activity
                .then(|| noisy(seen.iter().map(activity).collect())),
            weights: part
                .weights
                .then(|| noisy(seen.iter().map(weights).collect())),
        }
    };
    Ok(ExperimentRecording {
        steps: part.steps.then(|| steps_of(plan, rule, images)),
        times,
        behaviour: Some(behaviour),
        areas: match part.weights || part.activity {
            true => (0..sizes.len() - 1).map(&mut area).collect(),
            false => Vec::new(),
        },
    })
}

/// What a network learns from in each step, and its feedback weights.
fn steps_of(plan: &NetworkPlan, rule: &RuleClass, images: &Arc<Dataset>) -> RecordedSteps {
    let examples = lessons(plan, images);
    let label = |target: &[f64]| target.iter().position(|&t| t == 1.0).unwrap_or(0);
    let teaching = match plan.task.output() {
        Output::Softmax => Teaching::Labels(examples.targets.rows().map(label).collect()),
        _ => Teaching::Targets(examples.targets),
    };
    let [_, feedback] = first_weights(plan, rule);
    let feedback = feedback.matrices().into_iter().zip(1..);
    RecordedSteps {
        inputs: examples.inputs,
        batch: plan.batch,
        teaching,
        first_weights: BTreeMap::new(),
        feedback: feedback.map(|(b, l)| (l, b.cast())).collect(),
        activity: BTreeMap::new(),
    }
}
