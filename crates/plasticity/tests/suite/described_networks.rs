//! Episodes of random networks with described layers, and what their meta-gradients are compared with.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::{
    Activation, Architecture, Feedback, Network, Number, Pathway, Rule, TANGENTS, Term, pool,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::case::relative_error;
use crate::differences::derivative;

/// Sizes of θ at which the terms are of one order; kernels change at every place.
pub(crate) const THETA: [f64; 10] = [0.05, 0.05, 0.05, 0.01, 0.03, 0.02, 0.05, 0.05, 0.05, 0.01];
const FLOOR: f64 = 1e-3;

pub(crate) fn descriptions() -> Vec<&'static str> {
    vec![
        "4x5x1 conv2x2 3",
        "5x5x2 conv3x2/2 4 3",
        "6x4x1 pool2 conv2x3 3",
        "6x6x1 conv3x2 pool2 4 2",
        "5x4x1 conv2x2 conv2x3/2 3",
        "4x4x2 pool2 3",
        "3x3x1 conv3x4 2",
        "4x3x1 conv2x2",
        "4x5x1 conv3x2+1 3",
        "5x4x2 conv3x2+1/2 conv2x2+1 3",
        "6x6x1 pool2 conv2x2+1 pool2 3",
        "6x6x1 conv3x2 maxpool2 4 2",
        "4x4x2 maxpool2 3",
        "8x8x1 maxpool2 pool2 conv2x2 3",
        "8x8x1 conv1x2 pool2 maxpool2 conv2x2 3",
        "5 4 4 skip1 3",
        "5 4 4 4 skip2 4 skip1 3",
        "4x5x1 conv3x2+1 conv3x2+1 skip1 3",
        "6x6x1 conv3x2+1 conv3x2+1 skip1 conv1x2 skip2 maxpool2 4 2",
    ]
}

/// An episode of a random network.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) architecture: Architecture,
    pub(crate) rule: Rule,
    pub(crate) feedback: Feedback,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) seed: u64,
}

fn own_terms() -> [Term; 3] {
    [
        Term::parse("gated = (ones^T * y) * tanh(z) .* e * y_pre^T").unwrap(),
        Term::parse("through = -0.1 (W * y_pre) * (W^T * e)^T").unwrap(),
        Term::parse("scaled = -0.1 (y^T * e) * W").unwrap(),
    ]
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (
        select(descriptions()),
        select(vec![Activation::Softplus, Activation::Tanh]),
        subsequence((0..13).collect::<Vec<_>>(), 1..7),
        select(vec![
            Feedback::fixed(),
            Feedback::attached(),
            Feedback::direct(),
        ]),
        1..5usize,
        1..3usize,
        any::<u64>(),
    )
        .prop_map(
            |(layers, activation, terms, feedback, steps, batch, seed)| {
                let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
                let theta: Vec<f64> = terms
                    .iter()
                    .map(|&t| THETA.get(t).unwrap_or(&0.03) * rng.random_range(-1.0..1.0))
                    .collect();
                let own = own_terms();
                let term = |&t: &usize| pool().get(t).unwrap_or_else(|| &own[t - 10]).clone();
                let rule = Rule::new(terms.iter().map(term))
                    .unwrap()
                    .with_theta(&theta);
                let architecture = Architecture::parse(layers)
                    .unwrap()
                    .with_activation(activation);
                Case {
                    architecture: architecture.with_beta(2.0).unwrap(),
                    rule,
                    feedback,
                    steps,
                    batch,
                    seed,
                }
            },
        )
}

