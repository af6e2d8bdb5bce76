//! A physics-informed net: a function that obeys Burgers' equation, found by gradient descent
//! (Raissi, Perdikaris & Karniadakis 2019).
//!
//! ```text
//! u_t + u u_x = ν u_xx on (−1, 1) × (0, 1)      u(x, 0) = −sin(πx)      u(±1, t) = 0
//! ```
//!
//! The loss is made of derivatives of the net along its inputs. A [`Jet`] carries them through the
//! net as plain values on the tape, so that one sweep differentiates the loss by the weights.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 09_physics_informed_net
//! ```

use std::f64::consts::PI;

use metaplast_autodiff::operators::value_and_grad;
use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_autodiff::{Jet, Var};
use metaplast_tensor::{Random, Tensor, tensor};

const NU: f64 = 0.05;
const STEPS: u64 = 2000;

/// u along a line through points `[n, 2]` of (x, t).
fn net<'t, const K: usize>(points: Jet<'t, f64, K>, w: &[Var<'t, f64>]) -> Jet<'t, f64, K> {
    let mut h = points;
    for layer in w[..6].chunks(2) {
        h = (h.matmul(layer[0]) + layer[1]).tanh();
    }
    h.matmul(w[6]) + w[7]
}

/// The mean squares of what is left of the equation inside, and of the error on the border.
fn loss<'t>(w: &[Var<'t, f64>], inside: &Tensor<f64>, border: &[Tensor<f64>; 2]) -> Var<'t, f64> {
    let constant = |x: &Tensor<f64>| w[0].tape().constant(x);
    let points = constant(inside);
    let along = |direction| constant(&direction).broadcast_to(points.shape());
    let by_x = net(Jet::<_, 2>::along(points, along(tensor![1.0, 0.0])), w);
    let by_t = net(Jet::<_, 1>::along(points, along(tensor![0.0, 1.0])), w);
    let (u, u_x, u_xx) = (by_x.value(), by_x.derivative(1), by_x.derivative(2));
    let residual = by_t.derivative(1) + u * u_x - NU * u_xx;
    let on_border = net(Jet::<_, 0>::constant(constant(&border[0])), w).value();
    residual.square().mean() + on_border.mse(constant(&border[1]))
}

fn main() {
    let mut random = Random::new(1);
    let mut w = Vec::new();
    for (rows, cols) in [(2, 32), (32, 32), (32, 32), (32, 1)] {
        let std = (1.0 / rows as f64).sqrt();
        w.push(Tensor::normal([rows, cols], 0.0, std, &mut random));
        w.push(Tensor::zeros([cols]));
    }
    let x = Tensor::uniform([1000, 1], -1.0, 1.0, &mut random);
    let inside = Tensor::concat(&[x, Tensor::uniform([1000, 1], 0.0, 1.0, &mut random)], 1);
    // A hundred points at the start, fifty at each end.
    let edge = Tensor::from_fn([200, 2], |i| {
        match (i[0] / 50, (i[0] % 50) as f64 / 49.0, i[1]) {
            (half @ 0..2, s, 0) => s - 1.0 + half as f64,
            (0..2, _, _) => 0.0,
            (end, _, 0) => 2.0 * end as f64 - 5.0,
            (_, s, _) => s,
        }
    });
    let start = |p: &[f64]| if p[1] == 0.0 { -(PI * p[0]).sin() } else { 0.0 };
    let values = Tensor::new([200, 1], edge.rows().map(start).collect());
    let border = [edge, values];

    let mut adam = Adam::new(Schedule::cosine(3e-3, 0.0, STEPS));
    for step in 0..=STEPS {
        let (loss, gradients) = value_and_grad(|w| loss(w, &inside, &border), &w);
        if step % 500 == 0 {
            println!("step {step:>4}: loss {loss:.2e}");
        }
        adam.step(&mut w, &gradients);
    }
}
