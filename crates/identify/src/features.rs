//! What a classifier sees of a network.

use metaplast_tensor::Tensor;

use crate::statistics::{Observable, RELEASED};
use crate::virtual_networks::{NetworkRecord, TIMES};

/// Statistics of a few layers at several times, from a network or from a recording.
pub trait Sighted {
    /// Layers, from the input on.
    fn layers(&self) -> usize;

    /// Statistic `k` of [`RELEASED`] of a layer at a time, in places between 0 and 1 of the whole course;
    /// NaN of what is not seen.
    fn at(&self, place: f64, layer: usize, k: usize) -> f64;

    /// Loss and performance at a place between 0 and 1 of the course; NaN of what is not seen.
    fn behaviour_at(&self, place: f64) -> [f64; 2];

    /// Units of a layer that are seen.
    fn units(&self, layer: usize) -> usize;
}

/// A network under one of the [`CONDITIONS`](crate::virtual_networks::CONDITIONS).
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The network.
    pub record: &'a NetworkRecord,
    /// The number of the condition.
    pub condition: usize,
}

impl Sighted for Sight<'_> {
    fn layers(&self) -> usize {
        self.record.layers()
    }

    fn at(&self, place: f64, layer: usize, k: usize) -> f64 {
        let of = |time: usize| self.record.statistic((time, self.condition), layer, k);
        between(place, &of)
    }

    fn behaviour_at(&self, place: f64) -> [f64; 2] {
        [0, 1].map(|k| between(place, &|time| self.record.behaviour(time)[k]))
    }

    fn units(&self, layer: usize) -> usize {
        let seen = crate::virtual_networks::CONDITIONS[self.condition].units;
        let all = self.record.units[layer];
        seen.map_or(all, |units| units.min(all))
    }
}

/// A course of [`TIMES`] numbers at a place between 0 and 1, linear between two of them.
fn between(place: f64, of: &dyn Fn(usize) -> f64) -> f64 {
    let at = place.clamp(0.0, 1.0) * (TIMES - 1) as f64;
    let (low, part) = (at.floor() as usize, at - at.floor());
    match part {
        0.0 => of(low),
        part => (1.0 - part) * of(low) + part * of(low + 1),
    }
}

/// Whether statistics are taken as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureScale {
    /// As they are; they tell the architecture as well.
    Raw,
    /// Relative to time 0: the logarithm of the ratio of what cannot be negative, otherwise the
    /// difference over the initial root mean square.
    Relative,
}

/// Which features a classifier sees.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSet {
    /// Numbers of statistics in [`RELEASED`].
    pub statistics: Vec<usize>,
    /// Places of the times in the course, 0 to 1.
    pub places: Vec<f64>,
    /// How statistics are scaled.
    pub scale: FeatureScale,
    /// Whether the courses of loss and performance are among the features.
    pub behaviour: bool,
}

/// The logarithm of a ratio is that of numbers of which each has this part of the initial root mean
/// square, or of its square, added: what is nearly zero has no sign to show.
const FLOOR: f64 = 1e-3;

impl FeatureSet {
    /// Places of the eight times of 21 that tables use.
    #[must_use]
    pub fn eight_places() -> Vec<f64> {
        [1, 2, 4, 6, 9, 12, 16, 20]
            .map(|time| f64::from(time) / 20.0)
            .to_vec()
    }

    /// All statistics of these observables, relative to time 0, at eight of 21 times.
    #[must_use]
    pub fn of(observables: &[Observable]) -> Self {
        let chosen = |&k: &usize| observables.contains(&RELEASED[k].observable);
        FeatureSet {
            statistics: (0..RELEASED.len()).filter(chosen).collect(),
            places: Self::eight_places(),
            scale: FeatureScale::Relative,
            behaviour: false,
        }
    }

    /// Weights, activity and activity change.
    #[must_use]
    pub fn all() -> Self {
        Self::of(&[
            Observable::Weights,
            Observable::Activity,
            Observable::ActivityChange,
        ])
    }

    /// With other scales.
    #[must_use]
    pub fn scaled(self, scale: FeatureScale) -> Self {
        FeatureSet { scale, ..self }
    }

    /// At other places of the course.
    #[must_use]
    pub fn at(self, places: Vec<f64>) -> Self {
        FeatureSet { places, ..self }
    }

