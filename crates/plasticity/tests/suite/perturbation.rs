//! Rules that learn from what perturbations change in the loss.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{
    Architecture, KnownRule, Memory, Network, Output, Pathway, Perturbed, Preset, Rule, Term,
};
use metaplast_tensor::Tensor;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// What one step of a rule changes in all weights, with the seed of the signs.
fn change(rule: &Rule, output: Output, seed: u64) -> Vec<f64> {
    let architecture = Architecture::new(vec![3, 4, 3]).unwrap();
    let architecture = architecture.with_output(output);
    let first = Pathway::uniform(&architecture, &mut Xoshiro256PlusPlus::seed_from_u64(5));
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&first)
        .seed(seed)
        .build();
    let x = tape.constant(&Tensor::from_fn([3], |i| 0.4 * (i[0] + 1) as f64));
    network.step(&rule.bind_constant(&tape), x, 2);
    let flat = |weights: &[Tensor<f64>]| -> Vec<f64> {
        weights.iter().flat_map(|w| w.data().to_vec()).collect()
    };
    let (after, before) = (flat(&network.weights().matrices()), flat(&first.matrices()));
    after.iter().zip(before).map(|(a, b)| a - b).collect()
}

/// In the mean over signs a step is one of gradient descent, and so is the second moment of each weight's step by
/// rank-one signs what independent ones would give: the squared length of the gradient.
#[test]
fn perturbations_descend_the_loss_in_the_mean() {
    const DRAWS: u64 = 20_000;
    for output in [Output::Softmax, Output::Linear] {
        let descent = change(&Rule::preset(Preset::Bp).with_theta(&[1.0]), output, 0);
        let squared_length: f64 = descent.iter().map(|x| x * x).sum();
        for name in ["node-perturbation", "weight-perturbation"] {
            let rule = KnownRule::find(name).unwrap().rule().with_theta(&[1.0]);
            let mut mean = vec![0.0; descent.len()];
            let mut squares = vec![0.0; descent.len()];
            for seed in 0..DRAWS {
                let changed = change(&rule, output, seed);
                for ((mean, square), x) in mean.iter_mut().zip(&mut squares).zip(&changed) {
                    *mean += x / DRAWS as f64;
                    *square += x * x / DRAWS as f64;
                }
            }
            let far = mean.iter().zip(&descent).zip(&squares);
            for ((mean, expected), square) in far {
                let error = (square / DRAWS as f64).sqrt();
                // What is of higher order in σ beside four standard errors.
                let allowed = 4.5 * error + 0.02 * squared_length.sqrt();
                assert!(
                    (mean - expected).abs() < allowed,
                    "{name}: {mean}, not {expected}, by {allowed}"
                );
            }
            if name == "weight-perturbation" {
                for square in squares {
                    let relative = square / squared_length;
                    assert!((0.9..1.1).contains(&relative), "{relative}");
                }
            }
        }
    }
}

/// Other steps and other seeds have other signs; the same have the same.
#[test]
fn signs_follow_from_the_seed() {
    let rule = KnownRule::find("node-perturbation").unwrap().rule();
    let step = |seed| change(&rule.clone().with_theta(&[0.1]), Output::Softmax, seed);
    assert_eq!(step(1), step(1));
    assert_ne!(step(1), step(2));
}

#[test]
fn names_of_perturbations_may_be_taken() {
    let texts = [
        "perturbation = 0.9 * perturbation + e",
        "loss_change = 0.9 * loss_change + ones^T * e",
    ];
    let mut memories: Vec<Memory> = Vec::new();
    for text in texts {
        let memory = Memory::parse(text, &memories).unwrap();
        memories.push(memory);
    }
    let signals = Memory::signals(&memories);
    let text = "t = loss_change * perturbation * y_pre^T";
    let term = Term::parse_with(text, &signals).unwrap();
    let rule = Rule::new([term]).unwrap();
    assert_eq!(rule.with_memories(memories).unwrap().perturbed(), None);
    let term = Term::parse(text).unwrap();
    let rule = Rule::new([term]).unwrap();
    assert_eq!(rule.perturbed(), Some(Perturbed::Nodes));
}
