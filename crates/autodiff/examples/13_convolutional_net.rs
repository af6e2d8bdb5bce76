//! A convolutional net like LeNet (LeCun et al. 1998) on images of ten kinds, in single precision.
//!
//! The images are waves of ten directions and lengths at random phases, under noise.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 13_convolutional_net
//! ```

use metaplast_autodiff::operators::{function, value_and_grad};
use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Random, Shape, Tensor};

/// Logits `[batch, 10]` of images `[batch, 1, 28, 28]`.
pub(crate) fn net<'t>(w: &[Var<'t, f32>], images: Var<'t, f32>) -> Var<'t, f32> {
    let mut x = images;
    for layer in w[..4].chunks(2) {
        x = x.conv2d(layer[0], [1, 1], [0, 0]) + layer[1];
        x = x.relu().max_pool2d([2, 2], [2, 2]);
    }
    let x = x.reshape([x.shape().dims()[0], 256]);
    let x = (x.matmul(w[4]) + w[5]).relu();
    (x.matmul(w[6]) + w[7]).relu().matmul(w[8]) + w[9]
}

fn batch(random: &mut Random) -> (Tensor<f32>, Vec<usize>) {
    let classes: Vec<usize> = (0..64).map(|_| random.below(10)).collect();
    let phases: Vec<f64> = (0..64).map(|_| random.uniform() * 6.3).collect();
    let images = Tensor::from_fn([64, 1, 28, 28], |i| {
        let (kind, [row, col]) = (classes[i[0]] as f64, [i[2] as f64, i[3] as f64]);
        let (sin, cos) = (0.6 * kind).sin_cos();
        let wave = ((0.3 + 0.03 * kind) * (sin * row + cos * col) + phases[i[0]]).sin();
        (wave + random.normal()) as f32
    });
    (images, classes)
}

fn main() {
    let mut random = Random::new(1);
    let kernels = [[6, 1, 5, 5], [16, 6, 5, 5]].map(Shape::from);
    let matrices = [[256, 120], [120, 84], [84, 10]].map(Shape::from);
    let mut w = Vec::new();
    for shape in kernels.iter().chain(&matrices) {
        let (outputs, bias) = match *shape.dims() {
            [out, ..] if shape.rank() == 4 => (out, Shape::from([out, 1, 1])),
            [_, out] => (out, Shape::from([out])),
            _ => unreachable!("kernels and matrices"),
        };
        let std = (2.0 / (shape.len() / outputs) as f64).sqrt();
        w.push(Tensor::normal(shape, 0.0, std, &mut random));
        w.push(Tensor::zeros(bias));
    }
    let mut adam = Adam::new(1e-3);
    for step in 0..=100 {
        let (images, classes) = batch(&mut random);
        let loss = function(|w: &[Var<'_, f32>]| {
            net(w, w[0].tape().constant(&images)).softmax_cross_entropy(&classes)
        });
        let (loss, gradients) = value_and_grad(loss, &w);
        adam.step(&mut w, &gradients);
        if step % 20 == 0 {
            println!("step {step:>3}: loss {loss:.3}");
        }
    }
    let (images, classes) = batch(&mut random);
    let tape = Tape::new();
    let w: Vec<_> = w.iter().map(|w| tape.constant(w)).collect();
    let guesses = net(&w, tape.constant(&images)).value().argmax_axis(1);
    let hits = guesses.iter().zip(&classes).filter(|(l, r)| l == r).count();
    println!("{hits} of 64 new images named");
}
