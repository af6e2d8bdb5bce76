//! Layers with skips against plain loops.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, Feedback, Memory, Network, Pathway, Rule, diagnostics};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const BETA: f64 = 4.0;
const SIZES: [usize; 6] = [5, 4, 4, 4, 4, 3];
/// `y_l = φ(z_l) + y_k` for these k, one for each of the hidden layers.
const SKIPS: [usize; 4] = [0, 0, 1, 3];
const LAYERS: &str = "5 4 4 4 skip2 4 skip1 3";
const ETA: f64 = 0.05;
const OJA: f64 = 0.01;
const RATE: f64 = 0.08;

type Matrix = Vec<Vec<f64>>;

/// `M x`
fn product(m: &Matrix, x: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| row.iter().zip(x).map(|(m, x)| m * x).sum();
    m.iter().map(row).collect()
}

/// `Mᵀ e`
fn back(m: &Matrix, e: &[f64]) -> Vec<f64> {
    let column = |j: usize| m.iter().zip(e).map(|(row, e)| row[j] * e).sum();
    (0..m[0].len()).map(column).collect()
}

struct Net {
    w: Vec<Matrix>,
    /// Of fixed or direct feedback; none of symmetric.
    b: Option<Vec<Matrix>>,
    direct: bool,
    bias: Vec<Vec<f64>>,
}

impl Net {
    /// One step by F0, F9 and gradient descent by the biases, which come before the weights.
    fn step(&mut self, x: &[f64], label: usize) {
        let last = self.w.len() - 1;
        let (mut y, mut units) = (vec![x.to_vec()], vec![x.to_vec()]);
        for layer in 0..=last {
            let z = product(&self.w[layer], &y[layer]);
            let drive: Vec<f64> = z
                .iter()
                .zip(&self.bias[layer])
                .map(|(z, b)| z + b)
                .collect();
            if layer == last {
                let sum: f64 = drive.iter().map(|z| z.exp()).sum();
                y.push(drive.iter().map(|z| z.exp() / sum).collect());
                break;
            }
            let phi = |z: &f64| (BETA * z).exp().ln_1p() / BETA;
            units.push(drive.iter().map(phi).collect::<Vec<f64>>());
            let mut sum = units[layer + 1].clone();
            if SKIPS[layer] > 0 {
                let below = &y[SKIPS[layer]];
                sum.iter_mut().zip(below).for_each(|(sum, y)| *sum += y);
            }
            y.push(sum);
        }
        let mut e = vec![Vec::new(); last + 1];
        e[last] = y[last + 1].clone();
        e[last][label] -= 1.0;
        let mut waiting: Vec<Vec<f64>> = SIZES.iter().map(|&n| vec![0.0; n]).collect();
        for layer in (1..=last).rev() {
            let matrix = &self.b.as_ref().unwrap_or(&self.w)[layer];
            let mut sum = back(matrix, &e[if self.direct { last } else { layer }]);
            if !self.direct {
                sum.iter_mut()
                    .zip(&waiting[layer])
                    .for_each(|(sum, w)| *sum += w);
                if SKIPS[layer - 1] > 0 {
                    let below = &mut waiting[SKIPS[layer - 1]];
                    below.iter_mut().zip(&sum).for_each(|(w, sum)| *w += sum);
                }
            }
            let slope = |(sum, u): (&f64, &f64)| sum * (1.0 - (-BETA * u).exp());
            e[layer - 1] = sum.iter().zip(&units[layer]).map(slope).collect();
        }
        for layer in 0..=last {
            let v = back(&self.w[layer], &y[layer + 1]);
            let rows = self.w[layer].iter_mut().zip(&e[layer]).zip(&y[layer + 1]);
            for ((row, e), post) in rows {
                for ((w, pre), v) in row.iter_mut().zip(&y[layer]).zip(&v) {
                    *w += OJA * post * (pre - v) - ETA * e * pre;
                }
            }
            let bias = self.bias[layer].iter_mut().zip(&e[layer]);
            bias.for_each(|(bias, e)| *bias -= RATE * e);
        }
    }
}

