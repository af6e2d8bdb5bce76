//! Learning in batches, against plain loops, single steps and forward mode.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Feedback, Network, NetworkLearner, Number};
use metaplast_plasticity::{IncrementOptimizer, Pathway};
use metaplast_tensor::Scalar;
use proptest::prelude::*;

use crate::case::{Case, forward, relative_error, rows, vector};
use crate::pathways::{case, flat, network, others, theta_of};
use crate::plain_pathways::Plain;

const BATCH: usize = 3;

/// All pathways, with parameters at which every term counts.
pub(crate) fn pathways() -> Vec<Feedback> {
    let plain = [
        Feedback::fixed(),
        Feedback::symmetric(),
        Feedback::attached(),
    ];
    plain.into_iter().chain(others()).collect()
}

/// A vector with 1 at the label.
pub(crate) fn one_hot<T: Scalar>(case: &Case, label: usize) -> metaplast_tensor::Tensor<T> {
    let outputs = case.sizes[case.w.len()];
    let mut target = vec![0.0; outputs];
    target[label] = 1.0;
    vector(&target)
}

/// Learns the support in batches and returns the loss on the queries.
fn learn<'t, T: Number>(
    case: &Case,
    network: &Network<'t, T>,
    theta: &[Var<'t, T>],
    size: usize,
) -> Var<'t, T> {
    let tape = network.tape();
    let rule = case.rule().bind_to(theta);
    for batch in case.support.chunks(size) {
        let batch = batch.iter().map(|sample| {
            let x = tape.constant(&vector(&sample.x));
            (x, tape.constant(&one_hot(case, sample.label)))
        });
        network.step_batch(&rule, &batch.collect::<Vec<_>>());
    }
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let x = tape.constant(&rows(&case.query));
    network.logits(x).softmax_cross_entropy(&labels)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(16) })]

    /// Weights, feedback weights, loss and the meta-gradient, for every pathway and any terms.
    #[test]
    fn batches_agree_with_plain_loops_and_forward_mode(
        seed in any::<u64>(),
        more in prop::sample::subsequence((1..10).collect::<Vec<usize>>(), 0..10),
        steps in 2..8usize,
    ) {
        let terms = [&[0][..], &more].concat();
        let case = case(seed, &terms, steps);
        for feedback in pathways() {
            let mut plain = Plain::new(&case, &feedback);
            let mut t = 0;
            for batch in case.support.chunks(BATCH) {
                plain.batch(&case.theta, t, batch);
                t += batch.len() as u64;
            }
            prop_assume!(plain.loss() < 10.0 && plain.w.iter().all(|w| w.largest() < 5.0));
            let tape = Tape::<f64>::new();
            let network = network(&case, &feedback, &tape);
            let theta = theta_of(&case, &tape);
            let loss = learn(&case, &network, &theta, BATCH);
            let expected: Vec<f64> = plain.w.iter().flat_map(|w| w.data.clone()).collect();
            let error = relative_error(&flat(&network.weights().matrices()), &expected, 1.0);
            prop_assert!(error < 1e-12, "{feedback}: {error:e}");
            if feedback.learns() {
                let found: Vec<_> = network.carried().iter().map(|b| b.value().transpose()).collect();
                let expected: Vec<f64> = plain.b.iter().flat_map(|b| b.data.clone()).collect();
                let error = relative_error(&flat(&found), &expected, 1.0);
                prop_assert!(error < 1e-12, "{feedback}, B: {error:e}");
            }
            prop_assert!((loss.item() - plain.loss()).abs() < 1e-11);

            if feedback == Feedback::symmetric() {
                // Its gradient is detached, and forward mode's is not.
                continue;
            }
            let gradients = loss.backward();
            let reverse: Vec<f64> = theta.iter().map(|&t| gradients.wrt(t).item()).collect();
            let (_, forward) = forward(&case, |tape, theta| {
                learn(&case, &self::network(&case, &feedback, tape), theta, BATCH).item()
            });
            let error = relative_error(&reverse, &forward, 1e-3);
            prop_assert!(error < 1e-9, "{feedback}: {error:e} from forward mode");
        }
    }
}

/// A batch of one is a step, bit for bit, also in numbers of single precision.
#[test]
fn a_batch_of_one_is_a_step() {
    fn check<T: Number>() {
        let case = case(6, &[0, 2, 3, 6, 9], 6);
        for feedback in pathways() {
            let tape = Tape::<T>::new();
            let (steps, batches) = (
                network(&case, &feedback, &tape),
                network(&case, &feedback, &tape),
            );
            let loss = case.learn(&steps, &theta_of(&case, &tape)).item();
            let found = learn(&case, &batches, &theta_of(&case, &tape), 1).item();
            assert_eq!(
                found.to_f64().to_bits(),
                loss.to_f64().to_bits(),
                "{feedback}"
            );
            assert_eq!(batches.weights(), steps.weights(), "{feedback}");
        }
    }
    check::<f32>();
    check::<f64>();
}

/// The learner makes the steps of the network, recorded or not, and leaves nothing on the tape.
#[test]
fn a_learner_makes_the_same_steps() {
    let case = case(7, &[0, 1, 3, 9], 12);
    let tape = Tape::<f64>::new();
    let feedback = Feedback::kolen_pollack();
    let expected = network(&case, &feedback, &tape);
    learn(&case, &expected, &theta_of(&case, &tape), 4);
    let learned = |recorded: bool| -> (Pathway<f64>, usize) {
        let tape = Tape::<f64>::new();
        let network = network(&case, &feedback, &tape);
        let rule = case.rule().bind_constant(&tape);
        let mut learner = NetworkLearner::new(&network, IncrementOptimizer::Plain).unwrap();
        let before = tape.memory().nodes;
        for batch in case.support.chunks(4) {
            let targets: Vec<_> = batch
                .iter()
                .map(|s| one_hot::<f64>(&case, s.label))
                .collect();
            let pairs = batch.iter().zip(&targets);
            let batch: Vec<(&[f64], &[f64])> = pairs.map(|(s, t)| (&s.x[..], t.data())).collect();
            match recorded {
                true => learner.step(&rule, &batch),
                false => tape.without_gradients(|| learner.step(&rule, &batch)),
            }
            .unwrap();
        }
        assert_eq!(learner.steps(), 3);
        (network.weights(), tape.memory().nodes - before)
    };
    let (recorded, kept) = learned(true);
    assert!(recorded == expected.weights() && kept > 0);
    assert_eq!(learned(false), (recorded, 0));
}

#[test]
#[should_panic(expected = "step_batch: a batch of no examples")]
fn a_batch_needs_examples() {
    let case = case(1, &[0], 1);
    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::fixed(), &tape);
    network.step_batch(&case.rule().bind_constant(&tape), &[]);
}
