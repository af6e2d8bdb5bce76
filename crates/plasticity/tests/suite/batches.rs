//! Learning in batches, against plain loops, single steps and forward mode.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Architecture, Feedback, Network, NetworkLearner, Number, Rule, Term};
use metaplast_plasticity::{IncrementOptimizer, Pathway};
use metaplast_tensor::Scalar;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

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

/// Weights multiplied by what their two sides do, beside a decay and what goes through the weights: all of
/// the weights from before the batch.
#[test]
fn a_batch_of_soft_bounds_is_the_mean_of_its_steps() {
    let tape = Tape::<f64>::new();
    let architecture = Architecture::new(vec![3, 4, 2]).unwrap();
    let text = "soft = (y * y_pre^T) .* (ones * ones_pre^T - W) - 0.2 W - 0.3 y * (y^T * W)";
    let rule = Rule::new([Term::parse(text).unwrap()]).unwrap();
    let rule = rule.with_theta(&[0.1]).bind_constant(&tape);
    let weights = Pathway::uniform(&architecture, &mut Xoshiro256PlusPlus::seed_from_u64(3));
    let network = || {
        Network::builder(&tape, &architecture)
            .weights(&weights)
            .build()
    };
    let (inputs, targets) = (
        [[0.5, 0.0, 1.0], [0.2, -0.7, 0.4]],
        [[1.0, 0.0], [0.0, 1.0]],
    );
    let batch = [0, 1].map(|k| {
        (
            tape.constant(&vector(&inputs[k])),
            tape.constant(&vector(&targets[k])),
        )
    });
    let change = |network: &Network<'_, f64>| {
        let after = network.weights().matrices();
        let pairs = flat(&after).into_iter().zip(flat(&weights.matrices()));
        pairs
            .map(|(after, before)| after - before)
            .collect::<Vec<f64>>()
    };
    let [one, other] = [0, 1].map(|k| {
        let network = network();
        network.step_towards(&rule, batch[k].0, batch[k].1);
        change(&network)
    });
    let mean: Vec<f64> = one.iter().zip(&other).map(|(a, b)| 0.5 * (a + b)).collect();
    assert!(mean.iter().all(|change| change.abs() > 1e-6));
    let at_once = network();
    at_once.step_batch(&rule, &batch);
    assert!(relative_error(&change(&at_once), &mean, 1.0) < 1e-14);
    // Around increments, which are matrices of their own.
    let around = network();
    let momentum = IncrementOptimizer::Momentum { momentum: 0.9 };
    let mut learner = NetworkLearner::new(&around, momentum).unwrap();
    let pairs: [(&[f64], &[f64]); 2] = [(&inputs[0], &targets[0]), (&inputs[1], &targets[1])];
    tape.without_gradients(|| learner.step(&rule, &pairs))
        .unwrap();
    assert!(relative_error(&change(&around), &mean, 1.0) < 1e-14);
}
