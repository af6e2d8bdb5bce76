//! Backward matrices that have seen Y, or that learn.

use metaplast_low_rank::linear_algebra::RowSpace;
use metaplast_low_rank::{
    BackwardLearning, Factorisation, FactorisationMethod, Factors, SketchLimit, TargetMatrix,
    power_sketch, random_backward, spectrum,
};
use metaplast_numbers::statistics::median;
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::runs::{RandomProblem, distance};

/// Singular values 1, as often as there are columns, and 0.1: the gap that is to be closed.
fn separated(n: usize, inner: usize, seed: u64) -> (TargetMatrix, Factors, Tensor<f64>) {
    let mut random = Random::new(seed);
    let target = TargetMatrix::diagonal(&spectrum::two_levels(n, inner, 1.0, 0.1));
    let start = Factors::random([n, n], inner, 0.1, &mut random);
    let backward = random_backward(n, inner, &mut random);
    (target, start, backward)
}

#[test]
fn one_power_of_the_targets_covariance_closes_the_gap() {
    let ratio = |q| {
        let ratios: Vec<f64> = (0..40)
            .map(|seed| {
                let (target, _, backward) = separated(64, 16, seed);
                let sketch = power_sketch(&target, &backward, q);
                SketchLimit::of(&target, &sketch).error() / target.least_error(16)
            })
            .collect();
        median(&ratios)
    };
    let ratios = [ratio(0), ratio(1), ratio(2)];
    assert!(
        ratios[0] > 5.0 && ratios[1] < 1.03 && ratios[2] < 1.001,
        "{ratios:?}"
    );
    assert!(ratios[2] >= 1.0 - 1e-12);
}

#[test]
fn a_weight_mirror_and_ojas_rule_reach_the_optimum() {
    let (target, start, backward) = separated(20, 4, 3);
    let least = target.least_error(4);
    let fixed = SketchLimit::of(&target, &backward).error() / least;
    assert!(fixed > 2.0, "{fixed}");
    let oja = BackwardLearning::Oja {
        rate: 0.1,
        target: Box::new(target.clone()),
    };
    for learning in [BackwardLearning::WeightMirror { rate: 0.01 }, oja] {
        let method = FactorisationMethod::FeedbackAlignment;
        let run = Factorisation::new(&target, method, 0.1, start.clone(), backward.clone());
        let mut run = run.with_backward_learning(learning.clone(), Random::new(1));
        run.run_until(6000, |_| false);
        let ratio = run.error() / least;
        assert!(ratio < 1.0 + 1e-6, "{learning}: {ratio}");
        // B spans the leading left singular vectors.
        let span = RowSpace::of(&run.backward().transpose());
        let leading = RowSpace::of(&Tensor::eye(20).narrow(0, 0..4));
        assert!(span.overlap(&leading) > 1.0 - 1e-6, "{learning}");
    }
}

/// Without decay the difference of Z and B stays, and with it a gap.
#[test]
fn kolen_pollack_without_decay_keeps_a_part_of_the_gap() {
    let (target, start, backward) = separated(20, 4, 3);
    let [kept, decayed] = [
        FactorisationMethod::FeedbackAlignment,
        FactorisationMethod::WeightDecay { lambda: 0.01 },
    ]
    .map(|method| {
        let run = Factorisation::new(&target, method, 0.1, start.clone(), backward.clone());
        let learning = BackwardLearning::KolenPollack;
        let mut run = run.with_backward_learning(learning, Random::new(1));
        run.run_until(6000, |_| false);
        run.error() / target.least_error(4)
    });
    assert!(decayed < 1.02 && decayed < kept, "{decayed} {kept}");
    assert!(kept > 1.01, "{kept}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn under_kolen_pollack_the_difference_of_forward_and_backward_weights_shrinks_by_a_known_factor(
        n in 2usize..8, m in 2usize..8, inner in 1usize..4, lambda in 0.0f64..0.5, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 0.5, seed);
        let method = FactorisationMethod::WeightDecay { lambda };
        let run = drawn.run(method, 0.1);
        let mut run = run.with_backward_learning(BackwardLearning::KolenPollack, Random::new(0));
        let before = &drawn.start.readout - &drawn.backward;
        (0..100).for_each(|_| run.step());
        prop_assume!(run.error() < 1e3);
        let kept = (1.0 - 0.1 * lambda).powi(100);
        let difference = &run.factors().readout - run.backward();
        prop_assert!(distance(&difference, &(before * kept)) < 1e-12);
    }

    #[test]
    fn a_weight_mirror_holds_the_mean_of_what_it_saw(
        n in 1usize..6, inner in 1usize..4, seed: u64,
    ) {
        // With the readout at rest from the start, B goes to Z but for the noise of signs.
        let mut random = Random::new(seed);
        let factors = Factors::random([n, 3], inner, 1.0, &mut random);
        let target = TargetMatrix::new(factors.product());
        let backward = random_backward(n, inner, &mut random);
        let method = FactorisationMethod::GradientDescent;
        let run = Factorisation::new(&target, method, 0.1, factors.clone(), backward);
        let rate = 0.002;
        let mut run = run.with_backward_learning(BackwardLearning::WeightMirror { rate }, random);
        (0..5000).for_each(|_| run.step());
        prop_assert_eq!(run.factors(), &factors);
        // An entry is off by some √(inner ρ/2) of the row's size.
        let off = (run.backward() - &factors.readout).norm() / factors.readout.norm();
        prop_assert!(off < 6.0 * (inner as f64 * rate / 2.0).sqrt() + 1e-3, "{}", off);
    }
}
