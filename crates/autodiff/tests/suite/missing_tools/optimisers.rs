//! L-BFGS, and optimisers that are differentiated by their constants.

use metaplast_autodiff::operators::{hvp, value_and_grad};
use metaplast_autodiff::optim::{Adam, Lbfgs, Optimizer, RmsProp, Sgd, conjugate_gradients};
use metaplast_autodiff::{Dual, Var};
use metaplast_tensor::{Random, Scalar, Tensor, tensor};

/// Rosenbrock's chain.
fn chain<'t, T: Scalar>(x: Var<'t, T>) -> Var<'t, T> {
    let n = x.shape().len();
    let (left, right) = (x.narrow(0, 0..n - 1), x.narrow(0, 1..n));
    100.0 * (right - left.square()).square().sum() + (left - 1.0).square().sum()
}

#[test]
fn l_bfgs_finds_the_end_of_a_valley() {
    let mut x = [Tensor::full([50], -1.0)];
    let minimum = Lbfgs::new().minimize(&mut x, |x| value_and_grad(|x| chain(x[0]), x));
    assert!(minimum.converged, "{minimum:?}");
    assert!(
        minimum.steps < 300 && minimum.evaluations < 400,
        "{minimum:?}"
    );
    assert!(minimum.value < 1e-14 || (minimum.value - 3.98).abs() < 0.1);
}

#[test]
fn l_bfgs_minimises_over_several_tensors_to_the_solution_of_normal_equations() {
    let mut random = Random::new(1);
    let x = Tensor::<f64>::normal([40, 5], 0.0, 1.0, &mut random);
    let y = Tensor::normal([40, 1], 0.0, 1.0, &mut random);
    let mut w = [Tensor::zeros([5, 1]), Tensor::zeros([1])];
    let minimum = Lbfgs::new().tolerance(1e-11).minimize(&mut w, |w| {
        value_and_grad(
            |w| {
                let constant = |x: &Tensor<f64>| w[0].tape().constant(x);
                (constant(&x).matmul(w[0]) + w[1]).mse(constant(&y))
            },
            w,
        )
    });
    assert!(minimum.converged);
    let wide = Tensor::concat(&[&x, &Tensor::ones([40, 1])], 1);
    let square = wide.transpose().matmul(&wide);
    let exact = square.solve(&wide.transpose().matmul(&y)).unwrap();
    let found = Tensor::concat(&[&w[0], &w[1].clone().reshape([1, 1])], 0);
    assert!((found - &exact).norm() < 1e-9);
}

#[test]
fn l_bfgs_steps_back_from_where_the_loss_is_not_finite() {
    // x − ln x, undefined left of 0; the first step of length 1 leads there.
    let mut x = [Tensor::scalar(0.1)];
    let minimum = Lbfgs::new().minimize(&mut x, |x| value_and_grad(|x| x[0] - x[0].ln(), x));
    assert!(minimum.converged && (x[0].item() - 1.0).abs() < 1e-7);
}

/// `A v` for tensors that are parts of one vector.
fn product(a: &Tensor<f64>, v: &[Tensor<f64>]) -> Vec<Tensor<f64>> {
    let y = a.matvec(&Tensor::concat(v, 0));
    vec![y.narrow(0, 0..2), y.narrow(0, 2..6)]
}

#[test]
fn conjugate_gradients_solve_what_cholesky_solves() {
    let mut random = Random::new(3);
    let half = Tensor::normal([6, 6], 0.0, 1.0, &mut random);
    let a = half.matmul(&half.transpose()) + &Tensor::eye(6);
    let b = [
        Tensor::ones([2]),
        Tensor::normal([4], 0.0, 1.0, &mut random),
    ];
    let exact = a.solve(&Tensor::concat(&b, 0)).unwrap();
    let found = conjugate_gradients(|v| product(&a, v), &b, 1e-13);
    assert!((Tensor::concat(&found, 0) - &exact).norm() < 1e-10);
    // In exact arithmetic six products are enough.
    let mut products = 0;
    let counted = |v: &[Tensor<f64>]| {
        products += 1;
        product(&a, v)
    };
    let _ = conjugate_gradients(counted, &b, 1e-6);
    assert!(products <= 7, "{products}");
    let nothing = [Tensor::zeros([2]), Tensor::zeros([4])];
    assert_eq!(
        conjugate_gradients(|v| product(&a, v), &nothing, 0.0),
        nothing
    );
}

