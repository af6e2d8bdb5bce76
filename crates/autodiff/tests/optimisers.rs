//! Optimisers: known steps, sequences worked out by hand, and convergence.

use metaplast_autodiff::operators::{grad, value_and_grad};
use metaplast_autodiff::optim::{
    Adam, Optimizer, Proximal, RmsProp, Schedule, Sgd, soft_threshold,
};
use metaplast_autodiff::{Dual, Var};
use metaplast_tensor::{Scalar, Tensor, tensor};
use proptest::prelude::*;

/// The path of one number, started at `start`, under these gradients.
fn path(mut optimizer: impl Optimizer<f64>, start: f64, gradients: &[f64]) -> Vec<f64> {
    let mut x = [Tensor::scalar(start)];
    let steps = gradients.iter().map(|&g| {
        optimizer.step(&mut x, &[Tensor::scalar(g)]);
        x[0].item()
    });
    steps.collect()
}

fn assert_close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() < 1e-12, "{got:?} instead of {expected:?}");
    }
}

#[test]
fn descent_by_hand() {
    assert_eq!(path(Sgd::new(0.5), 1.0, &[2.0, -4.0]), [0.0, 2.0]);
    // v = 1, 2.5, -2.75
    let polyak = path(Sgd::new(1.0).momentum(0.5), 0.0, &[1.0, 2.0, -4.0]);
    assert_eq!(polyak, [-1.0, -3.5, -0.75]);
    // g + v/2 = 1.5, 3.25, -5.375
    let nesterov = path(Sgd::new(1.0).nesterov(0.5), 0.0, &[1.0, 2.0, -4.0]);
    assert_eq!(nesterov, [-1.5, -4.75, 0.625]);
}

#[test]
fn rmsprop_by_hand() {
    // v = ¼·4² = 4, then ¾·4 + ¼·2² = 4: roots 2 and 2.
    let got = path(RmsProp::new(0.5).rho(0.75).epsilon(0.0), 0.0, &[4.0, 2.0]);
    assert_eq!(got, [-1.0, -1.5]);
    let got = path(RmsProp::new(1.0).rho(0.75).epsilon(2.0), 0.0, &[4.0]);
    assert_eq!(got, [-1.0]);
}

#[test]
fn adam_by_hand() {
    // β₁ = ½, β₂ = ¾, g = 1, 2, η = 1, ε = 0.
    // t = 1: m̂ = 1, v̂ = 1. t = 2: m = ¼ + 1, m̂ = (5/4)/(3/4) = 5/3;
    // v = 3/16 + 1 = 19/16, v̂ = (19/16)/(7/16) = 19/7.
    let adam = Adam::new(1.0).betas(0.5, 0.75).epsilon(0.0);
    let second = 5.0 / 3.0 / (19.0_f64 / 7.0).sqrt();
    assert_close(&path(adam, 0.0, &[1.0, 2.0]), &[-1.0, -1.0 - second]);
}

#[test]
fn adamw_by_hand() {
    // The same, after θ has shrunk by a quarter.
    let adamw = Adam::new(1.0).betas(0.5, 0.75).epsilon(0.0).decay(0.25);
    let second = 5.0 / 3.0 / (19.0_f64 / 7.0).sqrt();
    let expected = [2.0, 1.5 - second];
    assert_close(&path(adamw, 4.0, &[1.0, 2.0]), &expected);
}

#[test]
fn first_steps_of_known_length() {
    for g in [1e-3, 1.0, -1e6] {
        let sign = f64::signum(g);
        let adam = path(Adam::new(0.1), 0.0, &[g])[0];
        assert!((adam + 0.1 * sign).abs() < 1e-5, "{adam}");
        let rmsprop = path(RmsProp::new(0.1), 0.0, &[g])[0];
        assert!((rmsprop + 0.1 * sign / 0.1f64.sqrt()).abs() < 1e-4);
    }
}

#[test]
fn without_decay_adamw_is_adam() {
    let gradients = [0.3, -1.2, 5.0, 0.0, -0.4];
    let adam = path(Adam::new(0.1), 1.0, &gradients);
    assert_eq!(path(Adam::new(0.1).decay(0.0), 1.0, &gradients), adam);
    assert_ne!(path(Adam::new(0.1).decay(0.1), 1.0, &gradients), adam);
}

