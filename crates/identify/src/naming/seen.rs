//! The statistics of a recording, and its noise.

use metaplast_numbers::statistics::{mean, median};
use metaplast_tensor::Tensor;

use super::recording::{AreaRecording, ExperimentRecording};
use crate::features::Sighted;
use crate::statistics::{Observable, RELEASED};
use crate::virtual_networks::{ActivitySums, Condition, weight_statistics};

/// The statistics of a recording at all its times.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenRecording {
    /// Times as fractions of the whole course, 0 to 1.
    places: Vec<f64>,
    behaviour: Option<Vec<f64>>,
    /// `[areas][times][24]`, NaN of what is not recorded.
    statistics: Vec<Vec<[f64; RELEASED.len()]>>,
    /// Units of each area whose activity is recorded, in the median.
    units: Vec<usize>,
    /// Synapses of each area, in the median.
    synapses: Vec<usize>,
    /// Probes of each area, at most.
    probes: Vec<usize>,
    /// Relative noise of weights and of activity, where there are three times.
    noise: [Option<f64>; 2],
}

impl SeenRecording {
    /// Of a recording.
    #[must_use]
    pub fn of(recording: &ExperimentRecording) -> Self {
        let (first, last) = (
            recording.times[0],
            recording.times[recording.times.len() - 1],
        );
        let places = recording.times.iter().map(|t| (t - first) / (last - first));
        let areas = &recording.areas;
        let of_each = |of: fn(&AreaRecording) -> usize| areas.iter().map(of).collect::<Vec<_>>();
        let (units, synapses) = (of_each(units_of), of_each(synapses_of));
        let count = recording.times.len();
        let area = |(k, area): (usize, &AreaRecording)| -> Vec<[f64; RELEASED.len()]> {
            let at = |time| statistics_of(area, time, units[k], synapses[k]);
            (0..count).map(at).collect()
        };
        let noise_of = |of: fn(&AreaRecording) -> Option<&Tensor<f64>>| {
            noise(&areas.iter().filter_map(of).collect::<Vec<_>>())
        };
        SeenRecording {
            places: places.collect(),
            behaviour: recording.behaviour.clone(),
            statistics: areas.iter().enumerate().map(area).collect(),
            noise: [
                noise_of(|area| area.weights.as_ref()),
                noise_of(|area| area.activity.as_ref()),
            ],
            units,
            synapses,
            probes: of_each(probes_of),
        }
    }

    /// Places of the times after the first, at most eight, as evenly spread as they can be.
    #[must_use]
    pub fn places(&self) -> Vec<f64> {
        let later = &self.places[1..];
        let n = later.len().min(8);
        (1..=n).map(|k| later[k * later.len() / n - 1]).collect()
    }

    /// The relative noise that was estimated, of weights or of activity: none where there are fewer than
    /// three times.
    #[must_use]
    pub fn noise(&self, observable: Observable) -> Option<f64> {
        match observable {
            Observable::Weights => self.noise[0],
            _ => self.noise[1],
        }
    }

    /// How an area is seen, in the median over areas: units, where weights are seen the root of the number of
    /// synapses, and the probes in which activity is seen; with noise as it was given, or as it was estimated
    /// where it was not.
    #[must_use]
    pub fn condition(&self, observable: Observable, noise: Option<f64>) -> Condition {
        let middle = |counts: &[usize], of: fn(f64) -> f64| {
            let some = counts.iter().filter(|&&n| n > 0);
            let some: Vec<f64> = some.map(|&n| of(n as f64)).collect();
            (!some.is_empty()).then(|| median(&some).round() as usize)
        };
        let (units, probes) = match observable {
            Observable::Weights => (middle(&self.synapses, f64::sqrt), None),
            _ => (middle(&self.units, |n| n), middle(&self.probes, |n| n)),
        };
        Condition {
            units,
            noise: noise.or(self.noise(observable)).unwrap_or(0.0),
            probes,
        }
    }
}

impl Sighted for SeenRecording {
    fn layers(&self) -> usize {
        self.statistics.len()
    }

    fn at(&self, place: f64, layer: usize, k: usize) -> f64 {
        let course: Vec<f64> = self.statistics[layer].iter().map(|all| all[k]).collect();
        interpolated(&self.places, &course, place)
    }

    fn behaviour_at(&self, place: f64) -> [f64; 2] {
        let performance = self.behaviour.as_ref();
        let at = |course: &Vec<f64>| interpolated(&self.places, course, place);
        [f64::NAN, performance.map_or(f64::NAN, at)]
    }

    fn units(&self, layer: usize) -> usize {
        self.units[layer].max(1)
    }
}

