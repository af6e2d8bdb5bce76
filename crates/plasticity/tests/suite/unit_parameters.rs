//! Units with gains and biases that rules change.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Architecture, Feedback, Memory, Network, Pathway, Preset, Rule, Term};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 4] = [5, 4, 6, 3];

fn memories(texts: &[&str]) -> Vec<Memory> {
    let mut read = Vec::new();
    for text in texts {
        let memory = Memory::parse(text, &read).unwrap();
        read.push(memory);
    }
    read
}

/// Backpropagation that changes gains or biases as well, with the rates of weights, biases and gains.
const DESCENTS: [(&str, [f64; 3]); 2] = [
    ("bias = bias - k * e", [0.05, 0.1, 0.0]),
    (
        "gain = gain - c * (e .* z) ./ (ones + gain)",
        [0.05, 0.0, 0.08],
    ),
];

/// The same in one loss and its gradient.
fn plain_step(parameters: &mut [Tensor<f64>], x: &Tensor<f64>, label: usize, rates: [f64; 3]) {
    let tape = Tape::<f64>::new();
    let on_tape: Vec<Var<'_, f64>> = parameters.iter().map(|p| tape.var(p)).collect();
    let mut y = tape.constant(x);
    let layers = SIZES.len() - 1;
    for layer in 0..layers {
        let [w, bias, gain] = [0, 1, 2].map(|k| on_tape[3 * layer + k]);
        let drive = w.matvec(y) * (gain + 1.0) + bias;
        y = match layer + 1 == layers {
            true => drive,
            false => drive.softplus(10.0),
        };
    }
    let gradients = y.reshape([1, 3]).softmax_cross_entropy(&[label]).backward();
    for (place, (parameter, var)) in parameters.iter_mut().zip(&on_tape).enumerate() {
        let slope = gradients.wrt(*var);
        *parameter = parameter.zip_map(&slope, |p, s| p - rates[place % 3] * s);
    }
}

#[test]
fn with_symmetric_feedback_gains_and_biases_follow_the_gradient_of_the_loss() {
    DESCENTS.into_iter().for_each(descends);
}

fn descends((memory, rates): (&str, [f64; 3])) {
    let architecture = Architecture::new(SIZES.to_vec()).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let first = Pathway::<f64>::uniform(&architecture, &mut rng);
    let mut parameters: Vec<Tensor<f64>> = first
        .matrices()
        .iter()
        .flat_map(|w| {
            let units = w.dims()[0];
            [w.clone(), Tensor::zeros([units]), Tensor::zeros([units])]
        })
        .collect();
    let tape = Tape::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&first)
        .feedback(&Feedback::symmetric(), &Pathway::none())
        .build();
    let rule = Rule::preset(Preset::Bp)
        .with_memories(memories(&[memory]))
        .unwrap();
    let rule = rule
        .with_theta(&[rates[0], rates[1] + rates[2]])
        .bind_constant(&tape);
    for step in 0..40 {
        let x = Tensor::from_fn([SIZES[0]], |_| rng.random_range(0.0..1.0));
        network.step(&rule, tape.constant(&x), step % 3);
        plain_step(&mut parameters, &x, step % 3, rates);
    }
    let weights = network.weights().matrices();
    let memory = network.memory_values();
    let place = if rates[2] == 0.0 { 1 } else { 2 };
    let learned = (0..SIZES.len() - 1).flat_map(|l| [&weights[l], &memory[l]]);
    let expected = parameters.chunks(3).flat_map(|p| [&p[0], &p[place]]);
    for (learned, expected) in learned.zip(expected) {
        for (a, b) in learned.data().iter().zip(expected.data()) {
            assert!((a - b).abs() < 1e-12, "{a}, not {b}");
        }
    }
    // The outputs of a batch see them too.
    let x = Tensor::from_fn([2, SIZES[0]], |i| (i[0] + 2 * i[1]) as f64 * 0.1);
    let logits = network.logits(tape.constant(&x)).value();
    let row = tape.constant(&Tensor::from_fn([SIZES[0]], |i| {
        (1 + 2 * i[0]) as f64 * 0.1
    }));
    let y = network.forward(row).y[3].value();
    let of_row = &logits.data()[3..];
    let sum: f64 = of_row.iter().map(|z| z.exp()).sum();
    for (z, y) in of_row.iter().zip(y.data()) {
        assert!((z.exp() / sum - y).abs() < 1e-12);
    }
}

/// A pass between two steps, cut away, leaves the values for the next one.
#[test]
fn a_pass_that_is_cut_away_leaves_kept_biases_as_they_are() {
    let architecture = Architecture::new(vec![5, 3]).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&Pathway::uniform(&architecture, &mut rng))
        .build();
    let rule = Rule::preset(Preset::Bp).with_memories(memories(&["bias = bias - k * e"]));
    let rule = rule.unwrap().with_theta(&[0.1, 0.1]).bind_constant(&tape);
    let x = Tensor::ones([5]);
    for _ in 0..3 {
        for learns in [true, false] {
            let mark = tape.mark();
            let x = tape.constant(&x);
            if learns {
                network.step(&rule, x, 1);
                network.keep_memory();
            } else {
                let _ = network.forward(x);
            }
            tape.cut(mark);
        }
    }
    assert!(network.memory_values()[0].data()[1] > 0.0);
}

/// Intrinsic plasticity that holds a mean activity.
#[test]
fn a_homeostatic_bias_brings_units_to_their_rate() {
    let architecture = Architecture::new(vec![5, 4]).unwrap();
    let architecture = architecture.with_output(metaplast_plasticity::Output::Softplus);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&Pathway::uniform(&architecture, &mut rng))
        .build();
    let still = Term::parse("still = 0 * y * y_pre^T + W").unwrap();
    let rule = Rule::new([still]).unwrap();
    let rule = rule.with_memories(memories(&["bias = bias + k * (0.3 ones - y)"]));
    let rule = rule.unwrap().with_theta(&[0.0, 0.05]).bind_constant(&tape);
    let mut mean = vec![0.0; 4];
    for step in 0..2000 {
        let x = Tensor::from_fn([5], |_| rng.random_range(0.0..1.0));
        let mark = tape.mark();
        let x = tape.constant(&x);
        if step >= 1000 {
            let y = network.forward(x).y[1].value();
            mean.iter_mut()
                .zip(y.data())
                .for_each(|(m, y)| *m += y / 1000.0);
        }
        network.step(&rule, x, 1);
        network.keep_memory();
        tape.cut(mark);
    }
    for mean in mean {
        assert!((mean - 0.3).abs() < 0.01, "{mean}");
    }
}

#[test]
fn gains_and_biases_belong_to_the_units() {
    let refused = |text: &str| Memory::parse(text, &[]).unwrap_err().to_string();
    assert_eq!(
        refused("bias = ones^T * y"),
        "column 8: `bias` belongs to the units, a post-synaptic column, and this is a number; take another name"
    );
    assert!(refused("gain = y_pre").contains("a pre-synaptic column"));
}
