//! Momentum, Adam and drift around a rule's increments, and what does not learn, against plain loops.

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::{
    Feedback, IncrementError, IncrementOptimizer, Network, NetworkLearner, Number, RandomDrift,
    Rule,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;

use crate::batches::{one_hot, pathways};
use crate::case::{Case, Tangents, relative_error};
use crate::oracle::{Matrix, Sample};
use crate::pathways::{case, flat, network};
use crate::plain_pathways::Plain;

const BATCH: usize = 2;

const MOMENTUM: IncrementOptimizer = IncrementOptimizer::Momentum { momentum: 0.8 };
const ADAM: IncrementOptimizer = IncrementOptimizer::Adam {
    rate: 0.02,
    beta1: 0.8,
    beta2: 0.9,
    epsilon: 1e-3,
};

/// One step of a learner by samples.
fn step<T: Number>(
    learner: &mut NetworkLearner<'_, '_, T>,
    case: &Case,
    rule: &Rule,
    samples: &[Sample],
) -> Result<(), IncrementError> {
    let tape = learner.network().tape();
    let targets: Vec<Tensor<f64>> = samples.iter().map(|s| one_hot(case, s.label)).collect();
    let pairs = samples.iter().zip(&targets);
    let batch: Vec<(&[f64], &[f64])> = pairs.map(|(s, t)| (&s.x[..], t.data())).collect();
    let rule = rule.bind_constant(tape);
    tape.without_gradients(|| learner.step(&rule, &batch))
}

/// What an optimiser makes of increments, in plain loops.
struct PlainOptimizer {
    kind: IncrementOptimizer,
    m: Vec<Matrix>,
    v: Vec<Matrix>,
    t: i32,
}

impl PlainOptimizer {
    fn new(kind: IncrementOptimizer, matrices: &[Matrix]) -> Self {
        let zeros = |m: &Matrix| Matrix::from_fn(m.rows, m.cols, |_, _| 0.0);
        let zeros: Vec<Matrix> = matrices.iter().map(zeros).collect();
        PlainOptimizer {
            kind,
            m: zeros.clone(),
            v: zeros,
            t: 0,
        }
    }

    /// `after` are the matrices that the increments alone would give.
    fn step(&mut self, before: &[Matrix], after: &[Matrix]) -> Vec<Matrix> {
        self.t += 1;
        let mut moved = before.to_vec();
        for l in 0..before.len() {
            for k in 0..before[l].data.len() {
                let increment = after[l].data[k] - before[l].data[k];
                let (m, v) = (&mut self.m[l].data[k], &mut self.v[l].data[k]);
                moved[l].data[k] += match self.kind {
                    IncrementOptimizer::Plain => increment,
                    IncrementOptimizer::Momentum { momentum } => {
                        *m = momentum * *m + increment;
                        *m
                    }
                    IncrementOptimizer::Adam {
                        rate,
                        beta1,
                        beta2,
                        epsilon,
                    } => {
                        *m = beta1 * *m + (1.0 - beta1) * increment;
                        *v = beta2 * *v + (1.0 - beta2) * increment * increment;
                        let m = *m / (1.0 - beta1.powi(self.t));
                        let v = *v / (1.0 - beta2.powi(self.t));
                        rate * m / (v.sqrt() + epsilon)
                    }
                };
            }
        }
        moved
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(12) })]

    /// Forward and feedback weights, for every pathway and any terms.
    #[test]
    fn optimisers_agree_with_plain_loops(
        seed in any::<u64>(),
        more in prop::sample::subsequence((1..10).collect::<Vec<usize>>(), 0..10),
        steps in 2..9usize,
        of_feedback in prop::sample::select(vec![IncrementOptimizer::Plain, MOMENTUM, ADAM]),
    ) {
        let terms = [&[0][..], &more].concat();
        let case = case(seed, &terms, steps);
        for (feedback, kind) in pathways().iter().flat_map(|f| [(f, MOMENTUM), (f, ADAM)]) {
            let mut plain = Plain::new(&case, feedback);
            let mut weights = PlainOptimizer::new(kind, &plain.w);
            let mut matrices = PlainOptimizer::new(of_feedback, &plain.b);
            let mut t = 0;
            for batch in case.support.chunks(BATCH) {
                plain.batch_moved(&case.theta, t, batch, |before, after| {
                    weights.step(before, after)
                }, |before, after| matrices.step(before, after));
                t += batch.len() as u64;
            }
            prop_assume!(plain.w.iter().chain(&plain.b).all(|w| w.largest() < 5.0));

            let tape = Tape::<f64>::new();
            let network = network(&case, feedback, &tape);
            let mut learner = NetworkLearner::new(&network, kind).unwrap()
                .with_feedback_optimizer(of_feedback).unwrap();
            for batch in case.support.chunks(BATCH) {
                step(&mut learner, &case, &case.rule(), batch).unwrap();
            }
            // Adam divides by the size of increments, however small: their rounding is seen.
            let expected: Vec<f64> = plain.w.iter().flat_map(|w| w.data.clone()).collect();
            let error = relative_error(&flat(&network.weights().matrices()), &expected, 1.0);
            prop_assert!(error < 1e-12, "{feedback}, {kind}: {error:e}");
            if feedback.learns() {
                let found: Vec<_> = network.carried().iter().map(|b| b.value().transpose()).collect();
                let expected: Vec<f64> = plain.b.iter().flat_map(|b| b.data.clone()).collect();
                let error = relative_error(&flat(&found), &expected, 1.0);
                prop_assert!(error < 1e-12, "{feedback}, {kind}, B: {error:e}");
            }
        }
    }
}

