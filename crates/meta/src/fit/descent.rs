//! Descent to the θ whose trajectories are closest to the recorded ones.
//!
//! Levenberg–Marquardt (Marquardt 1963): each step minimises the quadratic that the residuals' first
//! derivatives give, held back by a multiple of its diagonal, and is taken when the loss falls. A
//! penalty `λ‖θ‖₁` enters the quadratic as it is, which makes each step a lasso (a proximal Newton
//! step; Lee, Sun & Saunders 2014).

use super::matrices::solve;
use super::residuals::Residuals;
use super::sums::Sums;

/// The least that a step is held back: what no recording determines stays where it began.
const LEAST_DAMPING: f64 = 1e-10;
const MOST_DAMPING: f64 = 1e12;

/// Where a descent ended.
pub(super) struct Minimum {
    pub(super) theta: Vec<f64>,
    /// Steps that were tried.
    pub(super) steps: usize,
    /// Whether the last step could not make the loss noticeably smaller, and not merely the last that
    /// was allowed.
    pub(super) converged: bool,
}

/// Descends from `theta` on the first `horizon` steps of all recordings, until the loss is expected
/// to fall by less than the part `tolerance` of itself. None when the loss at `theta` is not finite.
pub(super) fn descend(
    residuals: &Residuals<'_>,
    theta: &[f64],
    penalties: &[f64],
    (horizon, most_steps): (usize, usize),
    tolerance: f64,
) -> Option<Minimum> {
    let objective = |theta: &[f64]| {
        let loss = residuals.loss(&residuals.squares(theta, horizon));
        let penalised = theta.iter().zip(penalties);
        loss + penalised.map(|(t, lambda)| lambda * t.abs()).sum::<f64>()
    };
    let mut theta = theta.to_vec();
    let mut value = objective(&theta);
    if !value.is_finite() {
        return None;
    }
    let mut damping = 1e-3;
    let mut steps = 0;
    let minimum = |theta: Vec<f64>, steps, converged| {
        Some(Minimum {
            theta,
            steps,
            converged,
        })
    };
    'outer: while steps < most_steps {
        let sums = residuals.sums(&theta, horizon, 1);
        let sums = Sums::total(sums.iter().flatten());
        loop {
            steps += 1;
            let Some(step) = quadratic_step(&sums, &theta, penalties, damping) else {
                // Nothing finite to go by.
                return minimum(theta, steps, false);
            };
            let next: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + s).collect();
            let promised = -change(&sums, &theta, &step, penalties);
            if promised <= tolerance * value.max(f64::MIN_POSITIVE) {
                return minimum(theta, steps, true);
            }
            let reached = objective(&next);
            if reached < value {
                damping = (damping * 0.1).max(LEAST_DAMPING);
                (theta, value) = (next, reached);
                continue 'outer;
            }
            damping *= 10.0;
            if damping > MOST_DAMPING {
                // Rounding is all that is left.
                return minimum(theta, steps, true);
            }
            if steps >= most_steps {
                break 'outer;
            }
        }
    }
    minimum(theta, steps, false)
}

/// By how much the quadratic changes along a step.
pub(super) fn change(sums: &Sums, theta: &[f64], step: &[f64], penalties: &[f64]) -> f64 {
    let p = step.len();
    let slope: f64 = sums.gradient.iter().zip(step).map(|(g, s)| g * s).sum();
    let bends = sums.curvature.chunks(p).zip(step).map(|(row, s)| {
        let product: f64 = row.iter().zip(step).map(|(h, s)| h * s).sum();
        s * product
    });
    let penalties = theta.iter().zip(step).zip(penalties);
    let penalties = penalties.map(|((t, s), lambda)| lambda * ((t + s).abs() - t.abs()));
    slope + 0.5 * bends.sum::<f64>() + penalties.sum::<f64>()
}

/// The step s that minimises `g·s + ½ sᵀ(H + μ diag H)s + Σ λ_r |θ_r + s_r|`.
pub(super) fn quadratic_step(
    sums: &Sums,
    theta: &[f64],
    penalties: &[f64],
    damping: f64,
) -> Option<Vec<f64>> {
    let p = theta.len();
    let mut curvature = sums.curvature.clone();
    let largest = (0..p).map(|r| curvature[r * p + r]).fold(0.0, f64::max);
    if !largest.is_finite() || sums.gradient.iter().any(|g| !g.is_finite()) {
        return None;
    }
    for r in 0..p {
        let diagonal = &mut curvature[r * p + r];
        // A coefficient that changes nothing has no curvature of its own.
        *diagonal += damping * diagonal.max(largest * 1e-24).max(f64::MIN_POSITIVE);
    }
    if penalties.iter().any(|&lambda| lambda > 0.0) {
        return Some(lasso(&curvature, &sums.gradient, theta, penalties));
    }
    let downhill: Vec<f64> = sums.gradient.iter().map(|g| -g).collect();
    solve(&curvature, &downhill)
}

/// The same with a penalty, one coefficient after the other until none moves.
fn lasso(curvature: &[f64], gradient: &[f64], theta: &[f64], penalties: &[f64]) -> Vec<f64> {
    const MOST_ROUNDS: usize = 100_000;
    let p = theta.len();
    let mut step = vec![0.0; p];
    for _ in 0..MOST_ROUNDS {
        let mut moved = 0.0f64;
        for r in 0..p {
            let row = &curvature[r * p..(r + 1) * p];
            let slope: f64 = row.iter().zip(&step).map(|(h, s)| h * s).sum();
            let bend = row[r];
            // The minimum along this coefficient without the penalty, then soft-thresholded.
            let free = theta[r] + step[r] - (gradient[r] + slope) / bend;
            let shrunk = (free.abs() - penalties[r] / bend).max(0.0).copysign(free);
            let change = shrunk - theta[r] - step[r];
            step[r] += change;
            moved = moved.max(change.abs() * bend.sqrt());
        }
        let size = step.iter().enumerate();
        let size = size.map(|(r, s)| s.abs() * curvature[r * p + r].sqrt());
        if moved <= 1e-13 * size.fold(0.0, f64::max) {
            break;
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_penalised_step_is_where_the_subgradient_vanishes() {
        let sums = Sums {
            squares: vec![],
            gradient: vec![-1.0, 0.3, 2.0],
            curvature: vec![4.0, 1.0, 0.0, 1.0, 2.0, 0.5, 0.0, 0.5, 3.0],
        };
        let (theta, lambda) = ([0.1, -0.2, 0.05], 0.4);
        let step = quadratic_step(&sums, &theta, &[lambda; 3], 0.0).unwrap();
        for (r, row) in sums.curvature.chunks(3).enumerate() {
            let slope: f64 = row.iter().zip(&step).map(|(h, s)| h * s).sum();
            let slope = slope + sums.gradient[r];
            let there = theta[r] + step[r];
            if there == 0.0 {
                assert!(slope.abs() <= lambda + 1e-12, "{r}: {slope}");
            } else {
                assert!((slope + lambda * there.signum()).abs() < 1e-12, "{r}");
            }
        }
        // With hardly any penalty it is the plain step.
        let plain = quadratic_step(&sums, &theta, &[0.0; 3], 0.1).unwrap();
        let nearly = quadratic_step(&sums, &theta, &[1e-12; 3], 0.1).unwrap();
        assert!(plain.iter().zip(nearly).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}
