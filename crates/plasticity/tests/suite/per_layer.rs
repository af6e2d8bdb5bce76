//! Rules whose layers have coefficients of their own.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Rule};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 4] = [5, 4, 6, 3];
const LAYERS: usize = SIZES.len() - 1;
const TERMS: [usize; 4] = [0, 2, 3, 9];
const STEPS: usize = 6;

/// What an episode ends with.
struct End {
    loss: f64,
    weights: Pathway<f64>,
    gradient: Vec<f64>,
}

/// Learns a few random inputs and is examined on the last.
fn episode(feedback: &Feedback, rule: &Rule, theta: &[f64]) -> End {
    let architecture = Architecture::new(SIZES.to_vec()).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
    let matrices = feedback.draw(&architecture, &mut rng);
    let tape = Tape::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(feedback, &matrices)
        .build();
    let theta: Vec<_> = theta.iter().map(|&theta| tape.scalar(theta)).collect();
    let bound = rule.bind_to(&theta);
    let mut input = || tape.constant_with(SIZES[0], |x| x.fill_with(|| rng.random()));
    for step in 0..STEPS {
        network.step(&bound, input(), step % SIZES[LAYERS]);
    }
    let loss = network.forward(input()).z[LAYERS - 1].softmax_cross_entropy(&[1]);
    let (value, weights) = (loss.item(), network.weights());
    let gradients = loss.backward();
    let slope = |&theta| gradients.wrt(theta).item();
    End {
        loss: value,
        weights,
        gradient: theta.iter().map(slope).collect(),
    }
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (Tensor::from(a), Tensor::from(b));
    let norm = |x: &Tensor<f64>| x.data().iter().map(|x| x * x).sum::<f64>().sqrt();
    norm(&(&a - &b)) / norm(&b)
}

#[test]
fn equal_coefficients_are_a_shared_one() {
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        let shared = Rule::from_pool(&TERMS).unwrap();
        let shared = shared.with_theta(&[0.1, -0.05, 0.01, 0.03]);
        let own = shared.clone().per_layer(LAYERS);
        let one = episode(&feedback, &shared, shared.theta());
        let each = episode(&feedback, &own, own.theta());
        // To the bit: the same operations on the same numbers.
        assert_eq!(
            (one.loss, one.weights),
            (each.loss, each.weights),
            "{feedback}"
        );
        let sums = each
            .gradient
            .chunks(LAYERS)
            .map(|layers| layers.iter().sum());
        let error = relative(&sums.collect::<Vec<f64>>(), &one.gradient);
        assert!(error < 1e-12, "{feedback}: {error:e}");
    }
}

#[test]
fn the_meta_gradient_agrees_with_differences() {
    let theta: Vec<f64> = (0..TERMS.len() * LAYERS)
        .map(|k| 0.02 * ((3 * k + 1) % 7) as f64 - 0.05)
        .collect();
    let rule = Rule::from_pool(&TERMS).unwrap().per_layer(LAYERS);
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        // A difference sees what flows through B = W; the detached gradient leaves it out.
        if feedback == Feedback::symmetric() {
            continue;
        }
        let difference = |r: usize| {
            let moved = |by: f64| {
                let mut theta = theta.clone();
                theta[r] += by;
                episode(&feedback, &rule, &theta).loss
            };
            let h = 1e-4;
            (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h)
        };
        let differences: Vec<f64> = (0..theta.len()).map(difference).collect();
        let error = relative(&episode(&feedback, &rule, &theta).gradient, &differences);
        assert!(error < 1e-7, "{feedback}: {error:e}");
    }
}

#[test]
#[should_panic(expected = "coefficients for 2 layers, used in layer 3")]
fn a_rule_for_other_layers_is_refused() {
    let rule = Rule::from_pool(&[0]).unwrap().per_layer(2);
    episode(&Feedback::fixed(), &rule, rule.theta());
}
