//! Direct, sign-symmetric, Kolen-Pollack, weight-mirror and information feedback, and one's own, against
//! plain loops, differences and forward mode.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::diagnostics::alignment_angles;
use metaplast_plasticity::{
    Activation, AlignmentInput, Architecture, BackwardPass, Feedback, FeedbackPathway,
    InformationAlignment, Network, Number, OnlineStep, Pathway, Preset, Rule, Storage, pool,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::case::{Case, SEED, forward, relative_error, rows, vector};
use crate::differences::derivative;
use crate::oracle::Matrix;
use crate::plain_pathways::{Plain, feedback_matrices};

/// Those that `case` has no random cases of.
pub(crate) fn others() -> [Feedback; 6] {
    [
        information(AlignmentInput::Activity),
        information(AlignmentInput::Noise),
        Feedback::direct(),
        Feedback::sign_symmetric(),
        Feedback::kolen_pollack(),
        Feedback::weight_mirror(),
    ]
}

/// Information alignment whose terms are all of one order.
fn information(input: AlignmentInput) -> Feedback {
    let information = InformationAlignment {
        rate: 0.3,
        alpha: 0.7,
        beta: 0.3,
        gamma: 0.2,
        input,
    };
    information.feedback().expect("parameters")
}

pub(crate) fn network<'t, T: Number>(
    case: &Case,
    feedback: &Feedback,
    tape: &'t Tape<T>,
) -> Network<'t, T> {
    let matrices = match feedback.shapes(&case.architecture()).is_empty() {
        true => Pathway::none(),
        false => Case::pathway(&feedback_matrices(case, feedback)),
    };
    Network::builder(tape, &case.architecture())
        .weights(&Case::pathway(&case.w))
        .feedback(feedback, &matrices)
        .seed(SEED)
        .build()
}

pub(crate) fn case(seed: u64, terms: &[usize], steps: usize) -> Case {
    Case::new(
        vec![4, 5, 6, 3],
        steps,
        terms.to_vec(),
        Feedback::fixed(),
        4.0,
        seed,
    )
}

pub(crate) fn theta_of<'t, T: Number>(case: &Case, tape: &'t Tape<T>) -> Vec<Var<'t, T>> {
    let theta = case.terms.iter().map(|&term| T::from_f64(case.theta[term]));
    theta.map(|theta| tape.scalar(theta)).collect()
}

pub(crate) fn flat(weights: &[Tensor<f64>]) -> Vec<f64> {
    weights.iter().flat_map(|w| w.data().to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(40) })]

    /// Weights, loss, and the meta-gradient against differences of the plain loops and forward mode.
    #[test]
    fn other_pathways_agree_with_plain_loops(
        seed in any::<u64>(),
        more in prop::sample::subsequence((1..10).collect::<Vec<usize>>(), 0..10),
        steps in 1..7usize,
    ) {
        let terms = [&[0][..], &more].concat();
        let case = case(seed, &terms, steps);
        for feedback in others() {
            let plain = Plain::new(&case, &feedback).learned(&case.theta);
            prop_assume!(plain.loss() < 10.0 && plain.w.iter().all(|w| w.largest() < 5.0));
            let tape = Tape::<f64>::new();
            let network = network(&case, &feedback, &tape);
            let theta = theta_of(&case, &tape);
            let loss = case.learn(&network, &theta);
            let expected: Vec<f64> = plain.w.iter().flat_map(|w| w.data.clone()).collect();
            let error = relative_error(&flat(&network.weights().matrices()), &expected, 1.0);
            prop_assert!(error < 1e-12, "{feedback}: {error:e}");
            prop_assert!((loss.item() - plain.loss()).abs() < 1e-11);

            let gradients = loss.backward();
            let reverse: Vec<f64> = theta.iter().map(|&t| gradients.wrt(t).item()).collect();
            let (_, forward) = forward(&case, |tape, theta| {
                case.learn(&self::network(&case, &feedback, tape), theta).item()
            });
            let error = relative_error(&reverse, &forward, 1e-3);
            prop_assert!(error < 1e-9, "{feedback}: {error:e} from forward mode");

            for (&term, &slope) in terms.iter().zip(&reverse) {
                let loss = |h: f64| {
                    let mut theta = case.theta;
                    theta[term] += h;
                    let moved = Plain::new(&case, &feedback).learned(&theta);
                    // Where a weight gets across 0, its sign jumps and so does the loss.
                    let smooth = feedback != Feedback::sign_symmetric() || moved.signs == plain.signs;
                    (smooth && moved.loss() < 20.0).then(|| moved.loss())
                };
                if let Some((difference, doubt)) = derivative(0.01, loss) && doubt < 1e-8 {
                    prop_assert!((slope - difference).abs() < 1e-6 * difference.abs().max(1e-2),
                        "{feedback}, F{term}: {slope} instead of {difference}");
                }
            }
        }
    }
}

