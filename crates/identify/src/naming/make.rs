//! Recordings of virtual networks.

use std::sync::Arc;

use metaplast_data::Dataset;
use metaplast_tensor::{Random, Tensor};

use super::recording::{AreaRecording, ExperimentRecording};
use crate::splits::shuffled;
use crate::virtual_networks::{
    Condition, Diverged, NetworkPlan, RuleClass, Snapshot, TIMES, halving, learn,
};

/// Which part of a network is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedPart {
    /// Units and noise.
    pub condition: Condition,
    /// Whether weights are recorded.
    pub weights: bool,
    /// Whether activity is recorded.
    pub activity: bool,
    /// Probes whose activity is recorded, at most.
    pub probes: usize,
    /// Every so many of the 21 times.
    pub every: usize,
}

impl Default for RecordedPart {
    /// All units without noise, weights and activity, 32 probes, all times.
    fn default() -> Self {
        RecordedPart {
            condition: Condition {
                units: None,
                noise: 0.0,
            },
            weights: true,
            activity: true,
            probes: 32,
            every: 1,
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
            times.push(time as f64);
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
            let probes: Vec<usize> = (0..s.activity[layer].dims()[0].min(part.probes)).collect();
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
        times,
        behaviour: Some(behaviour),
        areas: (0..sizes.len() - 1).map(&mut area).collect(),
    })
}
