//! A neural differential equation: `y' = f(y)` with a net for f, integrated by Runge and Kutta's
//! method in a hundred thousand steps, and differentiated in a few megabytes.
//!
//! Ten steps together are a [`TracedFunction`], whose graph of two hundred small operations is recorded
//! once. [`scan`] keeps what fits into a budget of memory, here the values between those ten, and runs
//! the rest again when the sweep gets there.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 14_neural_ode
//! ```

use metaplast_autodiff::operators::{TracedFunction, function};
use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::scan::{Moment, Outcome, Policy, Start, scan};
use metaplast_autodiff::{Var, linear_combination};
use metaplast_tensor::{Random, Tensor, tensor};

pub(crate) const STEPS: usize = 100_000;
pub(crate) const EVERY: usize = 1000;
/// Time goes from 0 to 5.
const H: f64 = 5.0 / STEPS as f64;

/// A step of Runge and Kutta from `y`, whose slope is a net of these weights.
fn rk4<'t>(y: Var<'t, f64>, w: &[Var<'t, f64>]) -> Var<'t, f64> {
    let f = |y| w[2].matvec(w[0].affine(y, w[1]).tanh());
    let k1 = f(y);
    let k2 = f(y.add_scaled(0.5 * H, k1));
    let k3 = f(y.add_scaled(0.5 * H, k2));
    let k4 = f(y.add_scaled(H, k3));
    let weights = [1.0, H / 6.0, H / 3.0, H / 3.0, H / 6.0];
    linear_combination(&weights, &[y, k1, k2, k3, k4])
}

/// The squared distance from `data`, a row for each thousandth step, and its gradients.
pub(crate) fn loss(w: &[Tensor<f64>], data: &Tensor<f64>) -> Outcome<f64> {
    let ten = TracedFunction::new(function(|x| (0..10).fold(x[0], |y, _| rk4(y, &x[1..]))));
    let step = |now: &mut Moment<'_, f64>, k: usize| {
        now.vectors[0] = ten.call(&[&now.vectors[..], &now.theta].concat());
        let t = (k + 1) * 10;
        if t.is_multiple_of(EVERY) {
            let there = now.tape.constant(&Tensor::from(data.row(t / EVERY - 1)));
            now.add_loss((now.vectors[0] - there).square().sum());
        }
    };
    let start = Start::new().vectors([tensor![1.0, 0.0]]).theta(w);
    let budget = Policy::Budget { bytes: 4_000_000 };
    scan(step, |_| {}, &start, STEPS / 10, budget)
}

fn main() {
    // A damped oscillation.
    let data = Tensor::from_fn([STEPS / EVERY, 2], |i| {
        let t = (i[0] + 1) as f64 * EVERY as f64 * H;
        (-0.1 * t).exp() * if i[1] == 0 { t.cos() } else { -t.sin() }
    });
    let mut random = Random::new(1);
    let shapes = [&[16, 2][..], &[16], &[2, 16]];
    let mut w = shapes.map(|dims| Tensor::normal(dims, 0.0, 0.3, &mut random));
    let mut adam = Adam::new(0.05);
    for round in 0..=30 {
        let outcome = loss(&w, &data);
        adam.step(&mut w, &outcome.theta);
        if round % 5 == 0 {
            let (loss, peak) = (outcome.loss, outcome.report.peak_bytes as f64 / 1e6);
            println!("round {round:>2}: loss {loss:.4}, peak {peak:.1} MB");
        }
    }
}
