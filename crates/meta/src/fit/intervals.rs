//! Intervals for θ: a bootstrap over trajectories.
//!
//! Each resample draws as many trajectories as there are, with replacement, and takes one
//! Gauss–Newton step from the fitted θ towards their minimum (the one-step bootstrap; Davidson &
//! MacKinnon 1999), which needs no further simulation. Percentiles of few units are too narrow, so
//! they are moved out by `√(n/(n−1)) t/z` (as Hesterberg 2015 expands them).
//!
//! An interval always holds its θ: where the percentiles of resampled steps lie on one side of it, the
//! interval reaches from it to the farther one.
//!
//! Of few trajectories each is cut into stretches of consecutive steps that take their place: what
//! happens within a stretch may depend on itself as it likes, as with a block bootstrap.

use metaplast_data::uniform_index;
use metaplast_numbers::sorting::sort_numbers;
use rand::Rng;

use super::descent::quadratic_step;
use super::sums::Sums;
use crate::statistics::{Interval, quantile};

/// Trajectories that are enough to be resampled themselves.
const ENOUGH: usize = 10;
/// Stretches that fewer are cut into, all together.
const STRETCHES: usize = 40;
const RESAMPLES: usize = 1000;
/// The part of the cases in which an interval holds the truth.
pub const CONFIDENCE: f64 = 0.98;
/// The quantile of the standard normal distribution above which (1 − 0.98)/2 lie.
const NORMAL_QUANTILE: f64 = 2.326_347_874_040_841;

/// What the bootstrap resamples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// So many trajectories.
    Trajectories(usize),
    /// So many stretches of consecutive steps, because there are few trajectories.
    Stretches(usize),
}

impl Units {
    /// The units of so many trajectories, and the stretches that each is cut into.
    pub(super) fn of(trajectories: usize, steps: usize) -> (Self, usize) {
        if trajectories >= ENOUGH {
            return (Units::Trajectories(trajectories), 1);
        }
        let each = STRETCHES.div_ceil(trajectories.max(1)).clamp(1, steps + 1);
        (Units::Stretches(each * trajectories), each)
    }
}

/// An interval for each coefficient.
pub(super) fn intervals(
    units: &[&Sums],
    theta: &[f64],
    penalties: &[f64],
    rng: &mut impl Rng,
) -> Vec<Interval> {
    /// Keeps what is not determined where it is.
    const DAMPING: f64 = 1e-10;
    let n = units.len();
    let mut moves: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); theta.len()];
    for _ in 0..RESAMPLES {
        let drawn = (0..n).map(|_| units[uniform_index(rng, n)]);
        let sums = Sums::total(drawn.collect::<Vec<_>>());
        let Some(step) = quadratic_step(&sums, theta, penalties, DAMPING) else {
            continue;
        };
        for (moves, step) in moves.iter_mut().zip(step) {
            moves.push(step);
        }
    }
    // What is left of the way to the minimum of all units together, where the descent has stopped.
    let all = Sums::total(units.iter().copied());
    let rest =
        quadratic_step(&all, theta, penalties, DAMPING).unwrap_or_else(|| vec![0.0; theta.len()]);
    let n = n as f64;
    let wider = (n / (n - 1.0).max(1.0)).sqrt() * student_quantile(n - 1.0) / NORMAL_QUANTILE;
    let interval = |((moves, &theta), rest): ((&mut Vec<f64>, &f64), f64)| {
        if moves.is_empty() {
            let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
            return Interval { low, high };
        }
        sort_numbers(moves);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        let end = |part: f64| theta + wider * (quantile(moves, part) - rest);
        Interval {
            low: end(tail).min(theta),
            high: end(1.0 - tail).max(theta),
        }
    };
    moves
        .iter_mut()
        .zip(theta)
        .zip(rest)
        .map(interval)
        .collect()
}

/// The quantile of Student's distribution that [`NORMAL_QUANTILE`] is of the normal one, from the
/// expansion in the inverse of the degrees of freedom (Abramowitz & Stegun 26.7.5).
fn student_quantile(freedom: f64) -> f64 {
    let z = NORMAL_QUANTILE;
    let (v, z2) = (freedom.max(1.0), z * z);
    z + z * (z2 + 1.0) / (4.0 * v)
        + z * (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / (96.0 * v * v)
        + z * (3.0 * z2 * z2 * z2 + 19.0 * z2 * z2 + 17.0 * z2 - 15.0) / (384.0 * v * v * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_tables() {
        for (freedom, tabled) in [(9.0, 2.8214), (19.0, 2.5395), (39.0, 2.4258)] {
            assert!(
                (student_quantile(freedom) - tabled).abs() < 2e-3,
                "{freedom}"
            );
        }
    }

    #[test]
    fn few_trajectories_are_cut() {
        assert_eq!(Units::of(12, 250), (Units::Trajectories(12), 1));
        assert_eq!(Units::of(1, 250), (Units::Stretches(40), 40));
        assert_eq!(Units::of(3, 250), (Units::Stretches(42), 14));
        assert_eq!(Units::of(2, 3), (Units::Stretches(8), 4));
    }
}
