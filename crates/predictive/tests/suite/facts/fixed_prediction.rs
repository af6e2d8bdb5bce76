//! Fixed-prediction inference is backpropagation with one known factor a layer.

use metaplast_predictive::{FixedPrediction, Method, compare, fixed_prediction_factor};
use proptest::prelude::*;

use crate::nets::{apart, case, gradients_apart, size};

/// P(Binomial(t, η) ≥ k), as the sum of its terms; for η > 1 the same polynomial.
fn binomial_tail(k: usize, t: usize, eta: f64) -> f64 {
    let choose = |j: usize| (0..j).fold(1.0, |c, i| c * (t - i) as f64 / (i + 1) as f64);
    let term = |j: usize| choose(j) * eta.powi(j as i32) * (1.0 - eta).powi((t - j) as i32);
    (k..=t).map(term).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn factors_are_tails_of_the_binomial_distribution(k in 0usize..9, t in 0usize..30, eta in 0.01..1.6) {
        let expected = binomial_tail(k, t, eta);
        let scale = if eta > 1.0 { (2.0 * eta - 1.0).powi(t as i32) } else { 1.0 };
        prop_assert!((fixed_prediction_factor(k, t, eta) - expected).abs() < 1e-11 * scale);
    }

    #[test]
    fn errors_gradients_and_beliefs_are_those_of_backprop_times_the_factor(
        case in case(1..=6), eta in 0.05..1.5, n in 1usize..25,
    ) {
        let mut net = case.draw::<f64>();
        let layers = case.layers();
        let exact = net.infer(Method::Exact);
        for method in [FixedPrediction::new(eta, n), FixedPrediction::new(eta, n).iterated()] {
            let fixed = net.infer(method);
            for l in 1..=layers {
                let factor = fixed_prediction_factor(layers - l, n - 1, eta);
                let delta = exact.error(l);
                let scale = size(delta) * factor.abs().max(1.0);
                prop_assert!(apart(fixed.error(l), &(delta * factor)) <= 1e-12 * scale);
                let pairs = fixed.gradients[l - 1].iter().zip(&exact.gradients[l - 1]);
                for (own, reference) in pairs {
                    let scale = size(reference) * factor.abs().max(1.0);
                    prop_assert!(apart(own, &(reference * factor)) <= 1e-11 * scale);
                }
                if l < layers {
                    let factor = fixed_prediction_factor(layers - l, n, eta);
                    let belief = &exact.predictions[l] - &(delta * factor);
                    prop_assert!(apart(&fixed.beliefs[l], &belief) <= 1e-12 * (1.0 + size(&belief)));
                }
            }
        }
    }

    #[test]
    fn the_closed_form_is_what_iterations_give(case in case(1..=6), eta in 0.05..1.0, n in 1usize..40) {
        let mut net = case.draw::<f64>();
        let method = FixedPrediction::new(eta, n).with_input_error();
        let (closed, iterated) = (net.infer(method.clone()), net.infer(method.iterated()));
        prop_assert!(gradients_apart(&closed, &iterated) <= 1e-12);
        let (a, b) = (closed.input_error.unwrap(), iterated.input_error.unwrap());
        prop_assert!(apart(&a, &b) <= 1e-12 * size(&closed.errors[0]).max(size(&a)));
        prop_assert!(apart(&closed.beliefs[0], &iterated.beliefs[0]) <= 1e-12 * (1.0 + size(&closed.beliefs[0])));
    }

    #[test]
    fn the_direction_is_exact_and_the_error_is_known(case in case(2..=5), eta in 0.05..1.0, n in 6usize..30) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        let fixed = net.infer(FixedPrediction::new(eta, n));
        for (i, agreement) in compare(&fixed, &exact).into_iter().enumerate() {
            let agreement = agreement.unwrap();
            if size(&exact.gradients[i][0]) > 0.0 {
                prop_assert!(agreement.angle < 1e-12);
                let factor = fixed_prediction_factor(case.layers() - 1 - i, n - 1, eta);
                prop_assert!((agreement.relative_error - (1.0 - factor)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn as_many_iterations_as_layers_at_rate_1_are_backprop(case in case(1..=6), more in 0usize..3) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        let fixed = net.infer(FixedPrediction::new(1.0, case.layers() + more));
        prop_assert_eq!(gradients_apart(&fixed, &exact), 0.0);
        if case.layers() > 1 {
            let fewer = net.infer(FixedPrediction::new(1.0, case.layers() - 1));
            prop_assert!(fewer.gradients[0].iter().all(|g| size(g) == 0.0));
        }
    }
}

#[test]
fn long_inference_keeps_its_digits_in_single_precision() {
    use crate::nets::Case;
    use metaplast_predictive::{Activation, Loss};

    let case = Case {
        seed: 5,
        sizes: vec![20, 30, 30, 30, 10],
        activations: vec![
            Activation::Tanh,
            Activation::Tanh,
            Activation::Tanh,
            Activation::Identity,
        ],
        batch: 30,
        loss: Loss::CROSS_ENTROPY,
        gain: 1.0,
    };
    let mut net = case.draw::<f32>();
    let exact = net.infer(Method::Exact);
    let fixed = net.infer(FixedPrediction::new(0.1, 200).iterated());
    for agreement in compare(&fixed, &exact).into_iter().flatten() {
        // Kept as beliefs, errors of this size have angles of degrees here.
        assert!(agreement.angle < 1e-3, "{agreement:?}");
        assert!(agreement.relative_error < 1e-4, "{agreement:?}");
    }
}
