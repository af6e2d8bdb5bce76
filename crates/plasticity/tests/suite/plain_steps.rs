//! Online steps of a small network in plain loops, beside the same by a rule.

use metaplast_autodiff::Tape;
use metaplast_plasticity::feedback::random;
use metaplast_plasticity::{Architecture, Network, Pathway, Perturbed, Rule};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};

const SIZES: [usize; 3] = [5, 4, 3];
const STEPS: u64 = 100;

/// What a plain loop sees of one layer in a step.
pub(crate) struct Layer<'a> {
    pub(crate) pre: &'a [f64],
    pub(crate) post: &'a [f64],
    pub(crate) post_error: &'a [f64],
    /// Of the step, where the rule reads it.
    pub(crate) reward: f64,
    /// Of the step, where the rule reads perturbations: signs of both sides, and the change of the loss.
    pub(crate) perturbation: &'a [f64],
    pub(crate) pre_perturbation: &'a [f64],
    pub(crate) loss_change: f64,
    /// Row by row.
    pub(crate) weights: &'a [f64],
    /// Whatever it keeps; biases first, where the rule has them.
    pub(crate) memory: &'a mut Vec<Vec<f64>>,
}

/// `a bᵀ`, row by row.
pub(crate) fn outer(a: impl IntoIterator<Item = f64>, b: &[f64]) -> Vec<f64> {
    let rows = a.into_iter().map(|a| b.iter().map(move |b| a * b));
    rows.flatten().collect()
}

/// Learns on random inputs by the rule, in one tape or cut back after each step, and by `by_hand`, which
/// gives what is added to a layer, row by row; the weights of both.
pub(crate) fn learn(
    rule: &Rule,
    cut: bool,
    by_hand: impl Fn(Layer<'_>) -> Vec<f64>,
) -> [Vec<f64>; 2] {
    let architecture = Architecture::new(SIZES.to_vec()).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let first = Pathway::<f64>::uniform(&architecture, &mut rng);
    let mut w: Vec<Vec<f64>> = first.matrices().iter().map(|w| w.data().to_vec()).collect();
    let tape = Tape::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&first)
        .build();
    let bound = rule.bind_constant(&tape);
    let has_bias = rule.memories().iter().any(|m| m.name() == "bias");
    let memory = SIZES[1..].iter().map(|&n| match has_bias {
        true => vec![vec![0.0; n]],
        false => Vec::new(),
    });
    let mut memory: Vec<Vec<Vec<f64>>> = memory.collect();
    for step in 0..STEPS {
        let x: Vec<f64> = (0..SIZES[0]).map(|_| rng.random_range(0.0..1.0)).collect();
        let mark = tape.mark();
        let on_tape = tape.constant_with(x.len(), |into| into.copy_from_slice(&x));
        network.step(&bound, on_tape, 1);
        if cut {
            network.keep_memory();
            tape.cut(mark);
        }

        // What is added to each unit's drive may depend on the activity below.
        let pass = |added: &dyn Fn(usize, usize, &[f64]) -> f64| {
            let mut y = vec![x.clone()];
            for (layer, w) in w.iter().enumerate() {
                let drive = |(i, row): (usize, &[f64])| {
                    let z: f64 = row.iter().zip(&y[layer]).map(|(w, y)| w * y).sum();
                    let bias = if has_bias { memory[layer][0][i] } else { 0.0 };
                    z + bias + added(layer, i, &y[layer])
                };
                let z: Vec<f64> = w.chunks(SIZES[layer]).enumerate().map(drive).collect();
                y.push(match layer + 1 == SIZES.len() - 1 {
                    false => z.iter().map(|z| (10.0 * z).exp().ln_1p() / 10.0).collect(),
                    true => {
                        let sum: f64 = z.iter().map(|z| z.exp()).sum();
                        z.iter().map(|z| z.exp() / sum).collect()
                    }
                });
            }
            y
        };
        let y = pass(&|_, _, _| 0.0);
        let signs = |who: usize, layer: usize, n: usize| -> Vec<f64> {
            let bits = random(0, step, who + layer).next_u64();
            let sign = |k| if bits >> k & 1 == 1 { -1.0 } else { 1.0 };
            (0..n).map(sign).collect()
        };
        let xi = [0, 1].map(|layer| signs(1 << 33, layer, SIZES[layer + 1]));
        let zeta = [0, 1].map(|layer| signs(1 << 34, layer, SIZES[layer]));
        let moved = pass(&|layer, i, y| match rule.perturbed() {
            None => 0.0,
            Some(Perturbed::Nodes) => 0.01 * xi[layer][i],
            Some(Perturbed::Weights) => {
                let through = zeta[layer].iter().zip(y).map(|(z, y)| z * y);
                0.01 * xi[layer][i] * through.sum::<f64>()
            }
        });
        // Symmetric feedback, towards the label 1, or towards an action.
        let (aim, reward) = match rule.reads_reward() {
            false => (1, 0.0),
            true => {
                let bits = random(0, step, 1 << 32).next_u64();
                let draw = (bits >> 11) as f64 / (1u64 << 53) as f64;
                let mut sum = 0.0;
                let below = |p: &&f64| {
                    sum += **p;
                    sum <= draw
                };
                let action = y[2].iter().take_while(below).count();
                (action, f64::from(u8::from(action == 1)))
            }
        };
        let last: Vec<f64> = (y[2].iter().enumerate())
            .map(|(i, y)| y - f64::from(u8::from(i == aim)))
            .collect();
        let slope = |y: &f64| 1.0 - (-10.0 * y).exp();
        let hidden = (y[1].iter().enumerate()).map(|(j, y)| {
            let back: f64 = last
                .iter()
                .enumerate()
                .map(|(i, e)| w[1][i * SIZES[1] + j] * e)
                .sum();
            back * slope(y)
        });
        let errors = [hidden.collect(), last.clone()];
        for (layer, w) in w.iter_mut().enumerate() {
            let added = by_hand(Layer {
                pre: &y[layer],
                post: &y[layer + 1],
                post_error: &errors[layer],
                reward,
                perturbation: &xi[layer],
                pre_perturbation: &zeta[layer],
                loss_change: (y[2][aim].ln() - moved[2][aim].ln()) / 0.01,
                weights: w,
                memory: &mut memory[layer],
            });
            w.iter_mut().zip(added).for_each(|(w, added)| *w += added);
        }
    }
    let learned = network.weights().matrices();
    let learned = learned.iter().flat_map(|w| w.data().to_vec());
    [learned.collect(), w.concat()]
}

pub(crate) fn assert_close([learned, expected]: &[Vec<f64>; 2]) {
    for (learned, expected) in learned.iter().zip(expected) {
        let error = (learned - expected).abs();
        assert!(
            error <= 1e-12 * expected.abs().max(0.1),
            "{learned}, not {expected}"
        );
    }
}
