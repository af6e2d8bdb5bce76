//! Derivatives that stay on the tape.

use metaplast_autodiff::operators::{
    Function, grad, hvp, recorded_grad, recorded_jvp, recorded_value_and_grad,
};
use metaplast_autodiff::{Dual, Jet, Tape, Var};
use metaplast_tensor::{Scalar, Tensor, tensor};

use super::{close, differences, random};

/// The loss of a small net, with a regression's data as fields.
#[derive(Clone)]
struct Loss {
    x: Tensor<f64>,
    y: Tensor<f64>,
}

impl Loss {
    fn new(seed: u64) -> Self {
        Loss {
            x: random(&[5, 2], seed),
            y: random(&[5, 1], seed + 1),
        }
    }
}

impl Function for Loss {
    fn call<'t, T: Scalar>(&self, w: &[Var<'t, T>]) -> Var<'t, T> {
        let constant = |x: &Tensor<f64>| w[0].tape().constant(&x.cast());
        let hidden = constant(&self.x).matmul(w[0]).tanh();
        hidden.matmul(w[1]).mse(constant(&self.y))
    }
}

fn weights() -> [Tensor<f64>; 2] {
    [random(&[2, 3], 10), random(&[3, 1], 11)]
}

#[test]
fn a_recorded_gradient_is_the_gradient() {
    let (loss, w) = (Loss::new(1), weights());
    let tape = Tape::new();
    let vars = w.each_ref().map(|w| tape.var(w));
    let (value, gradients) = recorded_value_and_grad(loss.clone(), &vars);
    assert_eq!(value.item(), loss.call(&vars).item());
    let expected = grad(|w| loss.call(w), &w);
    for (recorded, expected) in gradients.iter().zip(&expected) {
        assert_eq!(&recorded.value(), expected);
    }
    let swept = value.backward();
    assert_eq!(swept.wrt(vars[0]), expected[0]);
}

/// `θ̄ = θ̄' − α ∇²L_s(θ) θ̄'` and `ᾱ = −∇L_s · θ̄'`: what MAML does by hand.
#[test]
fn a_meta_gradient_through_recorded_steps_is_that_of_the_formula() {
    let (support, query, w) = (Loss::new(1), Loss::new(5), weights());
    let alpha = 0.3;
    let tape = Tape::new();
    let vars = w.each_ref().map(|w| tape.var(w));
    let rate = tape.scalar(alpha);
    let g = recorded_grad(support.clone(), &vars);
    let after: Vec<_> = vars.iter().zip(&g).map(|(&w, &g)| w - rate * g).collect();
    let swept = query.call(&after).backward();

    let inner = grad(|w| support.call(w), &w);
    let stepped: Vec<_> = w
        .iter()
        .zip(&inner)
        .map(|(w, g)| w - &(g * alpha))
        .collect();
    let adjoint = grad(|w| query.call(w), &stepped);
    let curved = hvp(|w| support.call(w), &w, &adjoint);
    for (i, var) in vars.iter().enumerate() {
        close(
            &swept.wrt(*var),
            &(&adjoint[i] - &(&curved[i] * alpha)),
            1e-13,
        );
    }
    let products = inner.iter().zip(&adjoint).map(|(g, a)| (g * a).sum());
    let by_rate = -products.sum::<f64>();
    close(&swept.wrt(rate), &Tensor::scalar(by_rate), 1e-13);
}

#[test]
fn recorded_gradients_go_forward_too() {
    // The Hessian-vector product of a function of a recorded gradient, by forward over reverse.
    struct Penalty(Loss);
    impl Function for Penalty {
        fn call<'t, T: Scalar>(&self, w: &[Var<'t, T>]) -> Var<'t, T> {
            let g = recorded_grad(self.0.clone(), w);
            g[0].square().sum() + g[1].square().sum()
        }
    }
    let (penalty, w) = (Penalty(Loss::new(1)), weights());
    let v = [random(&[2, 3], 20), random(&[3, 1], 21)];
    let product = hvp(|w| penalty.call(w), &w, &v);
    let along = |h: f64| {
        let moved: Vec<_> = w.iter().zip(&v).map(|(w, v)| w + &(v * h)).collect();
        grad(|w| penalty.call(w), &moved)
    };
    let (up, down) = (along(1e-5), along(-1e-5));
    for i in 0..2 {
        close(&product[i], &((&up[i] - &down[i]) / 2e-5), 1e-8);
    }
}

#[test]
fn a_recorded_product_with_a_jacobian_is_differentiated_by_both() {
    struct Map;
    impl Function for Map {
        fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
            (x[0] * x[1]).tanh().sum_axes(&[1], false)
        }
    }
    let x = [random(&[3, 2], 1), random(&[2], 2)];
    let v = [random(&[3, 2], 3), random(&[2], 4)];
    let loss = |x: &[Tensor<f64>], v: &[Tensor<f64>]| {
        let tape = Tape::new();
        let vars = |x: &[Tensor<f64>]| x.iter().map(|x| tape.var(x)).collect::<Vec<_>>();
        let (x, v) = (vars(x), vars(v));
        let (y, dy) = recorded_jvp(Map, &x, &v);
        let loss = (y * dy.exp()).sum();
        let swept = loss.backward();
        let gradients: Vec<_> = x.iter().chain(&v).map(|&x| swept.wrt(x)).collect();
        (loss.item(), gradients)
    };
    let (_, gradients) = loss(&x, &v);
    for i in 0..2 {
        let by_x = differences(&x[i], |moved| {
            let mut x = x.clone();
            x[i] = moved.clone();
            loss(&x, &v).0
        });
        close(&gradients[i], &by_x, 1e-8);
        let by_v = differences(&v[i], |moved| {
            let mut v = v.clone();
            v[i] = moved.clone();
            loss(&x, &v).0
        });
        close(&gradients[2 + i], &by_v, 1e-8);
    }
}

