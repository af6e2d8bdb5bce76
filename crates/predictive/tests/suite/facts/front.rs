//! The front: an error enters one more layer at each iteration.

use metaplast_predictive::{Method, Solver, Strict};
use proptest::prelude::*;

use crate::nets::{apart, case, gradients_apart, size};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// At iteration k + 1, ε_(L−k) = η^k δ_(L−k), and nothing has arrived below.
    #[test]
    fn the_front_is_exact(case in case(2..=6), eta in 0.05..1.0, full in any::<bool>()) {
        let eta = if full { 1.0 } else { eta };
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        for k in 0..case.layers() {
            let strict = net.infer(Strict::as_released(eta, k + 1).growth_limit(None));
            let l = case.layers() - k;
            let front = exact.error(l) * eta.powi(k as i32);
            // f(v̂ − δ) is not yet felt: what is rounded are v̂ and u.
            let rounding = 1e-14 * (1.0 + size(&exact.predictions[l]));
            prop_assert!(apart(strict.error(l), &front) <= 1e-11 * size(&front) + rounding);
            for below in 1..l {
                prop_assert_eq!(size(strict.error(below)), 0.0);
            }
        }
    }

    #[test]
    fn the_first_layer_learns_as_by_backprop_when_the_front_arrives(case in case(1..=6)) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        let strict = net.infer(Strict::as_released(1.0, case.layers()).growth_limit(None));
        for (own, reference) in strict.gradients[0].iter().zip(&exact.gradients[0]) {
            let scale = size(reference).max(1e-3);
            prop_assert!(apart(own, reference) <= 1e-11 * scale);
        }
    }

    #[test]
    fn zero_divergence_inference_is_backprop(case in case(1..=6)) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        let z_il = net.infer(Method::ZeroDivergence);
        prop_assert!(gradients_apart(&z_il, &exact) <= 1e-11);
        prop_assert_eq!(z_il.iterations, case.layers());
    }

    /// One step in error coordinates from the forward pass gives e = −ηδ.
    #[test]
    fn one_step_in_error_coordinates_is_backprop_at_the_rate(case in case(2..=6), eta in 0.01..1.0) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        let strict = net.infer(Strict::new(eta, 1).solver(Solver::ErrorCoordinates).growth_limit(None));
        for l in 1..case.layers() {
            prop_assert!(apart(strict.error(l), &(exact.error(l) * eta)) <= 1e-14 * size(exact.error(l)));
        }
    }
}