#[test]
fn conjugate_gradients_lead_downhill_where_the_curvature_is_negative() {
    let b = [tensor![1.0, -2.0], tensor![0.5, 0.0, 1.0, 3.0]];
    let negative = -Tensor::eye(6);
    assert_eq!(conjugate_gradients(|v| product(&negative, v), &b, 1e-6), b);
    // A saddle: the first direction curves up, a later one down.
    let mut saddle = Tensor::eye(6);
    saddle.data_mut()[0] = -0.1;
    let found = conjugate_gradients(|v| product(&saddle, v), &b, 1e-12);
    assert!(Tensor::concat(&found, 0).dot(&Tensor::concat(&b, 0)) > 0.0);
}

#[test]
#[should_panic(expected = "products are not of the number and shapes of the right-hand side")]
fn products_of_other_shapes_are_refused() {
    let _ = conjugate_gradients(|_| vec![Tensor::zeros([3])], &[tensor![1.0, 2.0]], 1e-6);
}

#[test]
fn newtons_method_by_products_finds_the_end_of_a_valley() {
    let mut x = [Tensor::full([8], 0.9)];
    for _ in 0..30 {
        let (_, g) = value_and_grad(|x| chain(x[0]), &x);
        let step = conjugate_gradients(|v| hvp(|x| chain(x[0]), &x, v), &g, 1e-10);
        x[0] -= &step[0];
    }
    assert!((&x[0] - &Tensor::ones([8])).norm() < 1e-10, "{}", x[0]);
}

#[test]
fn l_bfgs_ends_where_rounding_leaves_nothing_to_gain() {
    let mut x = [Tensor::full([3], 1.0_f32)];
    let loss = |x: &[Tensor<f32>]| value_and_grad(|x| (x[0] * 1e3).square().sum() + 1e6, x);
    let minimum = Lbfgs::new().tolerance(0.0).minimize(&mut x, loss);
    assert!(minimum.value <= 1e6 + 1.0, "{minimum:?}");
}

/// Where ten steps end, and the tangent of that, against differences.
fn check(
    start: f64,
    constants: &[f64],
    run: impl Fn(&[Dual<f64, 1>]) -> Box<dyn Optimizer<Dual<f64, 1>>>,
) {
    let end = |constants: &[Dual<f64, 1>]| {
        let mut x = [Dual::constant(start), Dual::constant(-0.7 * start)];
        let mut optimiser = run(constants);
        for step in 0..10 {
            let pull = Dual::constant(1.0 + 0.1 * f64::from(step));
            let gradient = x.map(|x| pull * x + x * x * x);
            optimiser.update(0, &mut x, &gradient);
            optimiser.advance();
        }
        x[0] + x[1] * x[1]
    };
    for i in 0..constants.len() {
        let at = |offset: f64| {
            let mut moved: Vec<_> = constants.iter().map(|&c| Dual::constant(c)).collect();
            moved[i] = Dual::constant(constants[i] + offset);
            end(&moved).value()
        };
        let mut seeded: Vec<_> = constants.iter().map(|&c| Dual::constant(c)).collect();
        seeded[i] = Dual::seeded(constants[i], 0);
        let [slope] = end(&seeded).tangent();
        let h = 1e-4 * constants[i];
        let difference = (at(h) - at(-h)) / (2.0 * h);
        assert!(
            (slope - difference).abs() <= 1e-6 * difference.abs().max(1e-3),
            "constant {i}: {slope} instead of {difference}"
        );
    }
}

#[test]
fn optimisers_are_differentiated_by_their_constants() {
    check(1.3, &[0.05, 0.8, 0.95, 1e-2, 0.1], |c| {
        let adam = Adam::with_rate(c[0]).with_betas(c[1], c[2]);
        Box::new(adam.with_epsilon(c[3]).with_decay(c[4]))
    });
    check(0.9, &[0.1, 0.6], |c| {
        Box::new(Sgd::with_rate(c[0]).with_momentum(c[1]))
    });
    check(0.9, &[0.1, 0.6], |c| {
        Box::new(Sgd::with_rate(c[0]).with_nesterov(c[1]))
    });
    check(1.1, &[0.03, 0.7, 0.1], |c| {
        Box::new(RmsProp::with_rate(c[0]).with_rho(c[1]).with_epsilon(c[2]))
    });
}

#[test]
fn constants_without_derivatives_give_the_same_steps() {
    let mut random = Random::new(3);
    let start = Tensor::<f64>::normal([20], 0.0, 1.0, &mut random);
    let (mut plain, mut carried) = ([start.clone()], [start]);
    let mut one = Adam::new(0.1);
    let mut other = Adam::with_rate(0.1)
        .with_betas(0.9, 0.999)
        .with_epsilon(1e-8);
    for _ in 0..20 {
        let gradient = &plain[0] * 2.0;
        one.step(&mut plain, &[gradient]);
        let gradient = &carried[0] * 2.0;
        other.step(&mut carried, &[gradient]);
    }
    assert!((&plain[0] - &carried[0]).norm() < 1e-12);
    assert_eq!(other.rate(), 0.1);
}
