//! Meta-optimisers on functions whose minimum is known.

use metaplast_meta::optimizer::steady::SETBACK;
use metaplast_meta::optimizer::{Adam, MetaOptimizer, Sgd, Steady};
use metaplast_meta::train::ProximalStep;

#[test]
fn sgd_goes_down_the_gradient() {
    let mut theta = [1.0, 2.0];
    Sgd::new(0.5).step(&mut theta, 1.0, &[1.0, -1.0]);
    assert_eq!(theta, [0.5, 2.5]);
}

#[test]
fn the_first_step_of_adam_has_the_size_of_the_rate() {
    let mut theta = [1.0, -1.0];
    Adam::new(1e-3).step(&mut theta, 1.0, &[5.0, -0.01]);
    assert!((theta[0] - 0.999).abs() < 1e-8);
    assert!((theta[1] + 0.999).abs() < 1e-8);
}

#[test]
fn adam_finds_the_minimum_of_a_quadratic() {
    let mut adam = Adam::new(0.05);
    let mut theta = [3.0];
    for _ in 0..1000 {
        let gradient = [2.0 * (theta[0] - 1.0)];
        adam.step(&mut theta, 1.0, &gradient);
    }
    assert!((theta[0] - 1.0).abs() < 1e-3, "{}", theta[0]);
}

/// As Kingma & Ba write it, operation by operation.
#[test]
fn adam_has_the_bits_of_the_published_formula() {
    let gradients = [[3.0, -1e-3], [-0.7, 0.2], [11.0, 0.0], [0.01, -5.0]];
    let (mut theta, mut expected) = ([0.5, -0.25], [0.5, -0.25]);
    let (mut m, mut v) = ([0.0; 2], [0.0; 2]);
    let mut adam = Adam::new(1e-3);
    for (t, gradient) in (1..).zip(gradients) {
        adam.step(&mut theta, 1.0, &gradient);
        for r in 0..2 {
            let g: f64 = gradient[r];
            m[r] = 0.9 * m[r] + (1.0 - 0.9) * g;
            v[r] = 0.999 * v[r] + (1.0 - 0.999) * g * g;
            let unbiased = m[r] / (1.0 - 0.9f64.powi(t));
            let scale = (v[r] / (1.0 - 0.999f64.powi(t))).sqrt() + 1e-8;
            expected[r] -= 1e-3 * unbiased / scale;
        }
        assert_eq!(theta, expected, "step {t}");
    }
}

const CURVATURE: [[f64; 3]; 3] = [[2.0, 0.6, -0.3], [0.6, 1.0, 0.4], [-0.3, 0.4, 1.5]];
const DIAGONAL: [[f64; 3]; 3] = [[4.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.5]];
const PULL: [f64; 3] = [2.0, 0.3, -1.1];

fn slope(curvature: &[[f64; 3]; 3], theta: &[f64]) -> Vec<f64> {
    let products = curvature.iter().map(|row| {
        let terms = row.iter().zip(theta).map(|(h, t)| h * t);
        terms.sum::<f64>()
    });
    products.zip(PULL).map(|(ht, b)| ht - b).collect()
}

/// The lasso's solution, one coordinate after the other until none moves.
fn by_coordinates(curvature: &[[f64; 3]; 3], lambda: f64) -> Vec<f64> {
    let mut theta = vec![0.0; 3];
    for _ in 0..10_000 {
        for r in 0..3 {
            let bend = curvature[r][r];
            let free = theta[r] - slope(curvature, &theta)[r] / bend;
            theta[r] = (free.abs() - lambda / bend).max(0.0) * free.signum();
        }
    }
    theta
}

/// The step and its proximal step, as the trainer takes them.
fn descend(optimizer: &mut dyn MetaOptimizer, curvature: &[[f64; 3]; 3], lambda: f64) -> Vec<f64> {
    let mut theta = vec![0.5, -0.5, 0.5];
    let mut proximal = ProximalStep::new(3);
    for _ in 0..20_000 {
        let before = theta.clone();
        let gradient = slope(curvature, &theta);
        let rates = optimizer.step(&mut theta, 1.0, &gradient);
        proximal.take(lambda, &before, &mut theta, &gradient, &rates);
    }
    theta
}

#[test]
fn the_proximal_step_ends_at_the_solution_of_the_lasso() {
    let lambda = 0.5;
    for curvature in [DIAGONAL, CURVATURE] {
        let expected = by_coordinates(&curvature, lambda);
        if curvature == DIAGONAL {
            // In closed form.
            let closed = [(2.0 - 0.5) / 4.0, 0.0, -(1.1 - 0.5) / 0.5];
            assert!(
                closed
                    .iter()
                    .zip(&expected)
                    .all(|(a, b)| (a - b).abs() < 1e-14)
            );
        }
        assert!(expected.contains(&0.0), "{expected:?}");
        let optimizers: [(&str, Box<dyn MetaOptimizer>); 3] = [
            ("sgd", Box::new(Sgd::new(0.05))),
            ("adam", Box::new(Adam::new(2e-3))),
            ("steady", Box::new(Steady::new(2e-3, &[1.0, 1.0, 1.0]))),
        ];
        for (name, mut optimizer) in optimizers {
            let theta = descend(&mut *optimizer, &curvature, lambda);
            for (theta, expected) in theta.iter().zip(&expected) {
                let error = (theta - expected).abs();
                assert!(error < 1e-6, "{name}: {theta} instead of {expected}");
                assert_eq!(*theta == 0.0, *expected == 0.0, "{name}: {theta}");
            }
        }
    }
}

#[test]
fn rates_that_steady_tells_are_those_of_its_steps() {
    let mut steady = Steady::new(1e-3, &[1.0, 10.0, 0.1]);
    let mut theta = [0.0; 3];
    let gradient = [1.0, 2.0, -0.5];
    let rates = steady.step(&mut theta, 1.0, &gradient);
    for ((theta, rate), g) in theta.iter().zip(rates).zip(gradient) {
        assert!((theta + rate * g).abs() < 1e-15, "{theta} {rate}");
    }
    // A step back is none.
    let mut back = steady.clone();
    back.stepped_back(&mut theta);
    assert!(back.step(&mut theta, 1.0, &gradient)[0] < 1e-3 * SETBACK * 1.01);
}