fn pathway(matrices: &[Matrix]) -> Pathway<f64> {
    let tensor = |m: &Matrix| Tensor::new([m.len(), m[0].len()], m.concat());
    Pathway::from_matrices(&matrices.iter().map(tensor).collect::<Vec<_>>())
}

#[test]
fn steps_are_those_of_plain_loops() {
    let architecture = Architecture::parse(LAYERS).unwrap();
    let architecture = architecture.with_beta(BETA).unwrap();
    assert!(architecture.has_skips() && architecture.is_fully_connected());
    let bias = Memory::parse("bias = bias - k * e", &[]).unwrap();
    let rule = Rule::from_pool(&[0, 9]).unwrap().with_memories([bias]);
    let rule = rule.unwrap().with_theta(&[ETA, OJA, RATE]);
    for feedback in [Feedback::fixed(), Feedback::symmetric(), Feedback::direct()] {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut random = |shapes: &[[usize; 2]]| -> Vec<Matrix> {
            let matrix = |&[rows, columns]: &[usize; 2]| {
                let row = |_| (0..columns).map(|_| rng.random_range(-0.5..0.5)).collect();
                (0..rows).map(row).collect()
            };
            shapes.iter().map(matrix).collect()
        };
        let own = feedback.shapes(&architecture);
        let mut net = Net {
            w: random(&architecture.shapes()),
            b: (!own.is_empty()).then(|| random(&own)),
            direct: feedback == Feedback::direct(),
            bias: SIZES[1..].iter().map(|&n| vec![0.0; n]).collect(),
        };
        let tape = Tape::<f64>::new();
        let given = net.b.as_deref().map_or_else(Pathway::none, pathway);
        let network = Network::builder(&tape, &architecture)
            .weights(&pathway(&net.w))
            .feedback(&feedback, &given)
            .build();
        let rule = rule.bind_constant(&tape);
        for step in 0..30 {
            let x: Vec<f64> = (0..SIZES[0]).map(|_| rng.random_range(0.0..1.0)).collect();
            net.step(&x, step % 3);
            network.step(&rule, tape.constant(&Tensor::from(&*x)), step % 3);
        }
        let expected = pathway(&net.w);
        let learned = network.weights();
        for (ours, plain) in learned.transposed().iter().zip(expected.transposed()) {
            for (a, b) in ours.data().iter().zip(plain.data()) {
                assert!(
                    (a - b).abs() <= 1e-12 * b.abs().max(1.0),
                    "{feedback}: {a} {b}"
                );
            }
        }
    }
}

#[test]
fn every_pathway_that_can_has_no_angle_to_itself_and_learns() {
    let architecture = Architecture::parse(LAYERS).unwrap();
    let pathways = Feedback::built_in_for(&architecture);
    // All but e-prop, which goes back through time.
    assert_eq!(pathways.len() + 1, Feedback::built_in().len());
    for feedback in pathways {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let tape = Tape::<f64>::new();
        let network = Network::builder(&tape, &architecture)
            .weights(&Pathway::uniform(&architecture, &mut rng))
            .feedback(&feedback, &feedback.draw(&architecture, &mut rng))
            .build();
        let rule = Rule::from_pool(&[0]).unwrap().with_theta(&[0.05]);
        let rule = rule.bind_constant(&tape);
        let x = tape.constant_with(5, |x| x.fill(0.5));
        let before = network.forward(x).y[5].value().data()[1];
        for _ in 0..20 {
            network.step(&rule, x, 1);
        }
        assert!(
            network.forward(x).y[5].value().data()[1] > before,
            "{feedback}"
        );
        let rows = tape.constant(&Tensor::full([2, 5], 0.5));
        let angles = diagnostics::alignment_angles(&network, rows, &[1, 2]);
        let symmetric = feedback == Feedback::symmetric() || feedback == Feedback::attached();
        assert!(
            !symmetric || angles.iter().all(|a| a.abs() < 1e-5),
            "{angles:?}"
        );
    }
}
