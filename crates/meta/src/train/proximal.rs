//! Proximal step of the penalty `λ ‖θ‖₁`: each coefficient is moved towards zero, rests there, and
//! leaves only when its gradient says so.

use metaplast_autodiff::optim::soft_threshold;
use serde::{Deserialize, Serialize};

use crate::running_median::RunningMedian;

/// Weight of the past in the mean gradient: a memory of about 100 steps.
const DECAY: f64 = 0.99;
/// By how many standard errors a mean gradient has to exceed λ: 98% of a normal distribution lie
/// within as many around its mean.
const STANDARD_ERRORS: f64 = 2.326;
/// A gradient counts at most as this many times its running median magnitude.
const CLIP: f64 = 3.0;
/// Gradients over which that median runs.
const MEDIAN_WINDOW: usize = 25;

/// Proximal steps for gradients with noise.
///
/// The proximal step in the diagonal metric of the optimiser (Duchi, Hazan & Singer, *Adaptive
/// subgradient methods*, JMLR 2011, section 5.1) moves θ_r towards zero by λ times its
/// [effective rate](crate::optimizer::MetaOptimizer::step). A coefficient whose gradient is known
/// exactly comes to rest where the penalised loss has its minimum, at zero where its gradient is at
/// most λ there. The gradient of one episode is mostly noise, though, often a hundred times λ, and
/// would chase every coefficient off its zero at once. Therefore
///
/// 1. a step that would carry θ_r through zero ends at zero (as in Andrew & Gao, *Scalable training
///    of L1-regularized log-linear models*, ICML 2007);
/// 2. θ_r leaves zero when the mean ḡ_r of its past gradients exceeds λ by more than its sampling
///    error, `|ḡ_r| > λ + 2.326 se(ḡ_r)`, and to the side to which −ḡ_r points.
///
/// Without noise the sampling error vanishes, and 2. is the optimality condition of the lasso.
/// The mean forgets (weights 0.99ᵏ), and single gradients count at most as 3 times the running
/// median of their magnitude.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProximalStep {
    steps: u64,
    /// Σ w² of the means' weights w, which add up to 1.
    squared_weights: f64,
    means: Vec<f64>,
    variances: Vec<f64>,
    magnitudes: Vec<RunningMedian>,
}

impl ProximalStep {
    /// For this many coefficients, before the first step.
    #[must_use]
    pub fn new(coefficients: usize) -> Self {
        ProximalStep {
            steps: 0,
            squared_weights: 0.0,
            means: vec![0.0; coefficients],
            variances: vec![0.0; coefficients],
            magnitudes: vec![RunningMedian::new(MEDIAN_WINDOW); coefficients],
        }
    }

    /// Ends a step that an optimiser took from `before` to `theta` along `gradient` with these
    /// effective `rates`. Where a rate is 0 no step was taken, and θ_r stays where the optimiser put
    /// it.
    ///
    /// # Panics
    /// When one of the lists has another length than the coefficients.
    #[track_caller]
    pub fn take(
        &mut self,
        lambda: f64,
        before: &[f64],
        theta: &mut [f64],
        gradient: &[f64],
        rates: &[f64],
    ) {
        let lengths = [before.len(), theta.len(), gradient.len(), rates.len()];
        assert!(
            lengths.iter().all(|&length| length == self.means.len()),
            "proximal step: lists of {lengths:?} for {} coefficients",
            self.means.len()
        );
        self.note(gradient);
        for r in 0..theta.len() {
            if rates[r] == 0.0 {
                continue;
            }
            let side = match before[r] == 0.0 {
                true => self.way_out(r, lambda),
                false => before[r].signum(),
            };
            // A coefficient that no gradient has reached yet has a rate without bounds.
            soft_threshold(&mut theta[r..=r], (lambda * rates[r]).min(f64::MAX));
            if theta[r] * side <= 0.0 {
                theta[r] = 0.0;
            }
        }
    }

    /// Takes a gradient into the means.
    fn note(&mut self, gradient: &[f64]) {
        self.steps += 1;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let weight = (1.0 - DECAY) / (1.0 - DECAY.powi(steps));
        let rest = 1.0 - weight;
        self.squared_weights = rest * rest * self.squared_weights + weight * weight;
        for (r, &g) in gradient.iter().enumerate() {
            self.magnitudes[r].push(g.abs());
            let most = CLIP * self.magnitudes[r].get().unwrap_or(0.0);
            let off = g.clamp(-most, most) - self.means[r];
            self.means[r] += weight * off;
            self.variances[r] = rest * (self.variances[r] + weight * off * off);
        }
    }

    /// The sign with which a coefficient may leave zero; 0 when it has to stay.
    fn way_out(&self, r: usize, lambda: f64) -> f64 {
        if self.steps < 2 {
            return 0.0;
        }
        let q = self.squared_weights;
        let error = (self.variances[r] * q / (1.0 - q)).sqrt();
        match self.means[r].abs() > lambda + STANDARD_ERRORS * error {
            true => -self.means[r].signum(),
            false => 0.0,
        }
    }

    /// Whether a restored state fits this number of coefficients.
    pub(super) fn fits(&self, coefficients: usize) -> bool {
        let finite = |numbers: &[f64]| {
            numbers.len() == coefficients && numbers.iter().all(|x| x.is_finite())
        };
        finite(&self.means)
            && finite(&self.variances)
            && (0.0..=1.0).contains(&self.squared_weights)
            && self.magnitudes.len() == coefficients
            && self.magnitudes.iter().all(|m| m.fits(MEDIAN_WINDOW))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gradient descent of one coefficient along gradients, at rate 0.1 and λ = 1.
    fn descend(mut theta: f64, gradients: impl IntoIterator<Item = f64>) -> f64 {
        let mut proximal = ProximalStep::new(1);
        for g in gradients {
            let before = [theta];
            let mut after = [theta - 0.1 * g];
            proximal.take(1.0, &before, &mut after, &[g], &[0.1]);
            theta = after[0];
        }
        theta
    }

    #[test]
    fn no_step_goes_through_zero() {
        assert_eq!(descend(0.2, [5.0]), 0.0);
        assert_eq!(descend(-0.2, [-1.5]), 0.0);
        assert!((descend(0.2, [0.5]) - 0.05).abs() < 1e-15);
    }

    #[test]
    fn zero_is_left_against_a_gradient_above_lambda_alone() {
        assert_eq!(descend(0.0, [0.99; 100]), 0.0);
        assert!(descend(0.0, [1.01; 100]) < 0.0);
        assert!(descend(0.0, [-1.01; 100]) > 0.0);
    }

    #[test]
    fn noise_a_hundred_times_lambda_does_not_lift_a_coefficient_off_zero() {
        let noise = |k: u64| 100.0 * ((k * 7919 % 1009) as f64 / 504.0 - 1.0);
        for steps in 2..600 {
            assert_eq!(descend(0.0, (0..steps).map(noise)), 0.0, "{steps}");
        }
        // A mean that the noise cannot explain does.
        assert!(descend(0.0, (0..600).map(|k| noise(k) + 50.0)) < 0.0);
    }

    #[test]
    fn a_step_back_is_left_as_it_is() {
        let mut theta = [1e-3];
        ProximalStep::new(1).take(1.0, &[-1e-3], &mut theta, &[1.0], &[0.0]);
        assert_eq!(theta, [1e-3]);
    }
}
