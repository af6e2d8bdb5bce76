//! Adam (Kingma & Ba 2015).

use serde::{Deserialize, Serialize};

use super::MetaOptimizer;

/// Adam with bias correction:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
/// θ ← θ − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// Step size.
    pub rate: f64,
    /// Decay of the first moment, β₁.
    pub first_decay: f64,
    /// Decay of the second moment, β₂.
    pub second_decay: f64,
    /// ε
    pub epsilon: f64,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Adam {
    /// With the usual β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
    pub fn new(rate: f64) -> Self {
        Adam {
            rate,
            first_decay: 0.9,
            second_decay: 0.999,
            epsilon: 1e-8,
            first: Vec::new(),
            second: Vec::new(),
            steps: 0,
        }
    }

    /// Whether it could have become like this with this many coefficients.
    pub(super) fn fits(&self, coefficients: usize) -> bool {
        let fits = |moment: &Vec<f64>| moment.is_empty() || moment.len() == coefficients;
        self.steps >= 0 && self.first.len() == self.second.len() && fits(&self.first)
    }

    /// Sets the first moment to zero, so that the same step is not taken again.
    pub(super) fn forget_direction(&mut self) {
        self.first.fill(0.0);
    }
}

impl MetaOptimizer for Adam {
    fn step(&mut self, theta: &mut [f64], _: f64, gradient: &[f64]) {
        self.first.resize(theta.len(), 0.0);
        self.second.resize(theta.len(), 0.0);
        self.steps += 1;
        let first_correction = 1.0 - self.first_decay.powi(self.steps);
        let second_correction = 1.0 - self.second_decay.powi(self.steps);
        for (r, (theta, &g)) in theta.iter_mut().zip(gradient).enumerate() {
            let (m, v) = (&mut self.first[r], &mut self.second[r]);
            *m = self.first_decay * *m + (1.0 - self.first_decay) * g;
            *v = self.second_decay * *v + (1.0 - self.second_decay) * g * g;
            let scale = (*v / second_correction).sqrt() + self.epsilon;
            *theta -= self.rate * (*m / first_correction) / scale;
        }
    }

    fn stepped_back(&mut self, _: &mut [f64]) {
        self.forget_direction();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_size_of_the_rate() {
        let mut theta = [1.0, -1.0];
        Adam::new(1e-3).step(&mut theta, 1.0, &[5.0, -0.01]);
        assert!((theta[0] - 0.999).abs() < 1e-8);
        assert!((theta[1] + 0.999).abs() < 1e-8);
    }

    #[test]
    fn it_finds_the_minimum_of_a_quadratic() {
        let mut adam = Adam::new(0.05);
        let mut theta = [3.0];
        for _ in 0..1000 {
            let gradient = [2.0 * (theta[0] - 1.0)];
            adam.step(&mut theta, 1.0, &gradient);
        }
        assert!((theta[0] - 1.0).abs() < 1e-3, "{}", theta[0]);
    }
}
