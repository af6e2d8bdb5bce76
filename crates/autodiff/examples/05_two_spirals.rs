//! A small network, trained to tell two entangled spirals apart.
//!
//! The loop is all there is to it: parameters on the tape, a loss, one sweep, a step of Adam.
//! It prints the loss, then the plane as the network sees it, with the points on top.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 05_two_spirals
//! ```

use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::Tensor;

const POINTS: usize = 97;

/// Both spirals, one point after the other, and which spiral each is on.
fn spirals() -> (Tensor<f32>, Vec<usize>) {
    let places = Tensor::from_fn([2 * POINTS, 2], |i| {
        let along = (i[0] / 2) as f32 / POINTS as f32;
        let (angle, sign) = (along * 10.5, if i[0] % 2 == 0 { 1.0 } else { -1.0 });
        let radius = sign * (1.0 - 0.9 * along);
        radius * [angle.cos(), angle.sin()][i[1]]
    });
    (places, (0..2 * POINTS).map(|i| i % 2).collect())
}

/// Logits of shape `[n, 2]` for points `[n, 2]`.
fn net<'t>(x: Var<'t, f32>, p: &[Var<'t, f32>]) -> Var<'t, f32> {
    let hidden = (x.matmul(p[0]) + p[1]).tanh();
    let hidden = (hidden.matmul(p[2]) + p[3]).tanh();
    hidden.matmul(p[4]) + p[5]
}

/// The least significant bits of a linear congruence are poor; its upper ones serve here.
fn uniform(seed: &mut u64) -> f32 {
    *seed = seed
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    (*seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

fn main() {
    let (places, labels) = spirals();
    let mut seed = 7;
    let mut parameters = Vec::new();
    // The first layer's are large, since spirals are a function of high frequency.
    for (inputs, outputs, scale) in [(2, 32, 3.0), (32, 32, 0.3), (32, 2, 0.3)] {
        let mut weight = |_: &[usize]| scale * uniform(&mut seed);
        parameters.push(Tensor::from_fn([inputs, outputs], &mut weight));
        parameters.push(Tensor::from_fn([outputs], &mut weight));
    }
    let mut adam = Adam::new(0.01);

    let tape = Tape::new();
    for step in 1..=1500 {
        tape.reset();
        let vars: Vec<_> = parameters.iter().map(|p| tape.var(p)).collect();
        let loss = net(tape.constant(&places), &vars).softmax_cross_entropy(&labels);
        let gradients = loss.backward();
        let gradients: Vec<_> = vars.iter().map(|&v| gradients.wrt(v)).collect();
        adam.step(&mut parameters, &gradients);
        if step == 1 || step % 300 == 0 {
            println!("step {step:>4}: loss {:.5}", loss.item());
        }
    }

    tape.reset();
    let vars: Vec<_> = parameters.iter().map(|p| tape.constant(p)).collect();
    let classes = |x: &Tensor<f32>| -> Vec<usize> {
        let logits = net(tape.constant(x), &vars).value();
        let class = |row: &[f32]| usize::from(row[1] > row[0]);
        logits.rows().map(class).collect()
    };
    let found = classes(&places);
    let right = (0..found.len()).filter(|&i| found[i] == labels[i]).count();
    println!("{right} of {} right\n", labels.len());

    let (width, height) = (61, 29);
    let pixels = Tensor::from_fn([width * height, 2], |i| {
        let (column, row) = (i[0] % width, i[0] / width);
        let (across, down) = (2.2 / (width - 1) as f32, 2.2 / (height - 1) as f32);
        [across * column as f32 - 1.1, 1.1 - down * row as f32][i[1]]
    });
    let found = classes(&pixels);
    let mut picture: Vec<_> = found.iter().map(|&class| [' ', '░'][class]).collect();
    for (place, &label) in places.rows().zip(&labels) {
        let column = ((place[0] + 1.1) / 2.2 * (width - 1) as f32).round() as usize;
        let row = ((1.1 - place[1]) / 2.2 * (height - 1) as f32).round() as usize;
        picture[row * width + column] = ['o', '●'][label];
    }
    for row in picture.chunks(width) {
        println!("{}", row.iter().collect::<String>());
    }
}
