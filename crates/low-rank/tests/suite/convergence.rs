//! Convergence at and above the rank, and flat spectra.

use metaplast_low_rank::linear_algebra::{RowSpace, SingularValues, product_tn};
use metaplast_low_rank::{
    Factorisation, FactorisationMethod, Factors, SketchLimit, TargetMatrix, random_backward,
    spectrum,
};
use metaplast_tensor::Random;

use crate::runs::RandomProblem;

/// Runs of a method that reach a relative squared error of 10⁻⁶ in 20,000 steps.
fn successes(method: FactorisationMethod, inner: usize, init: f64, seeds: u64) -> u64 {
    let reached = |&seed: &u64| {
        let drawn = RandomProblem::new([20, 20], 5, inner, init, seed);
        let mut run = drawn.run(method, 0.1);
        run.run_until(20_000, |run| drawn.relative(run) < 1e-6)
            .is_some()
    };
    (1..=seeds).filter(reached).count() as u64
}

#[test]
fn feedback_alignment_solves_every_problem_at_the_rank_and_above() {
    for (inner, init) in [(5, 1e-3), (5, 0.1), (8, 0.1)] {
        for method in [
            FactorisationMethod::FeedbackAlignment,
            FactorisationMethod::LeastSquares,
        ] {
            let solved = successes(method, inner, init, 30);
            assert_eq!(solved, 30, "{method}, r {inner}, init {init}");
        }
    }
}

/// The time is about 1/(η σ) with σ the least singular value of BᵀY. At r = rank that may be arbitrarily
/// small: about one draw in a hundred takes more than 20,000 steps, and this is one.
#[test]
fn a_backward_matrix_that_nearly_loses_a_rank_takes_long() {
    let steps = |seed| {
        let drawn = RandomProblem::new([20, 20], 5, 5, 0.1, seed);
        let compressed = product_tn(&drawn.backward, drawn.target.matrix());
        let smallest = SingularValues::of(&compressed).values()[4];
        let mut run = drawn.run(FactorisationMethod::FeedbackAlignment, 0.1);
        let steps = run.run_until(100_000, |run| drawn.relative(run) < 1e-6);
        (steps.expect("in the end it is solved"), smallest)
    };
    let (slow, smallest) = steps(0);
    assert!(slow > 20_000 && smallest < 1e-3, "{slow} steps, {smallest}");
    for seed in 1..=20 {
        let (steps, smallest) = steps(seed);
        let product = 0.1 * steps as f64 * smallest;
        assert!(
            (0.3..6.0).contains(&product),
            "seed {seed}: {steps} steps, {smallest}"
        );
    }
}

#[test]
fn the_other_candidates_without_a_penalty_converge_too() {
    for method in [
        FactorisationMethod::Sequential,
        FactorisationMethod::FastReadout { steps: 5 },
        FactorisationMethod::Orthonormal,
    ] {
        assert_eq!(successes(method, 5, 0.1, 5), 5, "{method}");
    }
}

/// Ridge and weight decay end at a floor, since they pay for weights as well.
#[test]
fn penalties_leave_a_floor() {
    for method in [
        FactorisationMethod::Ridge { lambda: 0.1 },
        FactorisationMethod::WeightDecay { lambda: 0.01 },
    ] {
        let drawn = RandomProblem::new([20, 20], 5, 5, 0.1, 1);
        let mut run = drawn.run(method, 0.1);
        (0..5000).for_each(|_| run.step());
        let relative = drawn.relative(&run);
        assert!((1e-5..2e-2).contains(&relative), "{method}: {relative}");
    }
}

/// With a flat spectrum errors are about equal, and representations almost orthogonal.
#[test]
fn representations_of_equal_error_are_almost_orthogonal_under_a_flat_spectrum() {
    for (n, inner) in [(200, 4), (100, 3)] {
        let values = spectrum::two_levels(n, inner, 1.1, 1.0);
        let target = TargetMatrix::diagonal(&values);
        let best = RowSpace::of(&target.right_vectors(inner));
        let (mut ratios, mut overlaps) = (0.0, 0.0);
        for seed in 0..10 {
            let b = random_backward(n, inner, &mut Random::new(seed));
            let limit = SketchLimit::of(&target, &b);
            let ratio = limit.error() / target.least_error(inner);
            assert!(ratio > 1.0 && ratio < 1.02, "n {n}, seed {seed}: {ratio}");
            ratios += ratio / 10.0;
            overlaps += limit.row_space().overlap(&best) / 10.0;
        }
        let expected = inner as f64 / n as f64;
        assert!(ratios < 1.02, "n {n}: {ratios}");
        assert!(
            (expected / 2.0..2.0 * expected).contains(&overlaps),
            "n {n}: {overlaps}"
        );
    }
    // The same from simulations of both.
    let (n, inner) = (50, 2);
    let target = TargetMatrix::diagonal(&spectrum::two_levels(n, inner, 1.1, 1.0));
    let mut random = Random::new(1);
    let start = Factors::random([n, n], inner, 0.1, &mut random);
    let b = random_backward(n, inner, &mut random);
    let [gd, fa] = [
        FactorisationMethod::GradientDescent,
        FactorisationMethod::FeedbackAlignment,
    ]
    .map(|method| {
        let mut run = Factorisation::new(&target, method, 0.1, start.clone(), b.clone());
        (0..4000).for_each(|_| run.step());
        (run.error(), RowSpace::of(&run.factors().representation))
    });
    let limit = SketchLimit::of(&target, &b);
    assert!(
        (gd.0 / target.least_error(inner) - 1.0).abs() < 1e-6,
        "{}",
        gd.0
    );
    assert!((fa.0 / limit.error() - 1.0).abs() < 1e-6, "{}", fa.0);
    assert!(fa.0 / gd.0 < 1.02);
    assert!((fa.1.overlap(limit.row_space()) - 1.0).abs() < 1e-6);
    assert!(fa.1.overlap(&gd.1) < 0.25, "{}", fa.1.overlap(&gd.1));
}
