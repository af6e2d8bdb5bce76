//! What keeps weights finite.

/// A Gaussian prior on weights, and their largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightPenalty {
    /// λ of −½ λ Σ w_r², not negative. Without it some weights have no best value: a rule that the truth never
    /// violates is better with every larger weight.
    pub lambda: f64,
    /// The largest weight, above 0.
    pub most: f64,
}

impl Default for WeightPenalty {
    /// λ = 0.05, weights up to 1,024.
    fn default() -> Self {
        WeightPenalty {
            lambda: 0.05,
            most: 1024.0,
        }
    }
}

impl WeightPenalty {
    /// −½ λ Σ w².
    pub(super) fn of(&self, weights: &[f64]) -> f64 {
        -0.5 * self.lambda * weights.iter().map(|w| w * w).sum::<f64>()
    }

    #[track_caller]
    pub(super) fn check(&self) {
        let WeightPenalty { lambda, most } = *self;
        assert!(
            lambda >= 0.0 && lambda.is_finite() && most > 0.0 && most.is_finite(),
            "penalty of weights: λ {lambda}, largest weight {most}"
        );
    }
}
