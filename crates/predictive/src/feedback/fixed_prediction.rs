//! Inference with fixed predictions: backpropagation, or feedback alignment, times one factor for each
//! layer.
//!
//! Predictions and their slopes stay at those of the forward pass, so every iteration is linear in the
//! errors:
//!
//! ```text
//! ε_l ← (1 − η) ε_l + η J_(l+1)ᵀ ε_(l+1),   ε_L = e_L,   ε_l = 0 at first for l < L
//! ```
//!
//! and each passes on the same share of the error to the layer below. After t of them
//!
//! ```text
//! ε_l = c_(L−l)(t) δ_l        c_k(t) = P(at least k of t independent trials succeed), each with chance η
//! ```
//!
//! with δ_l the error that the pathway would send back in one go; for η > 1, which is no chance, the
//! same polynomial. The program released with the paper (Rosenbaum 2022) returns the errors after n − 1
//! relaxations beside beliefs after n, and so do we.

/// `c_0(t)..c_(layers−1)(t)` for the rate η.
pub(super) fn shares(rate: f64, iterations: usize, layers: usize) -> Vec<f64> {
    let mut shares = vec![0.0; layers];
    shares[0] = 1.0;
    for _ in 0..iterations {
        for k in (1..layers).rev() {
            shares[k] = (1.0 - rate) * shares[k] + rate * shares[k - 1];
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_are_tails_of_the_binomial_distribution() {
        for (rate, n) in [(0.1, 19), (0.5, 6), (1.0, 3), (1.5, 8)] {
            for (k, share) in shares(rate, n, 6).into_iter().enumerate() {
                let mut choose = 1.0;
                let mut tail = 0.0;
                for j in 0..=n {
                    if j >= k {
                        let power = |x: f64, n: usize| (0..n).fold(1.0, |p, _| p * x);
                        tail += choose * power(rate, j) * power(1.0 - rate, n - j);
                    }
                    choose *= (n - j) as f64 / (j + 1) as f64;
                }
                assert!(
                    (share - tail).abs() < 1e-10 * (1.0 + tail.abs()),
                    "{rate} {n} {k}"
                );
            }
        }
    }

    #[test]
    fn the_papers_relative_errors_are_those_of_the_shares() {
        // 1 − share, from the last layer down, as figure 3's curves end.
        let errors = shares(0.1, 19, 6).into_iter().map(|share| 1.0 - share);
        let known = [0.0, 0.1351, 0.4203, 0.7054, 0.8850, 0.9648];
        for (error, known) in errors.zip(known) {
            assert!((error - known).abs() < 5e-5);
        }
    }
}
