//! The laws F1 and F7, which hold at every step.

use metaplast_low_rank::linear_algebra::{SingularValues, product_tn};
use metaplast_low_rank::{
    AlignmentLaw, BalanceLaw, Factorisation, FactorisationMethod, Factors, LeastSquaresLaws,
    TargetMatrix, angle_after,
};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::runs::{RandomProblem, distance};

const STEPS: usize = 500;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn forward_and_backward_weights_align_by_an_exact_law(
        n in 2usize..12, m in 2usize..12, inner in 1usize..6, eta in 0.005f64..0.2, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 0.5, seed);
        let mut run = drawn.run(FactorisationMethod::FeedbackAlignment, eta);
        let mut law = AlignmentLaw::of(&run);
        let constant = law.history().clone();
        let mut squares = 0.0;
        for _ in 0..STEPS {
            law.before_step(&run);
            squares += product_tn(run.backward(), run.residual()).norm().powi(2);
            run.step();
        }
        prop_assume!(run.error() < 1e3);
        prop_assert!(distance(&law.weights(&run), law.history()) < 1e-12);
        // Its trace: 2 tr(BᵀZ) = ‖W‖² + const − η² Σ ‖BᵀE‖².
        let trace = |a: &Tensor<f64>| (0..inner).map(|k| a[[k, k]]).sum::<f64>();
        let w = run.factors().representation.norm().powi(2);
        let aligned = 2.0 * run.backward().dot(&run.factors().readout);
        let told = w - trace(&constant) - eta * eta * squares;
        prop_assert!((aligned - told).abs() < 1e-12 * w.max(1.0), "{} {}", aligned, told);
    }

    #[test]
    fn layers_stay_balanced_under_gradient_descent(
        n in 2usize..12, m in 2usize..12, inner in 1usize..6, eta in 0.005f64..0.2, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 0.5, seed);
        let mut run = drawn.run(FactorisationMethod::GradientDescent, eta);
        let mut law = BalanceLaw::of(&run);
        for _ in 0..STEPS {
            law.before_step(&run);
            run.step();
        }
        prop_assume!(run.error() < 1e3);
        prop_assert!(distance(&law.weights(&run), law.history()) < 1e-12);
    }

    #[test]
    fn least_squares_grows_towards_the_sketch_by_exact_laws(
        n in 2usize..10, inner in 1usize..4, more in 3usize..7, eta in 0.005f64..0.2, seed: u64,
    ) {
        let extents = [n, inner + more];
        let drawn = RandomProblem::new(extents, n.min(inner + more), inner, 0.5, seed);
        let mut run = drawn.run(FactorisationMethod::LeastSquares, eta);
        let mut laws = LeastSquaresLaws::of(&drawn.target, &run);
        for step in 0..STEPS {
            let missing = laws.missing(&run);
            let (values, _) = missing.eigh();
            prop_assert!(values.data()[0] > -1e-14, "step {}: {:?}", step, values);
            laws.before_step(&run);
            run.step();
        }
        let ([norms, overlaps], [w, c]) = (laws.history(), laws.weights(&run));
        prop_assert!(distance(&w, norms) < 1e-12);
        prop_assert!(distance(&c, overlaps) < 1e-12);
        prop_assert!(distance(&laws.aligned(&run), &c) < 1e-12);
    }
}

/// F7 of one row of unit length: the angle to C falls by a closed form as steps become small.
#[test]
fn the_angle_of_one_row_falls_by_a_closed_form() {
    let mut random = Random::new(5);
    let values = [1.0, 0.7, 0.5, 0.3];
    let target = TargetMatrix::random([6, 5], &values, &mut random);
    let b = metaplast_low_rank::random_backward(6, 1, &mut random);
    let c = product_tn(&b, target.matrix());
    let angle = |run: &Factorisation<'_, TargetMatrix>| {
        let w = &run.factors().representation;
        (w.dot(&c) / (w.norm() * c.norm())).acos()
    };
    let start = Factors::random([6, 5], 1, 1.0, &mut random);
    let mut faults = Vec::new();
    for steps in [200_u64, 2000] {
        let eta = 2.0 / steps as f64;
        let method = FactorisationMethod::Orthonormal;
        let mut run = Factorisation::new(&target, method, eta, start.clone(), b.clone());
        let first = angle(&run);
        let mut most = 0.0_f64;
        for step in 1..=steps {
            run.step();
            let told = angle_after(first, c.norm(), eta * step as f64);
            most = most.max((angle(&run) - told).abs());
        }
        faults.push(most);
    }
    assert!(
        faults[1] < 1e-3 && faults[1] < 0.15 * faults[0],
        "{faults:?}"
    );
}

/// The loss of least squares may rise at first, though alignment only grows.
#[test]
fn the_loss_may_rise_while_alignment_grows() {
    let rises = (0..200).filter(|&seed| {
        let drawn = RandomProblem::new([20, 20], 5, 5, 1.0, seed);
        let mut run = drawn.run(FactorisationMethod::LeastSquares, 0.1);
        let before = run.error();
        run.step();
        run.error() > before
    });
    let rises = rises.count();
    assert!((40..160).contains(&rises), "{rises} of 200");
}

#[test]
fn the_polar_factor_of_one_row_is_its_direction() {
    let w = Tensor::new([1, 2], vec![3.0, 4.0]);
    let unit = SingularValues::of(&w).polar_factor();
    assert!(distance(&unit, &Tensor::new([1, 2], vec![0.6, 0.8])) < 1e-15);
}
