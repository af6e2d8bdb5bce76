//! The 24 statistics of what is seen of a layer at one time.

use crate::statistics::{Form, Summary, weights};

/// Statistics of weights, of activity, and of activity change, in the order of
/// [`RELEASED`](crate::statistics::RELEASED).
pub(crate) const OF_WEIGHTS: usize = 13;
pub(crate) const OF_ACTIVITY: usize = 8;
pub(crate) const OF_CHANGE: usize = 3;

/// The 13 statistics of weights in any order, with the norm that `synapses` of them would have; NaN of
/// none.
pub(crate) fn weight_statistics(values: &[f64], synapses: usize) -> [f64; OF_WEIGHTS] {
    if values.is_empty() {
        return [f64::NAN; OF_WEIGHTS];
    }
    let n = values.len() as f64;
    let scale = (synapses as f64 / n).sqrt();
    let absolute = weights::summary(values, Form::Absolute);
    let raw = weights::summary(values, Form::Raw);
    let five = |s: &Summary| {
        [
            s.mean,
            s.median,
            s.norm * scale,
            s.third_quartile,
            s.variance,
        ]
    };
    let mut all = [0.0; OF_WEIGHTS];
    all[..5].copy_from_slice(&five(&absolute));
    all[5..10].copy_from_slice(&five(&raw));
    // Squares are in the order of the sizes.
    all[10] = raw.norm * raw.norm / n;
    all[11] = absolute.median * absolute.median;
    all[12] = absolute.third_quartile * absolute.third_quartile;
    all
}

/// Sums over probes of the statistics of a layer's activity.
#[derive(Clone, Debug)]
pub(crate) struct ActivitySums {
    /// The number of units of which the norm is told, from the root mean square.
    units: usize,
    sums: [f64; OF_ACTIVITY],
    probes: usize,
    room: Vec<f64>,
}

impl ActivitySums {
    /// Of no probes yet, with norms that `units` units would have.
    pub(crate) fn new(units: usize) -> Self {
        ActivitySums {
            units,
            sums: [0.0; OF_ACTIVITY],
            probes: 0,
            room: Vec::new(),
        }
    }

    /// Adds the activity of the units that are seen in one probe.
    pub(crate) fn add(&mut self, row: &[f64]) {
        let scale = (self.units as f64 / row.len() as f64).sqrt();
        let mut of = |form: fn(f64) -> f64| {
            self.room.clear();
            self.room.extend(row.iter().map(|&y| form(y)));
            let s = Summary::of(&mut self.room);
            [s.mean, s.median, s.norm * scale, s.third_quartile]
        };
        let absolute = of(f64::abs);
        // The same numbers where none is negative.
        let raw = match row.iter().all(|&y| y >= 0.0) {
            true => absolute,
            false => of(|y| y),
        };
        let both = absolute.into_iter().chain(raw);
        self.sums
            .iter_mut()
            .zip(both)
            .for_each(|(sum, x)| *sum += x);
        self.probes += 1;
    }

    /// The 8 statistics, means over the probes; NaN of none.
    pub(crate) fn means(&self) -> [f64; OF_ACTIVITY] {
        self.sums.map(|sum| sum / self.probes as f64)
    }
}

/// The 3 statistics of the activity change of each probe; NaN of none.
pub(crate) fn change_statistics(change: &[f64]) -> [f64; OF_CHANGE] {
    let mean = |of: fn(f64) -> f64| {
        let all = change.iter().map(|&c| of(c));
        all.sum::<f64>() / change.len() as f64
    };
    [mean(f64::abs), mean(|c| c), mean(|c| c * c)]
}