#[test]
fn a_gradient_of_zero_moves_nothing() {
    let still = [3.0; 2];
    assert_eq!(path(Sgd::new(0.1).momentum(0.9), 3.0, &[0.0; 2]), still);
    assert_eq!(path(Adam::new(0.1).epsilon(0.0), 3.0, &[0.0; 2]), still);
    assert_eq!(path(RmsProp::new(0.1).epsilon(0.0), 3.0, &[0.0; 2]), still);
}

#[test]
fn schedules_are_followed() {
    let got = path(Sgd::new(Schedule::step(1.0, 0.5, 2)), 0.0, &[1.0; 5]);
    assert_eq!(got, [-1.0, -2.0, -2.5, -3.0, -3.25]);
    let cosine = Schedule::cosine(1.0, 0.0, 4);
    let rates: Vec<f64> = (0..6).map(|k| cosine.rate(k)).collect();
    let r = 0.5f64.sqrt();
    assert_close(
        &rates,
        &[1.0, (1.0 + r) / 2.0, 0.5, (1.0 - r) / 2.0, 0.0, 0.0],
    );
    assert_eq!(Schedule::cosine(1.0, 0.5, 0).rate(0), 0.5);
    assert_eq!(Schedule::step(1.0, 0.5, 1).rate(u64::MAX), 0.0);
}

/// ½ Σ cᵢ (xᵢ − i)² with curvatures from 1 to 100, whose minimum is known.
fn bowl<'t, T: Scalar>(x: &[Var<'t, T>]) -> Var<'t, T> {
    let tape = x[0].tape();
    let curvature = tape.constant(&tensor![1.0, 10.0, 100.0].cast());
    let centre = tape.constant(&tensor![0.0, 1.0, 2.0].cast());
    ((x[0] - centre).powi(2) * curvature).sum() * 0.5
}

fn rosenbrock<'t, T: Scalar>(x: &[Var<'t, T>]) -> Var<'t, T> {
    let (a, b) = (x[0].narrow(0, 0..1), x[0].narrow(0, 1..2));
    ((b - a.powi(2)).powi(2) * 100.0 + (a - 1.0).powi(2)).sum()
}

#[test]
fn a_quadratic_is_solved_by_each() {
    let cosine = Schedule::cosine(0.3, 0.0, 2000);
    let optimizers: [(&str, Box<dyn Optimizer<f64>>); 6] = [
        ("sgd", Box::new(Sgd::new(0.015))),
        ("momentum", Box::new(Sgd::new(0.01).momentum(0.9))),
        ("nesterov", Box::new(Sgd::new(0.005).nesterov(0.9))),
        ("rmsprop", Box::new(RmsProp::new(cosine))),
        ("adam", Box::new(Adam::new(cosine))),
        ("adamw", Box::new(Adam::new(cosine).decay(1e-6))),
    ];
    for (name, mut optimizer) in optimizers {
        let mut x = [tensor![4.0, -3.0, 5.0]];
        for _ in 0..2000 {
            let gradient = grad(bowl, &x);
            optimizer.step(&mut x, &gradient);
        }
        for (i, &x) in x[0].data().iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-3, "{name}: {x} instead of {i}");
        }
    }
}

#[test]
fn rosenbrock_is_descended() {
    let optimizers: [(&str, Box<dyn Optimizer<f64>>); 4] = [
        ("momentum", Box::new(Sgd::new(2e-4).momentum(0.98))),
        ("nesterov", Box::new(Sgd::new(2e-4).nesterov(0.98))),
        (
            "rmsprop",
            Box::new(RmsProp::new(Schedule::cosine(0.02, 0.0, 8000))),
        ),
        (
            "adam",
            Box::new(Adam::new(Schedule::cosine(0.05, 0.0, 8000))),
        ),
    ];
    for (name, mut optimizer) in optimizers {
        let mut x = [tensor![-1.2, 1.0]];
        for _ in 0..8000 {
            let gradient = grad(rosenbrock, &x);
            optimizer.step(&mut x, &gradient);
        }
        let (value, _) = value_and_grad(rosenbrock, &x);
        assert!(value < 1e-4, "{name}: {value} at {:?}", x[0]);
    }
}

#[test]
fn momentum_pays_on_a_long_valley() {
    let after = |mut optimizer: Sgd<f64>| {
        let mut x = [tensor![4.0, -3.0, 5.0]];
        for _ in 0..200 {
            let gradient = grad(bowl, &x);
            optimizer.step(&mut x, &gradient);
        }
        value_and_grad(bowl, &x).0
    };
    let plain = after(Sgd::new(0.01));
    assert!(after(Sgd::new(0.01).momentum(0.8)) < plain * 1e-3);
    assert!(after(Sgd::new(0.01).nesterov(0.8)) < plain * 1e-3);
}