    /// The features of a network: for each statistic and time the first layer, the last, the mean, and
    /// first − last; then, if asked for, loss and performance at each time. Layers of which a statistic
    /// is not seen do not count.
    #[must_use]
    pub fn of_network(&self, network: &dyn Sighted) -> Vec<f64> {
        let mut features = Vec::with_capacity(self.statistics.len() * self.places.len() * 4);
        for &k in &self.statistics {
            let seen = |&layer: &usize| network.at(0.0, layer, k).is_finite();
            let layers: Vec<usize> = (0..network.layers()).filter(seen).collect();
            let start: Vec<[f64; 2]> = layers
                .iter()
                .map(|&layer| [network.at(0.0, layer, k), size_at_start(network, layer, k)])
                .collect();
            for &place in &self.places {
                let of = |(&layer, start): (&usize, &[f64; 2])| {
                    let value = network.at(place, layer, k);
                    match self.scale {
                        FeatureScale::Raw => value,
                        FeatureScale::Relative => relative(k, value, *start),
                    }
                };
                let values: Vec<f64> = layers.iter().zip(&start).map(of).collect();
                let (Some(first), Some(last)) = (values.first(), values.last()) else {
                    features.extend([f64::NAN; 4]);
                    continue;
                };
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                features.extend([*first, *last, mean, first - last]);
            }
        }
        if self.behaviour {
            let [loss, performance] = network.behaviour_at(0.0);
            for &place in &self.places {
                let [later, better] = network.behaviour_at(place);
                let ratio = (at_least(1e-6, later) / at_least(1e-6, loss)).ln();
                let gain = at_least(-1.0, better) - at_least(-1.0, performance);
                features.extend([ratio, gain]);
            }
        }
        features
    }

    /// The features of one layer, for classifiers whose examples are layers.
    #[must_use]
    pub fn of_layer(&self, network: &dyn Sighted, layer: usize) -> Vec<f64> {
        let mut features = Vec::new();
        for &k in &self.statistics {
            let start = [network.at(0.0, layer, k), size_at_start(network, layer, k)];
            for &place in &self.places {
                let value = network.at(place, layer, k);
                features.push(match self.scale {
                    FeatureScale::Raw => value,
                    FeatureScale::Relative => relative(k, value, start),
                });
            }
        }
        features
    }

    /// The number of the place of each feature of a network.
    pub(crate) fn places_of_features(&self) -> Vec<usize> {
        let places = 0..self.places.len();
        let of_one = places.clone().flat_map(|place| [place; 4]);
        let mut all: Vec<usize> = of_one.collect::<Vec<_>>().repeat(self.statistics.len());
        if self.behaviour {
            all.extend(places.flat_map(|place| [place; 2]));
        }
        all
    }

    /// The statistic of each feature of a network; none of behaviour.
    pub(crate) fn origins(&self) -> Vec<Option<usize>> {
        let each = self.places.len() * 4;
        let statistics = self.statistics.iter();
        let mut origins: Vec<Option<usize>> = statistics
            .flat_map(|&k| std::iter::repeat_n(Some(k), each))
            .collect();
        if self.behaviour {
            origins.extend(std::iter::repeat_n(None, 2 * self.places.len()));
        }
        origins
    }
}

/// A number, or `least` where it is less; NaN of what is not seen, which `f64::max` would make a number of.
fn at_least(least: f64, x: f64) -> f64 {
    if x < least { least } else { x }
}

/// The initial root mean square of what a statistic is of.
fn size_at_start(network: &dyn Sighted, layer: usize, k: usize) -> f64 {
    match RELEASED[k].observable {
        Observable::Weights => network.at(0.0, layer, 10).sqrt(),
        Observable::Activity => network.at(0.0, layer, 15) / (network.units(layer) as f64).sqrt(),
        Observable::ActivityChange => network.at(0.0, layer, 23).sqrt(),
    }
}

/// A statistic relative to its value at time 0, where the numbers had this root mean square.
fn relative(k: usize, value: f64, [start, size]: [f64; 2]) -> f64 {
    use crate::statistics::{Form, StatisticKind};
    let statistic = RELEASED[k];
    if !statistic.is_positive() {
        return (value - start) / size.max(1e-30);
    }
    let squared = statistic.form == Form::Square || statistic.kind == StatisticKind::Variance;
    let floor = FLOOR * if squared { size * size } else { size };
    let floor = floor.max(1e-30);
    ((value + floor) / (start + floor)).ln()
}

/// Features of several networks, `[networks, features]`.
#[must_use]
pub fn feature_matrix(set: &FeatureSet, networks: &[&dyn Sighted]) -> Tensor<f64> {
    let rows: Vec<Vec<f64>> = networks
        .iter()
        .map(|network| set.of_network(*network))
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    Tensor::new([rows.len(), columns], rows.concat())
}
