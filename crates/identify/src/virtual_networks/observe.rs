//! The 24 statistics of each layer under each condition.

use metaplast_tensor::{Random, Tensor};

use super::condition::{CONDITIONS, Condition};
use super::learner::Snapshot;
use super::plan::NetworkPlan;
use crate::splits::shuffled;
use crate::statistics::change::activity_change;
use crate::statistics::{Form, RELEASED, Summary, weights};

/// What is seen of a layer at one time.
pub(crate) struct LayerSight<'a> {
    /// Weights in any order; none where they are not seen.
    pub(crate) weights: &'a [f64],
    /// The number of weights of which the norm is told, from the root mean square.
    pub(crate) synapses: usize,
    /// Activity of the units in each probe; none where it is not seen.
    pub(crate) activity: &'a [&'a [f64]],
    /// The number of units of which the norm is told, from the root mean square.
    pub(crate) units: usize,
    /// Activity change of each probe; none where it is not seen.
    pub(crate) change: &'a [f64],
}

/// The 24 released statistics, with the norm of weights over all of them; NaN of what is not seen.
pub(crate) fn layer_statistics(sight: &LayerSight<'_>) -> [f64; RELEASED.len()] {
    let mut all = [f64::NAN; RELEASED.len()];
    if !sight.weights.is_empty() {
        let n = sight.weights.len() as f64;
        let scale = (sight.synapses as f64 / n).sqrt();
        let absolute = weights::summary(sight.weights, Form::Absolute);
        let raw = weights::summary(sight.weights, Form::Raw);
        for (place, s) in [(0, absolute), (5, raw)] {
            let norm = s.norm * scale;
            let five = [s.mean, s.median, norm, s.third_quartile, s.variance];
            all[place..place + 5].copy_from_slice(&five);
        }
        // Squares are in the order of the sizes.
        all[10] = raw.norm * raw.norm / n;
        all[11] = absolute.median * absolute.median;
        all[12] = absolute.third_quartile * absolute.third_quartile;
    }
    if !sight.activity.is_empty() {
        for (place, form) in [(13, Form::Absolute), (17, Form::Raw)] {
            let of = |row: &&[f64]| {
                let s = Summary::of(&mut weights::in_form(row, form));
                let scale = (sight.units as f64 / row.len() as f64).sqrt();
                Summary {
                    norm: s.norm * scale,
                    ..s
                }
            };
            let s = Summary::mean_of(&sight.activity.iter().map(of).collect::<Vec<_>>());
            let four = [s.mean, s.median, s.norm, s.third_quartile];
            all[place..place + 4].copy_from_slice(&four);
        }
    }
    if !sight.change.is_empty() {
        let mean = |of: fn(f64) -> f64| {
            let all = sight.change.iter().map(|&c| of(c));
            all.sum::<f64>() / sight.change.len() as f64
        };
        all[21..].copy_from_slice(&[mean(f64::abs), mean(|c| c), mean(|c| c * c)]);
    }
    all
}

/// What is the same at all times: which units are seen first, and how large noise is.
pub(crate) struct Sights {
    /// Of the inputs and of each layer, units in the order in which they are chosen.
    orders: Vec<Vec<usize>>,
    /// Standard deviations of weights and of activity at time 0, by layer.
    deviations: Vec<[f64; 2]>,
    noise: Random,
}

impl Sights {
    pub(crate) fn new(plan: &NetworkPlan, first: &Snapshot) -> Self {
        let network = plan.network();
        let sizes = network.sizes().iter().zip(0..);
        let layers = first.weights.iter().zip(&first.activity);
        Sights {
            orders: sizes
                .map(|(&n, l)| shuffled(n, &[plan.seed, 4, l]))
                .collect(),
            deviations: layers.map(|(w, y)| [deviation(w), deviation(y)]).collect(),
            noise: Random::new(plan.seed ^ 0x0153),
        }
    }
}

fn deviation(values: &Tensor<f32>) -> f64 {
    values.cast::<f64>().std()
}

impl Sights {
    /// The statistics at one time, `[conditions, layers, 24]`.
    pub(crate) fn statistics(&mut self, plan: &NetworkPlan, snapshot: &Snapshot) -> Vec<f32> {
        let layers = snapshot.weights.len();
        let mut all = vec![0.0; CONDITIONS.len() * layers * RELEASED.len()];
        for layer in 0..layers {
            let w = snapshot.weights[layer].cast::<f64>();
            let y = snapshot.activity[layer].cast::<f64>();
            let slopes = y.map(|y| match layer + 1 == layers {
                true => 1.0,
                false => 1.0 - libm::exp(-plan.beta * y),
            });
            let mut unit_noise =
                |n: usize| -> Vec<f64> { (0..n).map(|_| self.noise.normal()).collect() };
            let noise = [unit_noise(w.len()), unit_noise(y.len())];
            let seen = Seen {
                arrays: [&w, &y, &slopes],
                noise: &noise,
                deviations: self.deviations[layer],
                orders: [&self.orders[layer], &self.orders[layer + 1]],
            };
            for (k, condition) in CONDITIONS.iter().enumerate() {
                let place = (k * layers + layer) * RELEASED.len();
                let statistics = seen.under(condition);
                let into = &mut all[place..place + RELEASED.len()];
                into.iter_mut()
                    .zip(statistics)
                    .for_each(|(to, x)| *to = x as f32);
            }
        }
        all
    }
}

/// A layer at one time.
struct Seen<'a> {
    /// Weights `[n_l, n_(l−1)]`, activity and slopes `[probes, n_l]`.
    arrays: [&'a Tensor<f64>; 3],
    /// Standard Gaussian noise of weights and activity.
    noise: &'a [Vec<f64>; 2],
    deviations: [f64; 2],
    /// Units before and behind the weights, in the order in which they are chosen.
    orders: [&'a [usize]; 2],
}

impl Seen<'_> {
    fn under(&self, condition: &Condition) -> [f64; RELEASED.len()] {
        let [w, y, slopes] = self.arrays;
        let first = |order: &[usize]| -> Vec<usize> {
            let n = condition.units.unwrap_or(order.len()).min(order.len());
            let mut first = order[..n].to_vec();
            first.sort_unstable();
            first
        };
        let (sources, units) = (first(self.orders[0]), first(self.orders[1]));
        let columns = w.dims()[1];
        let with_noise = |k: usize, array: &Tensor<f64>, place: usize| {
            array.data()[place] + condition.noise * self.deviations[k] * self.noise[k][place]
        };
        let synapses = units
            .iter()
            .flat_map(|&o| sources.iter().map(move |&i| o * columns + i));
        let synapses: Vec<usize> = synapses.collect();
        let weights: Vec<f64> = synapses.iter().map(|&k| with_noise(0, w, k)).collect();
        let (probes, all) = (y.dims()[0], y.dims()[1]);
        let places = (0..probes).flat_map(|p| units.iter().map(move |&o| p * all + o));
        let places: Vec<usize> = places.collect();
        let activity: Vec<f64> = places.iter().map(|&k| with_noise(1, y, k)).collect();
        let slopes: Vec<f64> = places.iter().map(|&k| slopes.data()[k]).collect();
        let true_weights: Vec<f64> = synapses.iter().map(|&k| w.data()[k]).collect();
        let change = activity_change(&slopes, &true_weights, units.len());
        layer_statistics(&LayerSight {
            weights: &weights,
            synapses: weights.len(),
            activity: &activity.chunks(units.len()).collect::<Vec<_>>(),
            units: units.len(),
            change: &change,
        })
    }
}
