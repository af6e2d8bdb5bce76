//! Linear algebra: factorisations against their definitions, on sizes around the blocks.

use metaplast_tensor::linalg::{FactorError, Triangle};
use metaplast_tensor::{Random, Scalar, Tensor, tensor};

const SIZES: [usize; 8] = [0, 1, 2, 5, 31, 32, 33, 100];

fn random<T: Scalar>(shape: &[usize], seed: u64) -> Tensor<T> {
    Tensor::normal(shape, 0.0, 1.0, &mut Random::new(seed))
}

/// A symmetric matrix with eigenvalues of 1 and more.
fn positive<T: Scalar>(n: usize) -> Tensor<T> {
    let a = random::<T>(&[n, n], 1);
    let square = a.matmul(&a.transpose());
    &square / T::from_f64(n.max(1) as f64) + &Tensor::eye(n)
}

#[track_caller]
fn close<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) {
    assert_eq!(a.shape(), b.shape());
    let n = a.len().max(1) as f64;
    let limit = 8.0 * n.sqrt() * T::EPSILON * (1.0 + b.norm().to_f64());
    let difference = (a - b).norm().to_f64();
    assert!(difference <= limit, "{difference:e} above {limit:e}");
}

fn cholesky_in<T: Scalar>() {
    for n in SIZES {
        let a = positive::<T>(n);
        let l = a.cholesky().unwrap();
        close(&l.matmul(&l.transpose()), &a);
        assert!((0..n).all(|i| (i + 1..n).all(|j| l[[i, j]] == T::ZERO)));
    }
}

#[test]
fn cholesky_factors_multiply_to_the_matrix() {
    cholesky_in::<f64>();
    cholesky_in::<f32>();
}

fn solve_in<T: Scalar>() {
    for n in SIZES {
        let a = positive::<T>(n).index_select(0, &Random::new(2).permutation(n));
        for b in [
            random::<T>(&[n], 3),
            random::<T>(&[n, 3], 4),
            random::<T>(&[n, 40], 5),
        ] {
            let x = a.solve(&b).unwrap();
            let product = if b.rank() == 1 {
                a.matvec(&x)
            } else {
                a.matmul(&x)
            };
            close(&product, &b);
            let x = a.lu().unwrap().solve_transposed(&b);
            let a = a.transpose();
            let product = if b.rank() == 1 {
                a.matvec(&x)
            } else {
                a.matmul(&x)
            };
            close(&product, &b);
        }
    }
}

#[test]
fn solutions_solve_in_both_precisions() {
    solve_in::<f64>();
    solve_in::<f32>();
}

#[test]
fn triangles_are_solved_as_they_stand_and_transposed() {
    for n in SIZES {
        let a = &random::<f64>(&[n, n], 6) * 0.1 + &Tensor::eye(n);
        let b = random::<f64>(&[n, 4], 7);
        let part = |keep: fn(usize, usize) -> bool| {
            Tensor::from_fn([n, n], |i| {
                if keep(i[0], i[1]) {
                    a[[i[0], i[1]]]
                } else {
                    0.0
                }
            })
        };
        let (lower, upper) = (part(|i, j| i >= j), part(|i, j| i <= j));
        for (triangle, matrix) in [
            (Triangle::Lower, lower.clone()),
            (Triangle::LowerTransposed, lower.transpose()),
            (Triangle::Upper, upper.clone()),
            (Triangle::UpperTransposed, upper.transpose()),
        ] {
            close(&matrix.matmul(&a.solve_triangular(&b, triangle)), &b);
            assert_eq!(triangle.transposed().transposed(), triangle);
        }
    }
}

fn eigen_in<T: Scalar>() {
    for n in SIZES {
        let a = random::<T>(&[n, n], 8);
        let a = &a + &a.transpose();
        let (values, v) = a.eigh();
        close(&v.matmul(&(&values.reshape([n, 1]) * &v.transpose())), &a);
        close(&v.transpose().matmul(&v), &Tensor::eye(n));
    }
}

#[test]
fn eigenvectors_are_orthonormal_and_make_up_the_matrix() {
    eigen_in::<f64>();
    eigen_in::<f32>();
}

#[test]
fn eigenvalues_of_known_matrices() {
    // The second difference: 2 − 2 cos(k π / (n + 1)).
    let n = 12;
    let a = Tensor::from_fn([n, n], |i| match i[0].abs_diff(i[1]) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    let (values, _) = a.eigh();
    for (k, value) in values.data().iter().enumerate() {
        let expected = 2.0 - 2.0 * (std::f64::consts::PI * (k + 1) as f64 / 13.0).cos();
        assert!((value - expected).abs() < 1e-14);
    }
    let (values, vectors) = Tensor::<f64>::eye(5).eigh();
    assert_eq!((values, vectors), (Tensor::ones([5]), Tensor::eye(5)));
    let (values, _) = Tensor::<f64>::full([3, 3], 1e200).eigh();
    assert!((values.data()[2] / 3e200 - 1.0).abs() < 1e-15);
    assert!(tensor![[f64::NAN]].eigh().0.item().is_nan());
}

#[test]
fn determinants_of_known_matrices() {
    let a = tensor![[0.0, 2.0, 1.0], [3.0, 1.0, 0.0], [0.0, 0.0, 2.0]];
    let lu = a.lu().unwrap();
    assert_eq!(lu.determinant(), -12.0);
    assert!((lu.log_abs_determinant() - 12f64.ln()).abs() < 1e-15);
    // Too large for the determinant itself.
    let large = &Tensor::<f64>::eye(400) * 1e3;
    let expected = 400.0 * 1e3f64.ln();
    assert!((large.lu().unwrap().log_abs_determinant() - expected).abs() < 1e-10);
}

#[test]
fn matrices_without_a_factorisation_are_named() {
    let a = Tensor::<f64>::ones([40, 40]);
    assert_eq!(a.lu().unwrap_err(), FactorError::Singular { column: 1 });
    let error = a.cholesky().unwrap_err();
    assert_eq!(error, FactorError::NotPositiveDefinite { column: 1 });
    assert!(tensor![[f64::NAN]].cholesky().is_err());
}

#[test]
#[should_panic(expected = "solve: matrix of shape [2, 2], right-hand side of shape [3]")]
fn a_right_hand_side_that_does_not_fit_is_named() {
    let _ = Tensor::<f64>::eye(2).solve(&Tensor::zeros([3]));
}
