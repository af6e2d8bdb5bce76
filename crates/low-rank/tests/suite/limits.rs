//! Where learning ends: F2, F3, F4, F6.

use metaplast_low_rank::{
    Factorisation, FactorisationMethod, Factors, SketchLimit, TargetMatrix, random_backward,
    separation_ratio,
};
use metaplast_tensor::{Random, Tensor};

use crate::runs::{RandomProblem, distance};

const FA: FactorisationMethod = FactorisationMethod::FeedbackAlignment;

/// F2: the limit is the sketch of Y by B, by whichever of these methods and from whichever start.
#[test]
fn feedback_alignment_ends_at_the_sketch_whatever_the_start() {
    let methods = [
        FA,
        FactorisationMethod::Sequential,
        FactorisationMethod::FastReadout { steps: 5 },
        FactorisationMethod::LeastSquares,
    ];
    for seed in 0..6 {
        let inner = 1 + seed as usize % 3;
        let drawn = RandomProblem::new([9, 8], 8, inner, [1e-3, 0.1, 1.0][seed as usize / 2], seed);
        let limit = SketchLimit::of(&drawn.target, &drawn.backward);
        for method in methods {
            let mut run = drawn.run(method, 0.1);
            let rest = run.run_until(200_000, |run| run.distance_from_rest() < 1e-12);
            assert!(
                rest.is_some(),
                "{method}, seed {seed}: {}",
                run.distance_from_rest()
            );
            let product = run.factors().product();
            assert!(
                distance(&product, limit.product()) < 1e-9,
                "{method}, seed {seed}"
            );
            assert!(
                (run.error() - limit.error()).abs() < 1e-9,
                "{method}, seed {seed}"
            );
            assert!(
                run.error() > 1.01 * drawn.target.least_error(inner),
                "{method}, seed {seed}"
            );
        }
        let mut run = drawn.run(FactorisationMethod::GradientDescent, 0.1);
        let least = drawn.target.least_error(inner);
        let there = run.run_until(200_000, |run| run.error() < least + 1e-9);
        assert!(there.is_some(), "gradient descent, seed {seed}");
    }
}

/// For r of at least the rank, the projector holds all of Y.
#[test]
fn nothing_is_missing_from_the_sketch_at_the_rank_and_above() {
    for (inner, seed) in [(3, 1), (5, 2), (8, 3)] {
        let drawn = RandomProblem::new([9, 8], 3, inner, 0.1, seed);
        let limit = SketchLimit::of(&drawn.target, &drawn.backward);
        assert!(limit.error() < 1e-26, "{inner}: {}", limit.error());
        assert_eq!(limit.row_space().dimension(), 3);
    }
}

/// F3: a gap without bound.
#[test]
fn the_separation_has_its_closed_form() {
    let simulated = |s: f64, phi: f64, method| {
        let target = TargetMatrix::diagonal(&[1.0, s]);
        let b = Tensor::new([2, 1], vec![phi.cos(), phi.sin()]);
        let start = Factors::random([2, 2], 1, 0.1, &mut Random::new(3));
        let mut run = Factorisation::new(&target, method, 0.1, start, b);
        let done = run.run_until(500_000, |run| run.distance_from_rest() < 1e-13);
        assert!(done.is_some(), "s {s}, φ {phi}");
        run.error() / target.least_error(1)
    };
    for s in [0.5, 0.1] {
        for phi in [0.1, 0.7, 1.0, 1.4, 2.5] {
            let told = separation_ratio(s, phi);
            let found = simulated(s, phi, FA);
            assert!(
                (found / told - 1.0).abs() < 1e-9,
                "s {s}, φ {phi}: {found} {told}"
            );
        }
    }
    // Its mean over uniform φ is 1/s, of simulations as well as of the formula.
    let phis = |count: usize| {
        (0..count).map(move |k| std::f64::consts::PI * (k as f64 + 0.5) / count as f64)
    };
    let mean = phis(32).map(|phi| simulated(0.5, phi, FA)).sum::<f64>() / 32.0;
    assert!((mean * 0.5 - 1.0).abs() < 0.01, "{mean}");
    for s in [0.3, 0.03, 0.003] {
        let mean = phis(100_000)
            .map(|phi| separation_ratio(s, phi))
            .sum::<f64>()
            / 1e5;
        assert!((mean * s - 1.0).abs() < 0.01, "{mean}");
    }
}

#[test]
fn gradient_descent_reaches_the_optimum_of_the_separation() {
    let target = TargetMatrix::diagonal(&[1.0, 0.1]);
    let start = Factors::random([2, 2], 1, 0.1, &mut Random::new(3));
    let b = Tensor::zeros([2, 1]);
    let mut run = Factorisation::new(&target, FactorisationMethod::GradientDescent, 0.1, start, b);
    let there = run.run_until(10_000, |run| {
        run.error() / target.least_error(1) < 1.0 + 1e-9
    });
    assert!(there.is_some(), "{}", run.error());
}

/// F4: from zeros gradient descent never moves, feedback alignment does.
#[test]
fn from_zeros_only_feedback_alignment_moves() {
    let drawn = RandomProblem::new([6, 5], 3, 3, 0.0, 1);
    let zeros = Factors::zeros([6, 5], 3);
    assert_eq!(drawn.start, zeros);
    let mut run = drawn.run(FactorisationMethod::GradientDescent, 0.1);
    (0..100).for_each(|_| run.step());
    assert_eq!(run.factors(), &zeros);
    let mut run = drawn.run(FA, 0.1);
    run.step();
    assert_eq!(run.factors().readout, zeros.readout);
    assert!(run.factors().representation.norm() > 1e-3);
    let there = run.run_until(20_000, |run| drawn.relative(run) < 1e-6);
    assert!(there.is_some(), "{}", run.error());
}

/// F6: a backward matrix of lower rank than Y leaves an error that depends on the start.
#[test]
fn a_backward_matrix_of_low_rank_leaves_an_error_that_depends_on_the_start() {
    let drawn = RandomProblem::new([8, 7], 4, 4, 0.3, 2);
    let mut random = Random::new(9);
    let thin = random_backward(8, 2, &mut random);
    let b = thin.matmul(&Tensor::normal([2, 4], 0.0, 1.0, &mut random));
    let errors: Vec<f64> = (0..4)
        .map(|_| {
            let start = Factors::random([8, 7], 4, 0.3, &mut random);
            let mut run = Factorisation::new(&drawn.target, FA, 0.05, start, b.clone());
            let rest = run.run_until(400_000, |run| run.distance_from_rest() < 1e-10);
            assert!(rest.is_some(), "{}", run.distance_from_rest());
            drawn.relative(&run)
        })
        .collect();
    assert!(errors.iter().all(|&error| error > 1e-3), "{errors:?}");
    for (k, one) in errors.iter().enumerate() {
        for other in &errors[..k] {
            assert!((one - other).abs() > 1e-4, "{errors:?}");
        }
    }
}
