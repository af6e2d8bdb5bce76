//! Recursive least squares against the regression that it solves.

use metaplast_reservoir::InverseCorrelation;
use metaplast_tensor::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;

const REGULARISATION: f64 = 10.0;

/// P after rank-one updates by the rows of `rates`, and each step's k and c.
fn learn(n: usize, rates: &[Vec<f64>]) -> (InverseCorrelation<f64>, Vec<(Vec<f64>, f64)>) {
    let mut p = InverseCorrelation::new(n, REGULARISATION);
    let steps = rates.iter().map(|r| {
        let mut k = vec![0.0; n];
        p.matvec(r, &mut k);
        let c = 1.0 / (1.0 + r.iter().zip(&k).map(|(r, k)| r * k).sum::<f64>());
        p.subtract_outer(c, &k);
        (k, c)
    });
    let steps = steps.collect();
    (p, steps)
}

fn cases() -> impl Strategy<Value = (usize, Vec<Vec<f64>>, Vec<f64>)> {
    (1..40_usize, 1..30_usize).prop_flat_map(|(n, steps)| {
        let number = -1.0..1.0_f64;
        (
            Just(n),
            vec(vec(number.clone(), n), steps),
            vec(number, steps),
        )
    })
}

proptest! {
    #[test]
    fn updates_one_by_one_solve_ridge_regression((n, rates, targets) in cases()) {
        let (p, steps) = learn(n, &rates);
        let mut w = vec![0.0; n];
        for ((r, f), (k, c)) in rates.iter().zip(&targets).zip(&steps) {
            let z: f64 = w.iter().zip(r).map(|(w, r)| w * r).sum();
            w.iter_mut().zip(k).for_each(|(w, k)| *w += c * (f - z) * k);
        }

        let correlation = Tensor::from_fn([n, n], |at| {
            let sum: f64 = rates.iter().map(|r| r[at[0]] * r[at[1]]).sum();
            sum + if at[0] == at[1] { REGULARISATION } else { 0.0 }
        });
        let right = Tensor::from_fn([n], |at| {
            rates.iter().zip(&targets).map(|(r, f)| r[at[0]] * f).sum()
        });
        let solution = correlation.solve(&right).expect("positive definite");
        for (w, expected) in w.iter().zip(solution.data()) {
            prop_assert!((w - expected).abs() < 1e-12);
        }
        // P times the correlation is the identity.
        let inverse = Tensor::from_fn([n, n], |at| p.get(at[0], at[1]));
        let product = inverse.matmul(&correlation);
        prop_assert!((product - &Tensor::eye(n)).norm() < 1e-11);
    }

    #[test]
    fn p_stays_symmetric_and_positive_definite_and_its_trace_falls((n, rates, _) in cases()) {
        let (p, _) = learn(n, &rates);
        let matrix = Tensor::from_fn([n, n], |at| p.get(at[0], at[1]));
        prop_assert_eq!(&matrix, &matrix.transpose());
        prop_assert!(matrix.cholesky().is_ok());
        let trace: f64 = (0..n).map(|i| matrix.data()[i * n + i]).sum();
        prop_assert!((p.trace() - trace).abs() < 1e-12);
        prop_assert!(p.trace() <= n as f64 / REGULARISATION);
    }

    #[test]
    fn products_do_not_depend_on_how_many_changes_wait((n, rates, _) in cases()) {
        // The same changes, with products between them and without.
        let (mut with, steps) = learn(n, &rates);
        let mut without = InverseCorrelation::new(n, REGULARISATION);
        for (k, c) in &steps {
            without.subtract_outer(*c, k);
        }
        let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
        with.matvec(&rates[0], &mut a);
        without.matvec(&rates[0], &mut b);
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() < 1e-13);
        }
    }
}