/// The pseudo-gradient and decay alone draw W and B together, by the factor 1 − θ_3 in each step.
#[test]
fn kolen_pollack_feedback_approaches_the_weights() {
    let mut case = case(3, &[0, 3], 200);
    (case.theta[0], case.theta[3]) = (0.5, 0.05);
    let apart = |w: &[Matrix], b: &[Matrix]| -> Vec<f64> {
        let pairs = w.iter().zip(b);
        pairs.flat_map(|(w, b)| w.plus(-1.0, b).data).collect()
    };
    let before = apart(&case.w, &case.b);
    let after = Plain::new(&case, &Feedback::kolen_pollack()).learned(&case.theta);
    let expected: Vec<f64> = before.iter().map(|x| x * 0.95f64.powi(200)).collect();
    assert!(relative_error(&apart(&after.w, &after.b), &expected, 0.0) < 1e-6);

    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::kolen_pollack(), &tape);
    let x = tape.constant(&rows(&case.query));
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let first = alignment_angles(&network, x, &labels);
    let rule = case.rule().bind_constant(&tape);
    for sample in &case.support {
        network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
    }
    let last = alignment_angles(&network, x, &labels);
    assert!(first[1] > 20.0 && last[1] < 2.0, "{first:?} {last:?}");
}

/// Noise alone brings the feedback to the weights, as near as a mean over 1/η noise vectors can be.
#[test]
fn a_weight_mirror_approaches_the_weights() {
    let case = case(4, &[0], 1);
    let tape = Tape::<f64>::new();
    let network = network(&case, &Feedback::weight_mirror(), &tape);
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let x = tape.constant(&rows(&case.query));
    let first = alignment_angles(&network, x, &labels);
    // Without any teaching signal the weights stay as they are.
    let rule = Rule::preset(Preset::Fa).bind_constant(&tape);
    let still = |n: &usize| tape.constant_with(*n, |zeros| zeros.fill(0.0));
    let errors: Vec<_> = case.sizes[1..].iter().map(still).collect();
    let activations = network.forward(tape.constant(&vector(&case.query[0].x)));
    for _ in 0..1000 {
        network.learn(&rule, &activations, &errors, None);
    }
    let last = alignment_angles(&network, x, &labels);
    for l in 0..3 {
        // The noise of the mean, sqrt(n η / 2) of the weights' size, is 17% for six units in each layer.
        assert!(last[l] < 30.0, "{first:?} {last:?}");
    }
    let before = case.w.iter().flat_map(|w| w.data.clone());
    assert_eq!(
        flat(&network.weights().matrices()),
        before.collect::<Vec<_>>()
    );
}

/// Signs of the weights keep the angle to backpropagation below a right one, magnitudes aside.
#[test]
fn sign_symmetric_feedback_is_nearly_aligned() {
    for seed in 0..20 {
        let case = case(seed, &[0], 1);
        let tape = Tape::<f64>::new();
        let network = network(&case, &Feedback::sign_symmetric(), &tape);
        let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
        let angles = alignment_angles(&network, tape.constant(&rows(&case.query)), &labels);
        assert!(angles[2] < 90.0, "{angles:?}");
    }
}

/// Kolen–Pollack feedback for the pseudo-gradient alone, as somebody's own.
#[derive(Debug)]
struct Mine;

impl<T: Number> FeedbackPathway<T> for Mine {
    fn name(&self) -> &str {
        "mine"
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        for layer in 0..step.layers() {
            let theta = step.coefficient_of(&pool()[0], layer).expect("F0");
            step.update(layer, |update| {
                update.outer(theta.minus, step.error(layer), step.pre(layer));
            });
        }
    }
}

