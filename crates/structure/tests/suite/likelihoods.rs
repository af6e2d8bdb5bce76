//! Laws of the likelihoods.

use metaplast_numbers::streams::{stream, uniform_index};
use metaplast_structure::{
    BinaryLikelihood, FriendsAndSmokers, GroundModel, GroundModelBuilder, Grounding, JointFit,
    PiecewiseLikelihood, Pseudolikelihood, TruthValues, WeightPenalty,
};
use proptest::prelude::*;
use rand::{Rng, RngExt};

const BOTH: [TruthValues; 2] = [TruthValues::Soft, TruthValues::Binary];

/// A domain of friends and smokers with a truth.
fn domain(seed: u64) -> (GroundModel, Vec<f64>) {
    let mut rng = stream(&[seed, 1]);
    let domain = FriendsAndSmokers::random(4, &mut rng);
    let database = domain.database(&[0, 1, 2, 3]);
    let model = Grounding::of(&FriendsAndSmokers::rules(), &database)
        .unwrap()
        .model;
    let truth = (0..8).map(|_| rng.random::<f64>()).collect();
    (model, truth)
}

fn weights(rng: &mut impl Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| 5.0 * rng.random::<f64>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Derivatives against differences, piecewise and ordinary.
    #[test]
    fn gradients_are_derivatives(seed in any::<u64>()) {
        let (model, truth) = domain(seed);
        let mut rng = stream(&[seed, 2]);
        let w = weights(&mut rng, 6);
        let rule = uniform_index(&mut rng, 6);
        let h = 1e-4;
        let moved = |by: f64| {
            let mut moved = w.clone();
            moved[rule] += by;
            moved
        };
        for values in BOTH {
            let piecewise = PiecewiseLikelihood::new(&model, &truth, values);
            let slope = (piecewise.value(&moved(h)) - piecewise.value(&moved(-h))) / (2.0 * h);
            let own = piecewise.rule(rule, w[rule]);
            prop_assert!((slope - own.gradient).abs() < 1e-6, "{} {}", slope, own.gradient);
            let curve = (piecewise.gradient(&moved(h))[rule] - piecewise.gradient(&moved(-h))[rule]) / (2.0 * h);
            prop_assert!((curve - own.curvature).abs() < 1e-6);
            let pseudo = Pseudolikelihood::new(&model, &truth, values);
            let slope = (pseudo.at(&moved(h)).value - pseudo.at(&moved(-h)).value) / (2.0 * h);
            let at = pseudo.at(&w);
            prop_assert!((slope - at.gradient[rule]).abs() < 1e-6);
            for other in 0..6 {
                let curve = (pseudo.at(&moved(h)).gradient[other] - pseudo.at(&moved(-h)).gradient[other]) / (2.0 * h);
                prop_assert!((curve - at.hessian[rule * 6 + other]).abs() < 1e-6);
            }
        }
    }

    /// A weight of another rule does not move a bit of a rule's gradient.
    #[test]
    fn fitting_one_rule_leaves_the_gradients_of_others_bit_identical(seed in any::<u64>()) {
        let (model, truth) = domain(seed);
        let piecewise = PiecewiseLikelihood::new(&model, &truth, TruthValues::Soft);
        let mut w = weights(&mut stream(&[seed, 3]), 6);
        for rule in 0..6 {
            let before = piecewise.gradient(&w);
            w[rule] = piecewise.fit(rule, WeightPenalty::default()).weight;
            let after = piecewise.gradient(&w);
            for other in (0..6).filter(|&other| other != rule) {
                prop_assert_eq!(before[other].to_bits(), after[other].to_bits());
            }
        }
    }

    /// No other weight is better than the fitted one, and what is said of its gradient is so.
    #[test]
    fn fitted_weights_are_the_best(seed in any::<u64>(), lambda in 0.0..0.5f64) {
        let (model, truth) = domain(seed);
        let penalty = WeightPenalty { lambda, most: 100.0 };
        for values in BOTH {
            let piecewise = PiecewiseLikelihood::new(&model, &truth, values);
            for rule in 0..6 {
                let fitted = piecewise.fit(rule, penalty);
                let value = |w: f64| piecewise.rule(rule, w).value - 0.5 * lambda * w * w;
                prop_assert!((value(fitted.weight) - fitted.value).abs() < 1e-12);
                for other in [0.0, 0.9 * fitted.weight, 1.1 * fitted.weight, 1.0, 100.0] {
                    prop_assert!(value(other.min(100.0)) <= fitted.value + 1e-10);
                }
                prop_assert_eq!(fitted.at_limit, fitted.weight == 100.0);
            }
        }
    }

    /// The joint fit is stationary, and random weights near it are not better.
    #[test]
    fn joint_fits_are_stationary_and_best(seed in any::<u64>()) {
        let (model, truth) = domain(seed);
        let penalty = WeightPenalty::default();
        for values in BOTH {
            let pseudo = Pseudolikelihood::new(&model, &truth, values);
            let JointFit { weights: w, value, stationarity, .. } = pseudo.fit(penalty);
            prop_assert!(stationarity < 1e-8, "{}", stationarity);
            let mut rng = stream(&[seed, 4]);
            for _ in 0..20 {
                let near: Vec<f64> = w.iter().map(|w| (w + 0.2 * rng.random::<f64>() - 0.1).max(0.0)).collect();
                let squares: f64 = near.iter().map(|w| w * w).sum();
                prop_assert!(pseudo.at(&near).value - 0.025 * squares <= value + 1e-10);
            }
        }
    }
}

/// With one rule the pseudolikelihood is the piecewise one; with one atom and several rules it is the likelihood.
#[test]
fn the_likelihoods_agree_where_they_must() {
    let (model, truth) = domain(11);
    for rule in 0..6 {
        let alone = model.of_rules(&[rule]);
        for values in BOTH {
            let piecewise = PiecewiseLikelihood::new(&alone, &truth, values).value(&[1.3]);
            let pseudo = Pseudolikelihood::new(&alone, &truth, values)
                .at(&[1.3])
                .value;
            assert!((piecewise - pseudo).abs() < 1e-12);
        }
    }
    let mut builder = GroundModelBuilder::new(2, 1);
    builder.add(0, 0.8, &[(0, -1.0)]);
    builder.add(1, -0.1, &[(0, 1.0)]);
    let model = builder.build();
    let pseudo = Pseudolikelihood::new(&model, &[1.0], TruthValues::Binary).at(&[2.0, 0.5]);
    let exact = BinaryLikelihood::new(&model, &[2.0, 0.5]);
    assert!((pseudo.value - exact.log_likelihood(&[1.0])).abs() < 1e-15);
}

/// A rule that the truth never violates has no best weight without a penalty.
#[test]
fn without_a_penalty_some_weights_run_into_the_limit() {
    let mut builder = GroundModelBuilder::new(1, 3);
    (0..3).for_each(|atom| builder.add(0, 0.0, &[(atom, 1.0)]));
    let model = builder.build();
    let piecewise = PiecewiseLikelihood::new(&model, &[0.0; 3], TruthValues::Soft);
    let free = WeightPenalty {
        lambda: 0.0,
        most: 1024.0,
    };
    let fitted = piecewise.fit(0, free);
    assert!(fitted.at_limit && fitted.weight == 1024.0);
    let held = piecewise.fit(0, WeightPenalty::default());
    assert!(!held.at_limit && held.weight < 10.0);
    let joint = Pseudolikelihood::new(&model, &[0.0; 3], TruthValues::Soft).fit(free);
    assert_eq!(joint.weights, [1024.0]);
}
