//! Steps of convolutional networks against other computations: plain loops, without a tape or a matrix product,
//! and the gradient of the loss.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Activation, Architecture, Feedback, Network, Pathway, Rule};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::convolution::{assert_close, descriptions, random};

const BETA: f64 = 4.0;
/// Image, kernel, stride, channels of image and kernel, window, hidden units and outputs.
const IMAGE: [usize; 2] = [8, 10];
const DEPTH: usize = 2;
const KERNEL: usize = 3;
const STRIDE: usize = 1;
const CHANNELS: usize = 3;
const POOL: usize = 2;
const PLACES: [usize; 2] = [6, 8];
const HIDDEN: usize = 5;
const OUTPUTS: usize = 4;
const LAYERS: &str = "8x10x2 conv3x3 pool2 dense5 4";

/// `W_l`, `[n_l][n_(l−1)]`.
type Matrix = Vec<Vec<f64>>;

struct Net {
    w: [Matrix; 3],
    b: [Matrix; 3],
    activation: Activation,
}

fn transposed_product(w: &Matrix, e: &[f64]) -> Vec<f64> {
    let mut back = vec![0.0; w[0].len()];
    for (row, e) in w.iter().zip(e) {
        for (back, w) in back.iter_mut().zip(row) {
            *back += w * e;
        }
    }
    back
}

fn product(w: &Matrix, y: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| row.iter().zip(y).map(|(w, y)| w * y).sum();
    w.iter().map(row).collect()
}

/// The pixels of a patch, in the order of a kernel's columns.
fn pixels(p: usize, q: usize) -> Vec<usize> {
    let mut all = Vec::new();
    for i in 0..KERNEL {
        for j in 0..KERNEL {
            for c in 0..DEPTH {
                all.push(((p * STRIDE + i) * IMAGE[1] + q * STRIDE + j) * DEPTH + c);
            }
        }
    }
    all
}

/// Where the window of a unit of the convolution is.
fn window(p: usize, q: usize, c: usize) -> usize {
    ((p / POOL) * (PLACES[1] / POOL) + q / POOL) * CHANNELS + c
}

fn unit(p: usize, q: usize, c: usize) -> usize {
    (p * PLACES[1] + q) * CHANNELS + c
}

fn places() -> impl Iterator<Item = (usize, usize)> {
    (0..PLACES[0]).flat_map(|p| (0..PLACES[1]).map(move |q| (p, q)))
}

impl Net {
    fn activity(&self, z: f64) -> f64 {
        match self.activation {
            Activation::Softplus => (BETA * z).exp().ln_1p() / BETA,
            Activation::Relu => z.max(0.0),
            Activation::Tanh => z.tanh(),
        }
    }

    fn slope(&self, y: f64) -> f64 {
        match self.activation {
            Activation::Softplus => 1.0 - (-BETA * y).exp(),
            Activation::Relu => f64::from(u8::from(y > 0.0)),
            Activation::Tanh => 1.0 - y * y,
        }
    }

    /// One step by `a F0 + b F2 + c F9`, by fixed feedback; all from the weights before.
    fn step(&mut self, x: &[f64], label: usize, theta: [f64; 3]) {
        let mut y = vec![0.0; PLACES[0] * PLACES[1] * CHANNELS];
        let windows = y.len() / (POOL * POOL);
        let mut pooled = vec![0.0; windows];
        for (p, q) in places() {
            let patch: Vec<f64> = pixels(p, q).iter().map(|&i| x[i]).collect();
            for c in 0..CHANNELS {
                let z = product(&self.w[0], &patch)[c];
                y[unit(p, q, c)] = self.activity(z);
                pooled[window(p, q, c)] += self.activity(z) / (POOL * POOL) as f64;
            }
        }
        let hidden: Vec<f64> = product(&self.w[1], &pooled)
            .iter()
            .map(|&z| self.activity(z))
            .collect();
        let exp: Vec<f64> = product(&self.w[2], &hidden)
            .iter()
            .map(|z| z.exp())
            .collect();
        let outputs: Vec<f64> = exp.iter().map(|x| x / exp.iter().sum::<f64>()).collect();

        let mut e3 = outputs.clone();
        e3[label] -= 1.0;
        let back = transposed_product(&self.b[2], &e3);
        let e2: Vec<f64> = back
            .iter()
            .zip(&hidden)
            .map(|(q, &y)| q * self.slope(y))
            .collect();
        let back = transposed_product(&self.b[1], &e2);
        let mut e1 = vec![0.0; y.len()];
        let mut pooled_e1 = vec![0.0; windows];
        let mut e0 = vec![0.0; x.len()];
        for (p, q) in places() {
            for c in 0..CHANNELS {
                let share = back[window(p, q, c)] / (POOL * POOL) as f64;
                let e = share * self.slope(y[unit(p, q, c)]);
                e1[unit(p, q, c)] = e;
                pooled_e1[window(p, q, c)] += e;
            }
            let at = unit(p, q, 0)..unit(p, q, 0) + CHANNELS;
            for (&i, back) in pixels(p, q)
                .iter()
                .zip(transposed_product(&self.b[0], &e1[at]))
            {
                e0[i] += back;
            }
        }
        for (e, &x) in e0.iter_mut().zip(x) {
            *e *= self.slope(x);
        }

        let before = self.w.clone();
        for (p, q) in places() {
            let pick = |from: &[f64]| pixels(p, q).iter().map(|&i| from[i]).collect::<Vec<f64>>();
            let at = unit(p, q, 0)..unit(p, q, 0) + CHANNELS;
            let below = [pick(x), pick(&e0)];
            change(
                &mut self.w[0],
                &before[0],
                [&below[0], &below[1]],
                [&y[at.clone()], &e1[at]],
                theta,
            );
        }
        change(
            &mut self.w[1],
            &before[1],
            [&pooled, &pooled_e1],
            [&hidden, &e2],
            theta,
        );
        change(
            &mut self.w[2],
            &before[2],
            [&hidden, &e2],
            [&outputs, &e3],
            theta,
        );
    }
}