impl Case {
    /// Learns, and gives the loss on three images; `network` is made from weights on the tape.
    fn loss<'t, T: Number>(&self, tape: &'t Tape<T>, theta: &[Var<'t, T>]) -> Var<'t, T> {
        let network = self.network(tape);
        self.learn(&network, theta)
    }

    fn network<'t, T: Number>(&self, tape: &'t Tape<T>) -> Network<'t, T> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let weights = Pathway::<T>::uniform(&self.architecture, &mut rng);
        let matrices = self.feedback.draw(&self.architecture, &mut rng);
        Network::builder(tape, &self.architecture)
            .weights_with_gradient(&weights)
            .feedback(&self.feedback, &matrices)
            .build()
    }

    fn learn<'t, T: Number>(&self, network: &Network<'t, T>, theta: &[Var<'t, T>]) -> Var<'t, T> {
        let (tape, outputs) = (network.tape(), self.architecture.outputs());
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed ^ 1);
        let mut image = |len: usize| -> Vec<f64> {
            let dark = |rng: &mut Xoshiro256PlusPlus| rng.random_bool(0.3);
            (0..len)
                .map(|_| {
                    if dark(&mut rng) {
                        0.0
                    } else {
                        rng.random_range(0.0..1.0)
                    }
                })
                .collect()
        };
        let rule = self.rule.bind_to(theta);
        let inputs = self.architecture.inputs();
        for step in 0..self.steps {
            let batch: Vec<_> = (0..self.batch)
                .map(|k| {
                    let x = tape.constant(&Tensor::from(&*image(inputs)).cast());
                    let fill = |t: &mut [T]| t[(step + k) % outputs] = T::ONE;
                    (x, tape.constant_with(outputs, fill))
                })
                .collect();
            network.step_batch(&rule, &batch);
        }
        let x = Tensor::new([3, inputs], image(3 * inputs)).cast();
        let labels: Vec<usize> = (0..3).map(|k| k % outputs).collect();
        network
            .logits(tape.constant(&x))
            .softmax_cross_entropy(&labels)
    }

    /// Loss and derivatives by θ, and how far the sweep was off the first weights, as a share of the largest weight.
    fn reverse(&self) -> (f64, Vec<f64>, f64) {
        let tape = Tape::<f64>::new();
        let network = self.network(&tape);
        let start: Vec<Tensor<f64>> = network.states().iter().map(|w| w.value()).collect();
        let theta: Vec<_> = self.rule.theta().iter().map(|&t| tape.scalar(t)).collect();
        let loss = self.learn(&network, &theta);
        let value = loss.item();
        let last = network.states().iter().map(|w| w.value());
        let weights: Vec<Tensor<f64>> = last.chain(start.iter().cloned()).collect();
        let sizes = weights.iter().flat_map(|w| w.data());
        let largest = sizes.fold(1.0f64, |most, w| most.max(w.abs()));
        let gradients = loss.backward();
        let by_theta = theta.iter().map(|&t| gradients.wrt(t).item()).collect();
        let mut off: f64 = 0.0;
        for (start, w) in start.iter().zip(network.states()) {
            let w = w.rewound_value().data().to_vec();
            off = w
                .iter()
                .zip(start.data())
                .fold(off, |off, (a, b)| off.max((a - b).abs()));
        }
        (value, by_theta, off / largest)
    }

    fn forward(&self) -> Vec<f64> {
        let theta = self.rule.theta();
        let mut derivatives = Vec::new();
        for first in (0..theta.len()).step_by(TANGENTS) {
            let tape = Tape::<Dual<f64, TANGENTS>>::new();
            let seeded = |(place, &theta): (usize, &f64)| match place.checked_sub(first) {
                Some(k) if k < TANGENTS => tape.scalar(Dual::seeded(theta, k)),
                _ => tape.scalar(Dual::constant(theta)),
            };
            let bound: Vec<_> = theta.iter().enumerate().map(seeded).collect();
            let loss = self.loss(&tape, &bound).item();
            derivatives.extend(&loss.tangent()[..TANGENTS.min(theta.len() - first)]);
        }
        derivatives
    }

    fn value(&self, theta: &[f64]) -> f64 {
        let tape = Tape::<f64>::new();
        tape.without_gradients(|| {
            let theta: Vec<_> = theta.iter().map(|&t| tape.scalar(t)).collect();
            self.loss(&tape, &theta).item()
        })
    }
}

/// Whether the meta-gradient is that of forward mode and differences, and the sweep gives the weights back.
pub(crate) fn agrees(case: &Case) -> Result<(), TestCaseError> {
    let (loss, reverse, off) = case.reverse();
    prop_assume!(loss.is_finite() && loss < 1e3);
    // Where learning explodes, rounding does too.
    prop_assume!(reverse.iter().all(|slope| slope.abs() < 1e3));
    // Decays magnify what each of tens of steps is off by up to 8.
    prop_assert!(off <= 1e-11, "undone to {off:e} of the start");
    let forward = case.forward();
    let error = relative_error(&reverse, &forward, FLOOR);
    prop_assert!(error <= 1e-10, "{error:e}: {forward:?}");
    let theta = case.rule.theta();
    for (k, &slope) in reverse.iter().enumerate() {
        let at = |h: f64| {
            let mut moved = theta.to_vec();
            moved[k] += h;
            Some(case.value(&moved)).filter(|loss| loss.is_finite())
        };
        let difference = derivative(2e-3, at);
        prop_assume!(difference.is_some());
        let (expected, doubt) = difference.unwrap();
        let scale = expected.abs().max(FLOOR);
        prop_assume!(doubt <= 1e-7 * scale);
        // At a kink, where another unit becomes the maximum, differences are means of two slopes: what a step
        // bends does not shrink with it.
        let bend = |h: f64| Some((at(h)? - 2.0 * at(0.0)? + at(-h)?) / h);
        let kink = bend(1e-4)
            .zip(bend(5e-5))
            .map(|(wide, narrow)| narrow - 0.5 * wide);
        prop_assume!(kink.is_some_and(|kink| kink.abs() <= 1e-7 * scale));
        prop_assert!(
            (slope - expected).abs() <= 1e-6 * scale,
            "{slope} instead of {expected}"
        );
    }
    Ok(())
}
