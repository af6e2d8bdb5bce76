//! Clips that are learned from and judged by.

use metaplast_numbers::streams;
use metaplast_tensor::Random;

use crate::clip::SpikeClips;

/// Purposes in the names of streams.
const TASK: u64 = 11;
const STREAM: u64 = 12;

/// Clips to learn from, in their order, and clips to be judged by.
#[derive(Clone, Debug)]
pub(super) struct SpikingTask {
    /// From which weights and teaching weights are drawn.
    pub(super) seed: u64,
    pub(super) support: Vec<usize>,
    pub(super) query: Vec<usize>,
}

/// `shots` and `queries` clips of each class, in an order that is drawn anew, with the same seed for the same
/// `number`.
pub(super) fn task(
    clips: &SpikeClips,
    places: &[usize],
    [shots, queries]: [usize; 2],
    (seed, number): (u64, u64),
) -> SpikingTask {
    let seed = streams::seed(&[seed, TASK, number]);
    let order = Random::new(seed).permutation(places.len());
    let mut counts = vec![0; clips.classes.len()];
    let (mut support, mut query) = (Vec::new(), Vec::new());
    for k in order {
        let place = places[k];
        let count = &mut counts[clips.clips[place].label];
        *count += 1;
        if *count <= shots {
            support.push(place);
        } else if *count <= shots + queries {
            query.push(place);
        }
    }
    SpikingTask {
        seed,
        support,
        query,
    }
}

/// So many of these clips, each once, in an order that is drawn, judged by others.
pub(super) fn stream(
    places: &[usize],
    query: &[usize],
    count: usize,
    (seed, number): (u64, u64),
) -> SpikingTask {
    let seed = streams::seed(&[seed, STREAM, number]);
    let order = Random::new(seed).permutation(places.len());
    let support = order.into_iter().take(count).map(|k| places[k]).collect();
    SpikingTask {
        seed,
        support,
        query: query.to_vec(),
    }
}