/// Dual numbers carry the derivative by a coefficient through momentum and Adam.
#[test]
fn derivatives_pass_through_optimisers_in_forward_mode() {
    fn end<T: Number>(case: &Case, kind: IncrementOptimizer, theta: T) -> T {
        let tape = Tape::<T>::new();
        let network = network(case, &Feedback::fixed(), &tape);
        let mut learner = NetworkLearner::new(&network, kind).unwrap();
        let rule = case
            .rule()
            .bind_to(&[tape.constant(&Tensor::scalar(theta))]);
        for batch in case.support.chunks(BATCH) {
            let targets: Vec<Tensor<f64>> = batch.iter().map(|s| one_hot(case, s.label)).collect();
            let pairs = batch.iter().zip(&targets);
            let batch: Vec<(&[f64], &[f64])> = pairs.map(|(s, t)| (&s.x[..], t.data())).collect();
            tape.without_gradients(|| learner.step(&rule, &batch))
                .unwrap();
        }
        let weights = network.weights().matrices();
        weights
            .iter()
            .map(|w| w.map(|w| w * w).sum())
            .fold(T::ZERO, |a, b| a + b)
    }
    let case = case(5, &[0], 8);
    for kind in [MOMENTUM, ADAM] {
        let slope = end::<Tangents>(&case, kind, Dual::seeded(0.2, 0)).tangent()[0];
        let h = 1e-4;
        let difference = (end(&case, kind, 0.2 + h) - end(&case, kind, 0.2 - h)) / (2.0 * h);
        assert!(
            (slope - difference).abs() < 1e-5 * difference.abs(),
            "{kind}: {slope} {difference}"
        );
    }
}

/// Kolen–Pollack feedback with the weights' momentum comes to the weights.
#[test]
fn kolen_pollack_feedback_follows_through_momentum() {
    let mut case = case(3, &[0, 3], 400);
    (case.theta[0], case.theta[3]) = (0.1, 0.02);
    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::kolen_pollack(), &tape);
    let apart = |network: &Network<'_, f64>| -> f64 {
        let b = network.carried().iter().map(|b| b.value().transpose());
        let pairs = network.weights().matrices().into_iter().zip(b);
        pairs
            .map(|(w, b)| w.zip_map(&b, |w, b| (w - b) * (w - b)).sum())
            .sum()
    };
    let first = apart(&network);
    let learner = NetworkLearner::new(&network, MOMENTUM).unwrap();
    let mut learner = learner.with_feedback_optimizer(MOMENTUM).unwrap();
    for batch in case.support.chunks(BATCH) {
        step(&mut learner, &case, &case.rule(), batch).unwrap();
    }
    assert!(
        apart(&network) < 1e-6 * first,
        "{first} {}",
        apart(&network)
    );
}

#[test]
fn what_cannot_be_recorded_is_refused_in_one_line() {
    let case = case(2, &[0], 1);
    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::fixed(), &tape);
    let rule = case.rule().bind_constant(&tape);
    let target: Tensor<f64> = one_hot(&case, 0);
    let batch = [(&case.support[0].x[..], target.data())];
    let mut learner = NetworkLearner::new(&network, MOMENTUM).unwrap();
    assert_eq!(
        learner.step(&rule, &batch).unwrap_err().to_string(),
        "momentum(mu=0.8) cannot be recorded for a reverse sweep; learn within `Tape::without_gradients`, in dual numbers where derivatives are wanted"
    );
    let drift = RandomDrift { sd: 0.5, seed: 1 };
    let mut learner = NetworkLearner::new(&network, IncrementOptimizer::Plain)
        .unwrap()
        .with_drift(drift)
        .unwrap();
    let error = learner.step(&rule, &batch).unwrap_err().to_string();
    assert!(
        error.starts_with("drift(sd=0.5) cannot be recorded"),
        "{error}"
    );
    assert_eq!(network.weights(), Case::pathway(&case.w));

    assert_eq!(learner.step(&rule, &[]), Err(IncrementError::EmptyBatch));
    let error = learner.step(&rule, &[(&[0.0], target.data())]).unwrap_err();
    assert_eq!(error.to_string(), "example 0 has 1 inputs, the network 4");
    let wrong = IncrementOptimizer::Momentum { momentum: 1.0 };
    let error = NetworkLearner::new(&network, wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "momentum(mu=1): mu must be 0 or more and less than 1"
    );
    let wrong = RandomDrift { sd: -1.0, seed: 1 };
    let learner = NetworkLearner::new(&network, IncrementOptimizer::Plain).unwrap();
    let error = learner.with_drift(wrong).unwrap_err().to_string();
    assert_eq!(error, "drift(sd=-1): sd must be 0 or more");
}

