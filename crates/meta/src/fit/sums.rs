//! Sums over residuals: their squares, and the quadratic that their first derivatives give.

/// Sums over the residuals r of some steps, with `J = ∂r/∂θ` and the arrays' weights w.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// `Σ r²` of each array, without its weight.
    pub(super) squares: Vec<f64>,
    /// `2 Σ w r J`
    pub(super) gradient: Vec<f64>,
    /// `2 Σ w J Jᵀ`, `[p, p]`.
    pub(super) curvature: Vec<f64>,
}

impl Sums {
    /// Of nothing yet.
    pub(super) fn new(arrays: usize, p: usize) -> Self {
        Sums {
            squares: vec![0.0; arrays],
            gradient: vec![0.0; p],
            curvature: vec![0.0; p * p],
        }
    }

    /// Adds one element.
    pub(super) fn add(&mut self, array: usize, weight: f64, residual: f64, slopes: &[f64]) {
        self.squares[array] += residual * residual;
        let p = slopes.len();
        for (i, &slope) in slopes.iter().enumerate() {
            let twice = 2.0 * weight * slope;
            self.gradient[i] += twice * residual;
            // The other half is its mirror image.
            for (sum, &other) in self.curvature[i * p..].iter_mut().zip(&slopes[..=i]) {
                *sum += twice * other;
            }
        }
    }

    /// Completes the curvature after the last element.
    pub(super) fn mirror(&mut self) {
        let p = self.gradient.len();
        for i in 0..p {
            for j in 0..i {
                self.curvature[j * p + i] = self.curvature[i * p + j];
            }
        }
    }

    /// The sums over several parts.
    pub(super) fn total<'s>(parts: impl IntoIterator<Item = &'s Sums>) -> Sums {
        let add = |into: &mut [f64], from: &[f64]| {
            for (a, b) in into.iter_mut().zip(from) {
                *a += b;
            }
        };
        let mut parts = parts.into_iter();
        let mut total = parts.next().expect("some part").clone();
        for part in parts {
            add(&mut total.squares, &part.squares);
            add(&mut total.gradient, &part.gradient);
            add(&mut total.curvature, &part.curvature);
        }
        total
    }
}
