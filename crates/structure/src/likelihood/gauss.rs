//! The Gauss–Legendre rule.

use std::sync::OnceLock;

use metaplast_tensor::Scalar;

/// Its number of nodes.
const NODES: usize = 64;

/// Nodes in [−1, 1] and weights, exact for polynomials of degree 127: roots of the Legendre polynomial P₆₄ by
/// Newton's method (Davis & Rabinowitz, *Methods of numerical integration*, 1984, section 2.7).
pub(super) fn nodes() -> &'static [(f64, f64); NODES] {
    static RULE: OnceLock<[(f64, f64); NODES]> = OnceLock::new();
    RULE.get_or_init(|| {
        let n = NODES as f64;
        let mut rule = [(0.0, 0.0); NODES];
        for k in 0..NODES / 2 {
            let mut x = Scalar::cos(std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5));
            for _ in 0..10 {
                let (value, slope) = legendre(x);
                x -= value / slope;
            }
            let slope = legendre(x).1;
            let weight = 2.0 / ((1.0 - x * x) * slope * slope);
            rule[k] = (-x, weight);
            rule[NODES - 1 - k] = (x, weight);
        }
        rule
    })
}

/// P₆₄ and its derivative, for |x| < 1.
fn legendre(x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for degree in 2..=NODES {
        let d = degree as f64;
        let next = ((2.0 * d - 1.0) * x * value - (d - 1.0) * before) / d;
        (before, value) = (value, next);
    }
    (value, NODES as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_degree_127_are_exact() {
        for degree in [0, 1, 2, 7, 64, 126, 127] {
            let sum: f64 = nodes().iter().map(|(x, w)| w * x.powi(degree)).sum();
            let exact = if degree % 2 == 0 {
                2.0 / f64::from(degree + 1)
            } else {
                0.0
            };
            assert!((sum - exact).abs() < 1e-14, "{degree}: {sum}");
        }
    }
}