fn change(
    w: &mut Matrix,
    before: &Matrix,
    [y_pre, e_pre]: [&[f64]; 2],
    [y, e]: [&[f64]; 2],
    theta: [f64; 3],
) {
    let v = transposed_product(before, y);
    for (i, row) in w.iter_mut().enumerate() {
        for (j, w) in row.iter_mut().enumerate() {
            *w -= theta[0] * e[i] * y_pre[j];
            *w -= theta[1] * e[i] * e_pre[j];
            *w += theta[2] * y[i] * (y_pre[j] - v[j]);
        }
    }
}

fn matrices(matrices: &[Matrix; 3]) -> Pathway<f64> {
    let tensor = |m: &Matrix| Tensor::new([m.len(), m[0].len()], m.concat());
    Pathway::from_matrices(&matrices.iter().map(tensor).collect::<Vec<_>>())
}

#[test]
fn steps_of_feedback_alignment_and_bio_are_those_of_plain_loops() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let shapes = [
        [CHANNELS, KERNEL * KERNEL * DEPTH],
        [HIDDEN, PLACES[0] * PLACES[1] * CHANNELS / (POOL * POOL)],
        [OUTPUTS, HIDDEN],
    ];
    for activation in Activation::ALL {
        for (terms, theta) in [
            (&[0][..], [0.05, 0.0, 0.0]),
            (&[0, 2, 9][..], [0.05, -0.03, 0.004]),
        ] {
            let mut random = || {
                shapes.map(|[rows, columns]| -> Matrix {
                    let row = |_| (0..columns).map(|_| rng.random_range(-0.5..0.5)).collect();
                    (0..rows).map(row).collect()
                })
            };
            let mut net = Net {
                w: random(),
                b: random(),
                activation,
            };
            let architecture = Architecture::parse(LAYERS).unwrap();
            assert_eq!(architecture.shapes(), shapes);
            let architecture = architecture
                .with_beta(BETA)
                .unwrap()
                .with_activation(activation);
            let tape = Tape::<f64>::new();
            let network = Network::builder(&tape, &architecture)
                .weights(&matrices(&net.w))
                .feedback(&Feedback::fixed(), &matrices(&net.b))
                .build();
            let rule = Rule::from_pool(terms).unwrap();
            let rule = rule.with_theta(&theta[..terms.len()]).bind_constant(&tape);
            for step in 0..20 {
                let x: Vec<f64> = (0..160).map(|_| rng.random_range(0.0..1.0)).collect();
                net.step(&x, step % OUTPUTS, theta);
                let x = tape.constant_with(160, |into| into.copy_from_slice(&x));
                network.step(&rule, x, step % OUTPUTS);
            }
            let expected = matrices(&net.w);
            for (ours, plain) in network
                .weights()
                .transposed()
                .iter()
                .zip(expected.transposed())
            {
                for (a, b) in ours.data().iter().zip(plain.data()) {
                    assert!(
                        (a - b).abs() <= 1e-12 * b.abs().max(1.0),
                        "{activation}: {a} {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn with_symmetric_feedback_the_pseudo_gradient_is_the_gradient_of_the_loss() {
    for layers in descriptions() {
        for activation in Activation::ALL {
            let architecture = Architecture::parse(layers).unwrap();
            let architecture = architecture.with_activation(activation);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
            let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
            let x = random(architecture.inputs(), 8);
            let tape = Tape::new();
            let network = Network::builder(&tape, &architecture)
                .weights_with_gradient(&weights)
                .build();
            let rows = Tensor::new([1, x.len()], x.clone());
            let loss = network.logits(tape.constant(&rows));
            let gradients = loss.softmax_cross_entropy(&[1]).backward();
            let learner = Tape::new();
            let learning = Network::builder(&learner, &architecture)
                .weights(&weights)
                .build();
            let rule = Rule::from_pool(&[0]).unwrap().with_theta(&[1.0]);
            let x = learner.constant(&Tensor::from(&*x));
            learning.step(&rule.bind_constant(&learner), x, 1);
            let learned = learning.weights();
            let before = weights.transposed().iter().zip(learned.transposed());
            for ((before, after), &state) in before.zip(network.states()) {
                let change = after.zip_map(before, |after, before| before - after);
                assert_close(change.data(), gradients.wrt_state(state).data());
            }
        }
    }
}
