//! Eigenvalues and eigenvectors of a symmetric matrix of `f64`: Householder's reduction to a
//! tridiagonal matrix, and QL steps with implicit shifts on that.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th edition, sections 8.3.1 and 8.3.3. Other number types
//! start from this result, so it is compiled once.

use crate::kernels::{axpy, dot};

/// QL steps for one eigenvalue; two or three are usual.
const STEPS: usize = 60;

/// The eigenvalues in ascending order, and the eigenvectors as the rows of a matrix; NaN when the
/// matrix holds numbers that are not finite. `a` is symmetric and is overwritten.
pub(super) fn eigen(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let scale = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if !a.iter().all(|x| x.is_finite()) {
        return (vec![f64::NAN; n], vec![f64::NAN; n * n]);
    }
    if scale > 0.0 {
        a.iter_mut().for_each(|x| *x /= scale);
    }
    let (mut diagonal, mut beside, mut vectors) = reduce(a, n);
    if !iterate(&mut diagonal, &mut beside, &mut vectors, n) {
        return (vec![f64::NAN; n], vec![f64::NAN; n * n]);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal[i].total_cmp(&diagonal[j]));
    let values = order.iter().map(|&i| diagonal[i] * scale).collect();
    let rows = order.iter().flat_map(|&i| {
        let row = &vectors[i * n..][..n];
        // An eigenvector's sign is free; the largest component is made positive.
        let largest = row
            .iter()
            .fold(0.0_f64, |m, &x| if x.abs() > m.abs() { x } else { m });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        row.iter().map(move |x| sign * x)
    });
    (values, rows.collect())
}

/// `Q A Qᵀ` is tridiagonal: its diagonal, what stands beside it, and Q.
fn reduce(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut q = vec![0.0; n * n];
    (0..n).for_each(|i| q[i * n + i] = 1.0);
    let mut beside = vec![0.0; n];
    for k in 0..n.saturating_sub(1) {
        let rest = k + 1..n;
        // The reflection that turns column k below the diagonal into a multiple of the first unit vector.
        let mut v: Vec<f64> = rest.clone().map(|i| a[i * n + k]).collect();
        let norm = dot(&v, &v).sqrt();
        let image = if v[0] > 0.0 { -norm } else { norm };
        beside[k] = image;
        let first = v[0] - image;
        let squares = first * first + dot(&v[1..], &v[1..]);
        if squares == 0.0 {
            beside[k] = v[0];
            continue;
        }
        v[0] = first;
        let beta = 2.0 / squares;
        // A ← H A H for H = I − β v vᵀ, as A − v wᵀ − w vᵀ.
        let product = |i| beta * dot(&a[i * n + k + 1..][..n - k - 1], &v);
        let mut w: Vec<f64> = rest.clone().map(product).collect();
        axpy(-0.5 * beta * dot(&w, &v), &v, &mut w);
        for (i, row) in rest.clone().enumerate() {
            let row = &mut a[row * n + k + 1..][..n - k - 1];
            axpy(-v[i], &w, row);
            axpy(-w[i], &v, row);
        }
        // Q ← H Q
        let mut product = vec![0.0; n];
        for (row, &vi) in rest.clone().zip(&v) {
            axpy(vi, &q[row * n..][..n], &mut product);
        }
        for (row, &vi) in rest.zip(&v) {
            axpy(-beta * vi, &product, &mut q[row * n..][..n]);
        }
    }
    let diagonal = (0..n).map(|i| a[i * n + i]).collect();
    (diagonal, beside, q)
}

/// Makes the tridiagonal matrix diagonal, turning the rows of `vectors` along; false when it does
/// not come to an end.
fn iterate(d: &mut [f64], e: &mut [f64], vectors: &mut [f64], n: usize) -> bool {
    for l in 0..n {
        for step in 0.. {
            let negligible = |m: usize| e[m].abs() <= f64::EPSILON * (d[m].abs() + d[m + 1].abs());
            let m = (l..n - 1).find(|&m| negligible(m)).unwrap_or(n - 1);
            if m == l {
                break;
            }
            if step == STEPS {
                return false;
            }
            // Wilkinson's shift: the eigenvalue of the first 2 × 2 block that is nearer to d[l].
            let ratio = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let root = libm::hypot(ratio, 1.0).copysign(ratio);
            let mut g = d[m] - d[l] + e[l] / (ratio + root);
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = libm::hypot(f, g);
                e[i + 1] = r;
                if r == 0.0 {
                    // The matrix has fallen into two.
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    whole = false;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                let (upper, lower) = vectors.split_at_mut((i + 1) * n);
                let upper = &mut upper[i * n..];
                for (x, y) in upper.iter_mut().zip(&mut lower[..n]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
            if whole {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    true
}
