//! Small dense symmetric matrices, row by row in a slice.

/// The solution of `A x = b` by Cholesky's decomposition; none when `A`, `[n, n]`, is not positive
/// definite.
pub(super) fn solve(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut factor = a.to_vec();
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[i * n + k] * factor[j * n + k]).sum();
            let rest = a[i * n + j] - known;
            factor[i * n + j] = if i > j {
                rest / factor[j * n + j]
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| factor[i * n + k] * x[k]).sum();
        x[i] = (x[i] - known) / factor[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| factor[k * n + i] * x[k]).sum();
        x[i] = (x[i] - known) / factor[i * n + i];
    }
    Some(x)
}

/// Eigenvalues and the unit eigenvectors that go with them, by Jacobi's rotations.
pub(super) fn eigen(a: &[f64], n: usize) -> Vec<(f64, Vec<f64>)> {
    /// Each sweep squares what is left beside the diagonal, so few are needed.
    const SWEEPS: usize = 60;
    let mut a = a.to_vec();
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..SWEEPS {
        for p in 0..n {
            for q in p + 1..n {
                let beside = a[p * n + q];
                if beside == 0.0 {
                    continue;
                }
                let ratio = (a[q * n + q] - a[p * n + p]) / (2.0 * beside);
                let tan = ratio.signum() / (ratio.abs() + (ratio * ratio + 1.0).sqrt());
                let cos = 1.0 / (tan * tan + 1.0).sqrt();
                let sin = tan * cos;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    a[k * n + p] = cos * x - sin * y;
                    a[k * n + q] = sin * x + cos * y;
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    a[p * n + k] = cos * x - sin * y;
                    a[q * n + k] = sin * x + cos * y;
                    let (x, y) = (vectors[k * n + p], vectors[k * n + q]);
                    vectors[k * n + p] = cos * x - sin * y;
                    vectors[k * n + q] = sin * x + cos * y;
                }
            }
        }
    }
    let vector = |p: usize| (0..n).map(|k| vectors[k * n + p]).collect();
    (0..n).map(|p| (a[p * n + p], vector(p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 9] = [4.0, 1.0, -2.0, 1.0, 3.0, 0.5, -2.0, 0.5, 5.0];

    #[test]
    fn a_solution_solves() {
        let b = [1.0, -2.0, 0.25];
        let x = solve(&A, &b).unwrap();
        for (row, b) in A.chunks(3).zip(b) {
            let product: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((product - b).abs() < 1e-14);
        }
        assert_eq!(solve(&[1.0, 2.0, 2.0, 1.0], &[1.0, 1.0]), None);
        assert_eq!(solve(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn eigenvectors_are_stretched_by_their_values() {
        for (value, vector) in eigen(&A, 3) {
            let length: f64 = vector.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-14);
            for (row, x) in A.chunks(3).zip(&vector) {
                let product: f64 = row.iter().zip(&vector).map(|(a, x)| a * x).sum();
                assert!((product - value * x).abs() < 1e-13);
            }
        }
        let sum: f64 = eigen(&A, 3).iter().map(|(value, _)| value).sum();
        assert!((sum - 12.0).abs() < 1e-13);
    }
}