/// A course at a place, linear between two of its places.
fn interpolated(places: &[f64], course: &[f64], place: f64) -> f64 {
    let after = places.iter().position(|&p| p >= place - 1e-12);
    match after {
        Some(0) => course[0],
        Some(k) if (places[k] - place).abs() < 1e-12 => course[k],
        Some(k) => {
            let part = (place - places[k - 1]) / (places[k] - places[k - 1]);
            (1.0 - part) * course[k - 1] + part * course[k]
        }
        None => course[course.len() - 1],
    }
}

fn at_time(array: &Tensor<f64>, time: usize) -> &[f64] {
    let each = array.len() / array.dims()[0];
    &array.data()[time * each..(time + 1) * each]
}

/// Units in the median example.
fn units_of(area: &AreaRecording) -> usize {
    let Some(activity) = &area.activity else {
        return 0;
    };
    let units = activity.dims()[2];
    let counts = activity.data().chunks(units.max(1));
    let counts: Vec<f64> = counts
        .map(|row| row.iter().filter(|x| x.is_finite()).count() as f64)
        .collect();
    median(&counts) as usize
}

/// Probes in which some unit is seen at the first time.
fn probes_of(area: &AreaRecording) -> usize {
    area.activity.as_ref().map_or(0, |activity| {
        let rows = at_time(activity, 0).chunks(activity.dims()[2].max(1));
        rows.filter(|row| row.iter().any(|x| x.is_finite())).count()
    })
}

fn synapses_of(area: &AreaRecording) -> usize {
    area.weights.as_ref().map_or(0, |weights| {
        let count = |time| {
            at_time(weights, time)
                .iter()
                .filter(|x| x.is_finite())
                .count()
        };
        let counts: Vec<f64> = (0..weights.dims()[0])
            .map(|time| count(time) as f64)
            .collect();
        median(&counts) as usize
    })
}

/// The statistics of an area at a time, with norms of as many numbers as in the median.
fn statistics_of(
    area: &AreaRecording,
    time: usize,
    units: usize,
    synapses: usize,
) -> [f64; RELEASED.len()] {
    let finite =
        |values: &[f64]| -> Vec<f64> { values.iter().copied().filter(|x| x.is_finite()).collect() };
    let weights = area.weights.as_ref();
    let weights = weights.map_or_else(Vec::new, |array| finite(at_time(array, time)));
    let activity = area.activity.as_ref().map_or_else(Vec::new, |array| {
        let rows = at_time(array, time).chunks(array.dims()[2].max(1));
        rows.map(finite).filter(|row| !row.is_empty()).collect()
    });
    let mut all = [f64::NAN; RELEASED.len()];
    let of_weights = weight_statistics(&weights, synapses);
    let mut sums = ActivitySums::new(units);
    activity.iter().for_each(|row| sums.add(row));
    let of_activity = sums.means();
    let known = of_weights.into_iter().chain(of_activity);
    all.iter_mut().zip(known).for_each(|(to, x)| *to = x);
    all
}

/// The standard deviation of independent noise in numbers that change smoothly otherwise, over the
/// standard deviation of each area's numbers without it at the first time; `None` with fewer than three
/// times.
///
/// A second difference of noise of variance σ² has variance 6 σ²; of all times those three count in
/// which least happens.
fn noise(areas: &[&Tensor<f64>]) -> Option<f64> {
    let variance = |array: &Tensor<f64>| {
        let first = at_time(array, 0).iter().copied();
        let first: Vec<f64> = first.filter(|x| x.is_finite()).collect();
        let centre = mean(&first);
        mean(
            &first
                .iter()
                .map(|x| (x - centre) * (x - centre))
                .collect::<Vec<_>>(),
        )
    };
    let seen: Vec<(&Tensor<f64>, f64)> = areas
        .iter()
        .map(|array| (*array, variance(array)))
        .filter(|(_, variance)| *variance > 0.0)
        .collect();
    let count = seen.first()?.0.dims()[0];
    // The part of the variance at the first time that is noise, by three times from the k-th on.
    let part = |k: usize| {
        let (mut sum, mut n) = (0.0, 0.0);
        for (array, variance) in &seen {
            let [a, b, c] = [k, k + 1, k + 2].map(|time| at_time(array, time));
            for ((a, b), c) in a.iter().zip(b).zip(c) {
                let second = a - 2.0 * b + c;
                if second.is_finite() {
                    sum += second * second / (6.0 * variance);
                    n += 1.0;
                }
            }
        }
        sum / n
    };
    let parts = (0..count.saturating_sub(2)).map(part);
    let least = parts.filter(|x| x.is_finite()).reduce(f64::min)?.min(0.95);
    Some((least / (1.0 - least)).sqrt())
}
