//! The 24 statistics of each layer under each condition.

use metaplast_tensor::{Random, Tensor};

use super::condition::{NOISE, PROBE_COUNTS, UNITS};
use super::layer::{ActivitySums, change_statistics, weight_statistics};
use super::learner::Snapshot;
use super::plan::NetworkPlan;
use crate::splits::shuffled;
use crate::statistics::change::activity_change;

/// What is the same at all times: which units are seen first, and how large noise is.
pub(crate) struct Sights {
    /// Of the inputs and of each layer, units in the order in which they are chosen.
    orders: Vec<Vec<usize>>,
    /// Standard deviations of weights and of activity at time 0, by layer.
    deviations: Vec<[f64; 2]>,
    noise: Random,
}

/// The statistics at one time.
pub(crate) struct Observed {
    /// Of weights, `[conditions without probes, layers, 13]`.
    pub(crate) weights: Vec<f32>,
    /// Of activity and activity change, `[conditions, layers, 11]`.
    pub(crate) activity: Vec<f32>,
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

    /// The statistics at one time.
    pub(crate) fn statistics(&mut self, plan: &NetworkPlan, snapshot: &Snapshot) -> Observed {
        let layers = snapshot.weights.len();
        // By layer first, since noise is the same under all conditions.
        let of_layers: Vec<[Vec<f64>; 2]> = (0..layers)
            .map(|layer| {
                let w = snapshot.weights[layer].cast::<f64>();
                let y = snapshot.activity[layer].cast::<f64>();
                let mut unit_noise =
                    |n: usize| -> Vec<f64> { (0..n).map(|_| self.noise.normal()).collect() };
                let noise = [unit_noise(w.len()), unit_noise(y.len())];
                let orders = [&self.orders[layer][..], &self.orders[layer + 1][..]];
                let (sds, slope) = (self.deviations[layer], slope(plan, layer + 1 == layers));
                let weights = of_weights(&w, &noise[0], sds[0], orders);
                [
                    weights,
                    of_activity([&w, &y], &noise[1], sds[1], orders, slope),
                ]
            })
            .collect();
        let [weights, activity] = [0, 1].map(|kind| {
            let each = of_layers[0][kind].len();
            let conditions = match kind {
                0 => UNITS.len() * NOISE.len(),
                _ => UNITS.len() * NOISE.len() * PROBE_COUNTS.len(),
            };
            let n = each / conditions;
            let row = |condition: usize, layer: &[Vec<f64>; 2]| {
                layer[kind][condition * n..(condition + 1) * n].to_vec()
            };
            let rows =
                (0..conditions).flat_map(|c| of_layers.iter().map(move |layer| row(c, layer)));
            rows.flatten().map(|x| x as f32).collect()
        });
        Observed { weights, activity }
    }
}

fn deviation(values: &Tensor<f32>) -> f64 {
    values.cast::<f64>().std()
}

/// The slope of a layer's units from their activity; that of the outputs, which are read as z, is 1.
fn slope(plan: &NetworkPlan, is_last: bool) -> impl Fn(f64) -> f64 {
    let beta = plan.beta;
    move |y| match is_last {
        true => 1.0,
        false => 1.0 - libm::exp(-beta * y),
    }
}

/// The first so many of an order, by number.
fn first(order: &[usize], units: Option<usize>) -> Vec<usize> {
    let n = units.unwrap_or(order.len()).min(order.len());
    let mut first = order[..n].to_vec();
    first.sort_unstable();
    first
}

/// Of weights `[n_l, n_(l−1)]`: 13 statistics for each number of units and each noise.
fn of_weights(
    w: &Tensor<f64>,
    noise: &[f64],
    sd: f64,
    [before, behind]: [&[usize]; 2],
) -> Vec<f64> {
    let columns = w.dims()[1];
    let mut all = Vec::new();
    let mut values = Vec::new();
    for units in UNITS {
        let (sources, chosen) = (first(before, units), first(behind, units));
        let places = chosen
            .iter()
            .flat_map(|&o| sources.iter().map(move |&i| o * columns + i));
        let places: Vec<usize> = places.collect();
        for relative in NOISE {
            let scale = relative * sd;
            values.clear();
            values.extend(places.iter().map(|&k| w.data()[k] + scale * noise[k]));
            all.extend(weight_statistics(&values, values.len()));
        }
    }
    all
}

/// Of activity y `[probes, n_l]`, and of activity change through the weights w: 8 and 3 statistics for each
/// number of units, each noise, and each number of probes.
fn of_activity(
    [w, y]: [&Tensor<f64>; 2],
    noise: &[f64],
    sd: f64,
    [before, behind]: [&[usize]; 2],
    slope: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let columns = w.dims()[1];
    let [probes, n] = [y.dims()[0], y.dims()[1]];
    let counts = PROBE_COUNTS.map(|count| count.unwrap_or(probes).min(probes));
    let mut all = Vec::new();
    for units in UNITS {
        let (sources, chosen) = (first(before, units), first(behind, units));
        let rows = |p: usize| chosen.iter().map(move |&o| p * n + o);
        let slopes: Vec<f64> = (0..probes)
            .flat_map(rows)
            .map(|k| slope(y.data()[k]))
            .collect();
        let matrix = chosen
            .iter()
            .flat_map(|&o| sources.iter().map(move |&i| w.data()[o * columns + i]));
        let change = activity_change(&slopes, &matrix.collect::<Vec<_>>(), chosen.len());
        let mut row = Vec::new();
        for relative in NOISE {
            let scale = relative * sd;
            let mut sums = ActivitySums::new(chosen.len());
            let mut of_counts = vec![Vec::new(); counts.len()];
            for p in 0..probes {
                row.clear();
                row.extend(rows(p).map(|k| y.data()[k] + scale * noise[k]));
                sums.add(&row);
                for (count, of_count) in counts.iter().zip(&mut of_counts) {
                    if *count == p + 1 {
                        of_count.extend(sums.means());
                        of_count.extend(change_statistics(&change[..*count]));
                    }
                }
            }
            all.extend(of_counts.concat());
        }
    }
    all
}