/// A rule whose coefficients are 0 changes no bit, whatever is around it.
#[test]
fn coefficients_of_zero_are_no_learning() {
    let mut case = case(4, &[0, 2, 3, 9], 6);
    case.theta = [0.0; 10];
    for kind in [IncrementOptimizer::Plain, MOMENTUM, ADAM] {
        let tape = Tape::<f32>::new();
        let network = network(&case, &Feedback::fixed(), &tape);
        let before = network.weights();
        let mut learner = NetworkLearner::new(&network, kind).unwrap();
        for batch in case.support.chunks(BATCH) {
            step(&mut learner, &case, &case.rule(), batch).unwrap();
        }
        assert_eq!(network.weights(), before, "{kind}");
    }
}

/// Drift adds its own changes to those of the rule, Gaussian and the same from the same seed.
#[test]
fn drift_is_gaussian_and_follows_from_its_seed() {
    let mut case = case(4, &[0], 30);
    case.theta[0] = 0.0;
    let drift = RandomDrift { sd: 0.1, seed: 9 };
    let drifted = |drift| {
        let tape = Tape::<f64>::new();
        let network = network(&case, &Feedback::fixed(), &tape);
        let learner = NetworkLearner::new(&network, IncrementOptimizer::Plain).unwrap();
        let mut learner = learner.with_drift(drift).unwrap();
        for batch in case.support.chunks(1) {
            step(&mut learner, &case, &case.rule(), batch).unwrap();
        }
        network.weights().into_transposed()
    };
    let found = drifted(drift);
    let mut expected = Case::pathway::<f64>(&case.w).into_transposed();
    let mut changes = Vec::new();
    for t in 0..30 {
        for (layer, w) in expected.iter_mut().enumerate() {
            let before = w.data().to_vec();
            drift.apply(t, layer, w.data_mut());
            changes.extend(w.data().iter().zip(before).map(|(w, before)| w - before));
        }
    }
    assert_eq!(found, expected);
    assert_eq!(drifted(drift), expected);
    assert_ne!(drifted(RandomDrift { seed: 10, ..drift }), expected);
    let n = changes.len() as f64;
    let moment = |k: i32| changes.iter().map(|x| (x / 0.1).powi(k)).sum::<f64>() / n;
    assert!(n > 2000.0 && moment(1).abs() < 0.1, "{n} {}", moment(1));
    assert!((moment(2) - 1.0).abs() < 0.1 && (moment(4) - 3.0).abs() < 0.6);
}

/// Oja's rule alone sees no teaching signal: targets do not matter.
#[test]
fn ojas_rule_alone_is_unsupervised() {
    let mut case = case(4, &[9], 12);
    case.theta[9] = 0.05;
    let learned = |case: &Case| {
        let tape = Tape::<f64>::new();
        let network = network(case, &Feedback::fixed(), &tape);
        let mut learner = NetworkLearner::new(&network, IncrementOptimizer::Plain).unwrap();
        for batch in case.support.chunks(BATCH) {
            step(&mut learner, case, &case.rule(), batch).unwrap();
        }
        network.weights()
    };
    let weights = learned(&case);
    assert_ne!(weights, Case::pathway(&case.w));
    for sample in &mut case.support {
        sample.label = (sample.label + 1) % 3;
    }
    assert_eq!(learned(&case), weights);
}

/// What an optimiser did to the weights is no part of the recording, so no sweep passes it.
#[test]
#[should_panic(expected = "backward: states were assigned values outside of the recording")]
fn no_sweep_passes_an_optimisers_step() {
    let case = case(2, &[0], 2);
    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::fixed(), &tape);
    let mut learner = NetworkLearner::new(&network, MOMENTUM).unwrap();
    step(&mut learner, &case, &case.rule(), &case.support).unwrap();
    let x = tape.var(&Tensor::from(&case.query[0].x[..]));
    let _ = network.forward(x).y[3].sum().backward();
}

/// Around the increments of a recorded tape values are not assigned.
#[test]
#[should_panic(expected = "state.assign: not recorded; do it within `without_gradients`")]
fn values_are_not_assigned_where_the_tape_records() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&Tensor::zeros([2, 2]));
    w.assign(&Tensor::ones([2, 2]));
}

/// A tape that has been reset can be swept again.
#[test]
fn a_reset_forgets_assigned_values() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&Tensor::zeros([2, 2]));
    tape.without_gradients(|| w.assign(&Tensor::ones([2, 2])));
    assert_eq!(w.value(), Tensor::ones([2, 2]));
    tape.reset();
    let w = tape.state(&Tensor::ones([2, 2]));
    let x = tape.var(&Tensor::from(&[1.0, 2.0][..]));
    let slopes = w.matvec(x).sum().backward();
    assert_eq!(slopes.wrt(x), Tensor::from(&[2.0, 2.0][..]));
}
