//! Gradient descent.

use serde::{Deserialize, Serialize};

use super::MetaOptimizer;

/// `θ ← θ − rate · g`
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    /// Step size.
    pub rate: f64,
}

impl MetaOptimizer for Sgd {
    fn step(&mut self, theta: &mut [f64], _: f64, gradient: &[f64]) {
        for (theta, g) in theta.iter_mut().zip(gradient) {
            *theta -= self.rate * g;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_down_the_gradient() {
        let mut theta = [1.0, 2.0];
        Sgd { rate: 0.5 }.step(&mut theta, 1.0, &[1.0, -1.0]);
        assert_eq!(theta, [0.5, 2.5]);
    }
}
