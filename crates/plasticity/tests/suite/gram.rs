//! First layers by Gram matrix: derivatives, and steps that look at what they leave out.

use std::sync::Arc;

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::{
    Activation, Architecture, BackwardPass, Feedback, FeedbackPathway, GramLayer, KnownInputs,
    Network, Number, Pathway, Rule, TANGENTS,
};
use metaplast_tensor::{Random, Tensor};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn inputs(count: usize, pixels: usize) -> Tensor<f64> {
    let mut random = Random::new(3);
    let elements = (0..count * pixels).map(|_| random.normal().max(0.0));
    Tensor::new([count, pixels], elements.collect())
}

fn weights(architecture: &Architecture, seed: u64) -> Pathway<f64> {
    Pathway::uniform(architecture, &mut Xoshiro256PlusPlus::seed_from_u64(seed))
}

const THETA: [f64; 4] = [0.05, -0.04, 0.02, 0.03];

/// The loss on two inputs after learning from the others, of which there are more than sixteen, so that some steps
/// go over the first of them only.
fn loss<'t, T: Number>(tape: &'t Tape<T>, theta: &[Var<'t, T>]) -> Var<'t, T> {
    let architecture = Architecture::new(vec![7, 5, 3]).unwrap();
    let (start, back) = (weights(&architecture, 1), weights(&architecture, 2));
    let network = Network::builder(tape, &architecture)
        .weights(&start.cast())
        .feedback(&Feedback::fixed(), &back.cast())
        .build();
    let rule = Rule::from_pool(&[0, 2, 3, 9]).unwrap().bind_to(theta);
    let known = Arc::new(KnownInputs::new(&inputs(20, 7).cast()));
    let first = GramLayer::new(&network, known);
    for (step, input) in (2..20).rev().enumerate() {
        first.step(&network, &rule, input, step % 3);
        first.forget_from(input);
    }
    first.logits(&network, 0..2).softmax_cross_entropy(&[0, 2])
}

#[test]
fn derivatives_by_theta_are_those_of_finite_differences_and_forward_mode() {
    let tape = Tape::<f64>::new();
    let theta = THETA.map(|theta| tape.scalar(theta));
    let gradients = loss(&tape, &theta).backward();
    let duals = Tape::<Dual<f64, TANGENTS>>::new();
    let seeded = |(r, &theta): (usize, &f64)| duals.scalar(Dual::seeded(theta, r));
    let seeded: Vec<_> = THETA.iter().enumerate().map(seeded).collect();
    let forward = loss(&duals, &seeded).item().tangent();
    let at = |r: usize, step: f64| {
        let tape = Tape::<f64>::new();
        let mut theta = THETA.map(|theta| tape.scalar(theta));
        theta[r] = tape.scalar(THETA[r] + step);
        loss(&tape, &theta).item()
    };
    for (r, &theta) in theta.iter().enumerate() {
        let slope = gradients.wrt(theta).item();
        let h = 1e-5;
        let difference = (at(r, h) - at(r, -h)) / (2.0 * h);
        assert!(
            (slope - difference).abs() <= 1e-7 * slope.abs().max(1.0),
            "{slope} {difference}"
        );
        assert!(
            (slope - forward[r]).abs() <= 1e-11 * slope.abs().max(1.0),
            "{slope} {forward:?}"
        );
    }
}

/// Weights after steps from six inputs, of plain steps or with the first layer by Gram matrix, whose own are kept or not.
fn learned(
    architecture: &Architecture,
    feedback: &Feedback,
    terms: &[usize],
    keeps: Option<bool>,
) -> Pathway<f64> {
    let back = feedback.draw(architecture, &mut Xoshiro256PlusPlus::seed_from_u64(2));
    let inputs = inputs(6, architecture.inputs());
    let theta = [0.1, -0.05, 0.02];
    let rule = Rule::from_pool(terms).unwrap().with_theta(&theta);
    let tape = Tape::new();
    let network = Network::builder(&tape, architecture)
        .weights(&weights(architecture, 1))
        .feedback(feedback, &back)
        .build();
    let rule = rule.bind_constant(&tape);
    let known = Arc::new(KnownInputs::new(&inputs));
    let first = keeps.map(|keeps| match keeps {
        true => GramLayer::new(&network, known).keeping_weights(),
        false => GramLayer::new(&network, known),
    });
    for input in 0..6 {
        let label = input % architecture.outputs();
        match &first {
            Some(first) => first.step(&network, &rule, input, label),
            None => {
                let x = tape.constant(&Tensor::from(inputs.row(input)));
                network.step(&rule, x, label);
            }
        }
    }
    network.weights()
}

/// A pathway of which nothing more is known than that it leaves the first layer alone.
#[derive(Debug)]
struct Custom;

impl<T: Number> FeedbackPathway<T> for Custom {
    fn name(&self) -> &str {
        "custom"
    }

    fn reads_first_layer(&self, _: bool) -> bool {
        false
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }
}

#[test]
fn weights_are_those_of_plain_steps_whatever_units_and_feedback_are() {
    let feedbacks = [
        (Feedback::fixed(), [0, 2, 9]),
        (Feedback::direct(), [0, 2, 9]),
        (Feedback::new(Custom), [0, 2, 9]),
        (Feedback::symmetric(), [0, 3, 9]),
    ];
    for activation in [Activation::Softplus, Activation::Relu, Activation::Tanh] {
        for (feedback, terms) in &feedbacks {
            let architecture = Architecture::new(vec![9, 6, 4, 3]).unwrap();
            let architecture = architecture.with_activation(activation);
            let plain = learned(&architecture, feedback, terms, None);
            for keeps in [true, false] {
                let by_gram = learned(&architecture, feedback, terms, Some(keeps));
                let layers = by_gram.transposed().iter().zip(plain.transposed());
                for (a, b) in layers.skip(usize::from(!keeps)) {
                    let apart = (a - b).map(f64::abs);
                    assert!(
                        apart.data().iter().all(|&apart| apart < 1e-13),
                        "{activation}, {feedback}: {apart:?}"
                    );
                }
            }
            assert_ne!(plain, weights(&architecture, 1));
        }
    }
}

#[test]
#[should_panic(expected = "gram: elements of an input, inputs of the network")]
fn inputs_of_another_size_panic() {
    let architecture = Architecture::new(vec![4, 3]).unwrap();
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&weights(&architecture, 1))
        .build();
    let _ = GramLayer::new(&network, Arc::new(KnownInputs::new(&inputs(2, 5))));
}