type Third = Dual<Dual<Dual<f64, 1>, 1>, 1>;

/// `[f, f', f'', f''']` by dual numbers nested in each other.
fn nested(f: impl Fn(Third) -> Third, x: f64) -> [f64; 4] {
    let x = Dual::seeded(Dual::seeded(Dual::seeded(x, 0), 0), 0);
    let y = f(x);
    let first = y.tangent()[0];
    let second = first.tangent()[0];
    let value = y.value().value();
    [
        value.value(),
        value.tangent()[0],
        first.value().tangent()[0],
        second.tangent()[0],
    ]
}

type OfJet = for<'t> fn(Jet<'t, f64, 3>) -> Jet<'t, f64, 3>;

#[test]
fn jets_have_the_derivatives_of_nested_dual_numbers() {
    type OfNumbers = fn(Third) -> Third;
    let cases: [(&str, OfJet, OfNumbers); 17] = [
        ("exp", |x| x.exp(), |x| x.exp()),
        ("ln", |x| x.ln(), |x| x.ln()),
        ("sqrt", |x| x.sqrt(), |x| x.sqrt()),
        ("sin", |x| x.sin(), |x| x.sin()),
        ("cos", |x| x.cos(), |x| x.cos()),
        ("tanh", |x| x.tanh(), |x| x.tanh()),
        ("square", |x| x.square(), |x| x * x),
        ("powi", |x| x.powi(5), |x| x.powi(5)),
        ("powi < 0", |x| x.powi(-3), |x| x.powi(-3)),
        ("powi 0", |x| x.powi(0), |x| x.powi(0)),
        ("powf", |x| x.powf(2.5), |x| x.powf(2.5)),
        (
            "sigmoid",
            |x| x.sigmoid(),
            |x| Third::ONE / (Third::ONE + (-x).exp()),
        ),
        (
            "softplus",
            |x| x.softplus(2.0),
            |x| (x * Third::from_f64(2.0)).exp().ln_1p() * Third::from_f64(0.5),
        ),
        ("silu", |x| x.silu(), |x| x / (Third::ONE + (-x).exp())),
        ("relu", |x| (-x).relu() + x.relu(), |x| x),
        (
            "quotient",
            |x| (x * 2.0 - 1.0) / (x.square() + 3.0),
            |x| (x + x - Third::ONE) / (x * x + Third::from_f64(3.0)),
        ),
        (
            "numbers on the left",
            |x| 1.0 / (2.0 - 3.0 * x.sin()) + (1.0 + x),
            |x| {
                let d = Third::from_f64(2.0) - Third::from_f64(3.0) * x.sin();
                Third::ONE / d + Third::ONE + x
            },
        ),
    ];
    for (name, of_jet, of_numbers) in cases {
        let at = 0.7;
        let tape = Tape::new();
        let x = Jet::variable(tape.constant(&tensor![at]));
        let y = of_jet(x.square() + x * 0.5);
        let of_numbers = nested(|x| of_numbers(x * x + x * Third::from_f64(0.5)), at);
        for (k, expected) in of_numbers.iter().enumerate() {
            let found = y.derivative(k).item();
            let error = (found - expected).abs();
            assert!(
                error <= 1e-12 * expected.abs().max(1.0),
                "{name}, derivative {k}: {found} instead of {expected}"
            );
        }
    }
}

/// A tiny physics-informed loss: the squares of u'' + u over points, by the weights of u.
#[test]
fn a_loss_made_of_a_jet_is_differentiated_by_weights() {
    let points = Tensor::from_fn([6, 1], |i| i[0] as f64 * 0.3 - 0.8);
    let residual = |w: &[Var<'_, f64>; 3]| {
        let x = Jet::<_, 2>::variable(w[0].tape().constant(&points));
        let u = (x.matmul(w[0]) + w[1]).tanh().matmul(w[2]);
        (u.derivative(2) + u.value()).square().mean().item()
    };
    let w = [random(&[1, 4], 1), random(&[4], 2), random(&[4, 1], 3)];
    let loss = |w: &[Tensor<f64>; 3]| {
        let tape = Tape::new();
        residual(&w.each_ref().map(|w| tape.var(w)))
    };
    let tape = Tape::new();
    let vars = w.each_ref().map(|w| tape.var(w));
    let x = Jet::<_, 2>::variable(tape.constant(&points));
    let u = (x.matmul(vars[0]) + vars[1]).tanh().matmul(vars[2]);
    let gradients = (u.derivative(2) + u.value()).square().mean().backward();
    for i in 0..3 {
        let expected = differences(&w[i], |moved| {
            let mut w = w.clone();
            w[i] = moved.clone();
            loss(&w)
        });
        close(&gradients.wrt(vars[i]), &expected, 1e-8);
    }
}

#[test]
fn coefficients_are_expanded_where_values_are() {
    let tape = Tape::<f64>::new();
    let x = Jet::<_, 1>::variable(tape.var(&tensor![2.0]));
    let wide = tape.var(&tensor![1.0, 2.0, 3.0]);
    assert_eq!((x + wide).sum().derivative(1).item(), 3.0);
    assert_eq!((wide * x).sum().derivative(1).item(), 6.0);
}
