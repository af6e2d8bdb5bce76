//! How a recording is seen, and networks with it.

use metaplast_numbers::sorting::sort_by;
use metaplast_tensor::Tensor;

use super::name::{NamingSettings, Spoke};
use super::seen::SeenRecording;
use crate::features::{FeatureScale, FeatureSet, Sight};
use crate::statistics::{Observable, RELEASED};
use crate::virtual_networks::{CONDITIONS, Condition, NetworkRecord};

/// How recording and networks are seen.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Statistics of weights, then those of activity with behaviour.
    sets: [FeatureSet; 2],
    /// The numbers of the conditions of both.
    pub(super) conditions: [usize; 2],
    pub(super) noise: [Option<f64>; 2],
    pub(super) places: Vec<f64>,
}

impl View {
    pub(super) fn of(recording: &SeenRecording, settings: &NamingSettings) -> Self {
        let observables = [Observable::Weights, Observable::Activity];
        let places = recording.places();
        let noise = [0, 1].map(|k| settings.noise[k].or(recording.noise(observables[k])));
        let condition = |k: usize| recording.condition(observables[k], noise[k]).nearest();
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

    /// All features of the recording, NaN where they cannot be computed.
    pub(super) fn all_of_recording(&self, recording: &SeenRecording) -> Vec<f64> {
        let each = self.sets.iter().map(|set| set.of_network(recording));
        each.collect::<Vec<_>>().concat()
    }

    /// Which features can be computed of the recording, and these.
    pub(super) fn of_recording(&self, recording: &SeenRecording) -> (Vec<usize>, Vec<f64>) {
        let all = self.all_of_recording(recording);
        let columns: Vec<usize> = (0..all.len()).filter(|&k| all[k].is_finite()).collect();
        let row = columns.iter().map(|&k| all[k]).collect();
        (columns, row)
    }

    /// The same features of networks, at the places to the power `warp`.
    pub(super) fn of_networks(
        &self,
        networks: &[NetworkRecord],
        columns: &[usize],
        warp: f64,
    ) -> Tensor<f64> {
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

    pub(super) fn conditions(&self) -> [Option<Condition>; 2] {
        self.conditions.map(|k| Some(CONDITIONS[k]))
    }

    /// Whether each column is of the last time.
    pub(super) fn is_last(&self, columns: &[usize]) -> Vec<bool> {
        let sets = self.sets.iter();
        let all: Vec<usize> = sets.flat_map(FeatureSet::places_of_features).collect();
        let last = self.places.len() - 1;
        columns.iter().map(|&k| all[k] == last).collect()
    }

    /// The statistic of each column; none of behaviour.
    fn origins(&self, columns: &[usize]) -> Vec<Option<usize>> {
        let all: Vec<Option<usize>> = self.sets.iter().flat_map(FeatureSet::origins).collect();
        columns.iter().map(|&k| all[k]).collect()
    }

    pub(super) fn spoke(&self, columns: &[usize], evidence: &[f64]) -> Vec<Spoke> {
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
        sort_by(&mut spoke, |a, b| {
            b.log_odds.abs().total_cmp(&a.log_odds.abs())
        });
        spoke
    }
}
