//! Products of matrices of which one is transposed, without a transposed copy.

use metaplast_tensor::Tensor;
use metaplast_tensor::kernels::{Write, matmul_nt, matmul_tn};

/// `A Bᵀ`, shapes `[m, k]` and `[n, k]`.
///
/// # Panics
/// When the shapes do not fit.
#[must_use]
#[track_caller]
pub fn product_nt(a: &Tensor<f64>, b: &Tensor<f64>) -> Tensor<f64> {
    match (a.dims(), b.dims()) {
        (&[m, k], &[n, inner]) if k == inner => {
            let mut product = Tensor::zeros([m, n]);
            let c = product.data_mut();
            matmul_nt(a.data(), b.data(), c, m, k, n, Write::Set);
            product
        }
        _ => panic!("product_nt: shapes {} and {}", a.shape(), b.shape()),
    }
}

/// `Aᵀ B`, shapes `[k, m]` and `[k, n]`.
///
/// # Panics
/// When the shapes do not fit.
#[must_use]
#[track_caller]
pub fn product_tn(a: &Tensor<f64>, b: &Tensor<f64>) -> Tensor<f64> {
    match (a.dims(), b.dims()) {
        (&[k, m], &[inner, n]) if k == inner => {
            let mut product = Tensor::zeros([m, n]);
            let c = product.data_mut();
            matmul_tn(a.data(), b.data(), c, m, k, n, Write::Set);
            product
        }
        _ => panic!("product_tn: shapes {} and {}", a.shape(), b.shape()),
    }
}

/// `A Aᵀ`
///
/// ```
/// use metaplast_low_rank::linear_algebra::gram;
/// use metaplast_tensor::tensor;
///
/// assert_eq!(gram(&tensor![[1.0, 2.0]]), tensor![[5.0]]);
/// ```
///
/// # Panics
/// When `a` is no matrix.
#[must_use]
#[track_caller]
pub fn gram(a: &Tensor<f64>) -> Tensor<f64> {
    product_nt(a, a)
}