#[test]
fn a_pathway_of_ones_own_is_used() {
    let case = case(5, &[0, 2, 9], 5);
    let tape = Tape::<f64>::new();
    let built_in = network(&case, &Feedback::kolen_pollack(), &tape);
    let expected = case.learn(&built_in, &theta_of(&case, &tape)).item();

    let tape = Tape::<f64>::new();
    let own = network(&case, &Feedback::new(Mine), &tape);
    let found = case.learn(&own, &theta_of(&case, &tape)).item();
    assert_eq!(found.to_bits(), expected.to_bits());
    assert_eq!(own.carried().len(), case.w.len());
}

/// On its states, and with its steps counted on, a network goes on where another stopped.
#[test]
fn an_episode_in_two_parts_is_the_whole() {
    let case = case(6, &[0, 2, 3, 9], 6);
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        let weights = Case::pathway::<f64>(&case.w);
        let matrices = match feedback.shapes(&case.architecture()).is_empty() {
            true => Pathway::none(),
            false => Case::pathway(&feedback_matrices(&case, &feedback)),
        };
        let learn = |network: &Network<'_, f64>, steps: std::ops::Range<usize>| {
            let tape = network.tape();
            let rule = case.rule().bind_constant(tape);
            for t in steps {
                let sample = &case.support[t];
                let x = tape.constant(&vector(&sample.x));
                network.at_step(t as u64).step(&rule, x, sample.label);
            }
        };
        let tape = Tape::new();
        let whole = Network::builder(&tape, &case.architecture())
            .weights(&weights)
            .feedback(&feedback, &matrices)
            .seed(SEED)
            .build();
        learn(&whole, 0..3);
        let carried = whole.states().iter().chain(whole.carried());
        let halfway: Vec<Tensor<f64>> = carried.map(|state| state.value()).collect();
        learn(&whole, 3..6);

        let again = Tape::new();
        let states: Vec<_> = halfway.iter().map(|w| again.state(w)).collect();
        let rest = Network::builder(&again, &case.architecture())
            .states(&states)
            .feedback(&feedback, &matrices)
            .seed(SEED)
            .build();
        learn(&rest, 3..6);
        assert_eq!(rest.weights(), whole.weights(), "{feedback}");
    }
}

#[test]
#[should_panic(expected = "dfa feedback: layer 1 needs shape [3, 4], got [5, 4]")]
fn direct_feedback_needs_its_own_shapes() {
    let case = case(1, &[0], 1);
    let _ = Network::builder(&Tape::<f64>::new(), &case.architecture())
        .weights(&Case::pathway(&case.w))
        .feedback(&Feedback::direct(), &Case::pathway(&case.b))
        .build();
}

#[test]
#[should_panic(expected = "fixed feedback: 3 matrices needed, got 0")]
fn fixed_feedback_needs_matrices() {
    let case = case(1, &[0], 1);
    let _ = Network::builder(&Tape::<f64>::new(), &case.architecture())
        .weights(&Case::pathway(&case.w))
        .feedback(&Feedback::fixed(), &Pathway::none())
        .build();
}

/// The slope of tanh at zero is one, so that what comes back to a dark pixel counts.
#[test]
fn dark_pixels_have_teaching_signals_in_networks_of_tanh() {
    let architecture = Architecture::new(vec![3, 4, 2]).unwrap();
    let architecture = architecture.with_activation(Activation::Tanh);
    let drawn = |seed| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        Pathway::<f64>::uniform(&architecture, &mut rng)
    };
    let rule = Rule::from_pool(&[2]).unwrap().with_theta(&[0.5]);
    let learned = |at_once: bool| {
        let tape = Tape::new();
        let network = Network::builder(&tape, &architecture)
            .weights(&drawn(1))
            .feedback(&Feedback::fixed(), &drawn(2))
            .build();
        let rule = rule.bind_constant(&tape);
        let x = tape.constant(&Tensor::from(&[1.0, 0.0, 0.5][..]));
        match at_once {
            true => network.step(&rule, x, 1),
            false => {
                // Without a word about where the input is zero.
                let activations = network.forward(x);
                let errors = network.errors(&activations, 1);
                network.learn(&rule, &activations, &errors, None);
            }
        }
        network.weights()
    };
    assert_eq!(learned(true), learned(false));
    let change = &learned(true).transposed()[0] - &drawn(1).transposed()[0];
    assert!(change.row(1).iter().all(|change| change.abs() > 1e-6));
}