#[test]
fn the_lasso_has_exact_zeros_and_the_right_rest() {
    let mut x = [tensor![4.0, -3.0, 5.0]];
    let mut ista = Proximal::new(Sgd::new(0.01), 15.0);
    for _ in 0..3000 {
        let gradient = grad(bowl, &x);
        ista.step(&mut x, &gradient);
    }
    // Where c |centre| ≤ λ the minimum is 0, elsewhere centre − λ/c.
    assert_eq!(x[0].data()[..2], [0.0, 0.0]);
    assert!((x[0].data()[2] - 1.85).abs() < 1e-12);
}

/// ½ xᵀ H x − bᵀ x with a correlated H.
const CURVATURE: [[f64; 4]; 4] = [
    [4.0, 1.5, -0.5, 0.2],
    [1.5, 3.0, 0.8, -0.3],
    [-0.5, 0.8, 2.0, 0.6],
    [0.2, -0.3, 0.6, 1.0],
];
const PULL: [f64; 4] = [5.0, 0.5, -3.0, 0.4];

fn quadratic_slope(x: &[f64]) -> Vec<f64> {
    let products = CURVATURE
        .iter()
        .map(|row| row.iter().zip(x).map(|(h, x)| h * x).sum::<f64>());
    products.zip(PULL).map(|(hx, b)| hx - b).collect()
}

/// The minimum of the quadratic plus λ Σ|x|, one coordinate after the other.
fn lasso_by_coordinates(lambda: f64) -> Vec<f64> {
    let mut x = vec![0.0; 4];
    for _ in 0..10_000 {
        for i in 0..4 {
            let bend = CURVATURE[i][i];
            let free = x[i] - quadratic_slope(&x)[i] / bend;
            x[i] = (free.abs() - lambda / bend).max(0.0).copysign(free);
        }
    }
    x
}

#[test]
fn the_proximal_step_finds_the_lasso_with_any_optimiser() {
    let lambda = 1.0;
    let expected = lasso_by_coordinates(lambda);
    assert!(
        expected.contains(&0.0) && expected.iter().any(|&x| x != 0.0),
        "{expected:?}"
    );
    let cosine = Schedule::cosine(0.05, 0.0, 5000);
    let optimizers: [(&str, Box<dyn Optimizer<f64>>); 5] = [
        ("sgd", Box::new(Sgd::new(0.1))),
        ("momentum", Box::new(Sgd::new(0.02).momentum(0.8))),
        ("nesterov", Box::new(Sgd::new(0.02).nesterov(0.8))),
        ("rmsprop", Box::new(RmsProp::new(cosine))),
        ("adam", Box::new(Adam::new(cosine))),
    ];
    for (name, inner) in optimizers {
        let mut sparse = Proximal::new(inner, lambda);
        let mut x = [tensor![1.0, -1.0, 2.0, 0.5]];
        for _ in 0..5000 {
            let gradient = Tensor::new([4], quadratic_slope(x[0].data()));
            sparse.step(&mut x, &[gradient]);
        }
        for (x, expected) in x[0].data().iter().zip(&expected) {
            assert!(
                (x - expected).abs() < 1e-6,
                "{name}: {x} instead of {expected}"
            );
            assert_eq!(
                *x == 0.0,
                *expected == 0.0,
                "{name}: {x} instead of {expected}"
            );
        }
    }
}

#[test]
fn an_element_stays_zero_until_its_gradient_exceeds_the_penalty() {
    let mut x = [tensor![0.0, 0.0]];
    let mut sparse = Proximal::new(Adam::new(0.01), 0.5);
    sparse.step(&mut x, &[tensor![0.49, -0.51]]);
    assert_eq!(x[0].data()[0], 0.0);
    assert!(x[0].data()[1] > 0.0);
}

#[test]
fn an_element_without_gradient_goes_to_zero() {
    let mut x = [tensor![1.0f32, f32::NAN]];
    let mut sparse = Proximal::new(Adam::new(0.01), 0.1);
    sparse.step(&mut x, &[tensor![0.0f32, f32::NAN]]);
    assert_eq!(x[0].data()[0], 0.0);
    assert!(x[0].data()[1].is_nan());
}

#[test]
fn a_resumed_adam_goes_on_with_the_same_bits() {
    let gradients = [0.3, -1.2, 5.0, 0.1, -0.4];
    let whole = path(Adam::new(0.1), 1.0, &gradients);
    let mut x = [Tensor::scalar(1.0)];
    let mut adam = Adam::new(0.1);
    for (k, &g) in gradients.iter().enumerate() {
        let moments = adam.moments(0).map(|(m, v)| (m.to_vec(), v.to_vec()));
        adam = Adam::new(0.1).resume(adam.steps(), moments);
        adam.step(&mut x, &[Tensor::scalar(g)]);
        assert_eq!(x[0].item(), whole[k]);
    }
}

#[test]
fn nan_is_not_hidden_by_the_threshold() {
    let mut x = [f64::NAN, f64::INFINITY, -f64::INFINITY];
    soft_threshold(&mut x, 1.0);
    assert!(x[0].is_nan());
    assert_eq!(x[1..], [f64::INFINITY, -f64::INFINITY]);
}

#[test]
fn an_optimisation_can_be_differentiated() {
    // x ← x − η x, so dx₃/dx₀ = (1 − η)³; Adam stays finite where the gradient vanishes.
    let mut x = [Tensor::scalar(Dual::<f64, 1>::seeded(2.0, 0))];
    let mut sgd = Sgd::new(0.5);
    for _ in 0..3 {
        let gradient = x.clone();
        sgd.step(&mut x, &gradient);
    }
    assert_eq!(x[0].item().tangent(), [0.125]);

    let mut x = [Tensor::scalar(Dual::<f64, 1>::seeded(0.0, 0))];
    let gradient = x.clone();
    Adam::new(0.1).step(&mut x, &gradient);
    assert!(x[0].item().tangent()[0].is_finite());
}

#[test]
fn parameters_of_any_shape_even_empty_ones() {
    let mut x = [
        Tensor::<f32>::ones([2, 0]),
        Tensor::ones([]),
        Tensor::ones([1, 2]),
    ];
    let gradients = x.clone();
    let mut adam = Adam::new(0.5);
    adam.step(&mut x, &gradients);
    adam.step(&mut x, &gradients);
    assert!(x[0].is_empty());
    assert!(x[1].item().abs() < 1e-6);
}

#[test]
#[should_panic(expected = "step: parameter 0 of shape [2], gradient of shape [3]")]
fn gradients_of_other_shapes_are_refused() {
    Sgd::new(0.1).step(&mut [tensor![1.0, 2.0]], &[tensor![1.0, 2.0, 3.0]]);
}

#[test]
#[should_panic(expected = "step: no gradient for parameter 1")]
fn missing_gradients_are_refused() {
    Sgd::new(0.1).step(&mut [tensor![1.0], tensor![1.0]], &[tensor![1.0]]);
}

#[test]
#[should_panic(expected = "step: more gradients than parameters")]
fn spare_gradients_are_refused() {
    Sgd::new(0.1).step(&mut [tensor![1.0]], &[tensor![1.0], tensor![1.0]]);
}

#[test]
#[should_panic(expected = "step: parameter 0 had 1 elements at earlier steps, now 2")]
fn another_list_of_parameters_is_refused() {
    let mut adam = Adam::new(0.1);
    adam.step(&mut [tensor![1.0]], &[tensor![1.0]]);
    adam.step(&mut [tensor![1.0, 2.0]], &[tensor![1.0, 2.0]]);
}

#[test]
#[should_panic(expected = "rate must be finite and not negative, got -0.1")]
fn negative_rates_are_refused() {
    let _ = Sgd::<f64>::new(-0.1);
}

proptest! {
    #[test]
    fn the_threshold_minimises_its_objective(x in -3.0..3.0f64, by in 0.0..2.0f64, z in -4.0..4.0f64) {
        let objective = |z: f64| 0.5 * (z - x) * (z - x) + by * z.abs();
        let mut best = [x];
        soft_threshold(&mut best, by);
        prop_assert!(objective(best[0]) <= objective(z) + 1e-12);
        prop_assert_eq!(best[0] == 0.0, x.abs() <= by);
    }

    #[test]
    fn adam_does_not_care_for_the_size_of_the_loss(
        gradients in prop::collection::vec(-1.0..1.0f64, 1..20),
        scale in 1e-3..1e3f64,
    ) {
        let scaled: Vec<f64> = gradients.iter().map(|g| g * scale).collect();
        let one = path(Adam::new(0.1).epsilon(0.0), 0.0, &gradients);
        let other = path(Adam::new(0.1).epsilon(0.0), 0.0, &scaled);
        for (a, b) in one.iter().zip(other) {
            prop_assert!((a - b).abs() < 1e-9);
        }
    }
}
