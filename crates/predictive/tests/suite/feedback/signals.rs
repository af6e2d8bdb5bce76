//! Teaching signals against other pathways and against the laws of inference.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, Feedback, Network, Output, Pathway};
use metaplast_tensor::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::pathway;

/// A random network, image and target.
#[derive(Clone, Debug)]
struct Case {
    architecture: Architecture,
    w: Pathway<f64>,
    b: Pathway<f64>,
    x: Vec<f64>,
    label: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    let output = prop::sample::select(vec![Output::Softmax, Output::Linear, Output::Softplus]);
    (vec(1..7usize, 2..7), output, any::<u64>()).prop_map(|(sizes, output, seed)| {
        let architecture = Architecture::new(sizes.clone())
            .unwrap()
            .with_output(output);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        Case {
            w: Pathway::uniform(&architecture, &mut rng),
            b: Pathway::uniform(&architecture, &mut rng),
            x: (0..sizes[0]).map(|_| rng.random_range(0.0..1.0)).collect(),
            label: rng.random_range(0..sizes[sizes.len() - 1]),
            architecture,
        }
    })
}

impl Case {
    /// `e_0..e_L`
    fn signals(&self, feedback: &Feedback) -> Vec<Vec<f64>> {
        let tape = Tape::new();
        let none = Pathway::none();
        let matrices = match feedback.shapes(&self.architecture).is_empty() {
            true => &none,
            false => &self.b,
        };
        let network = Network::builder(&tape, &self.architecture)
            .weights(&self.w)
            .feedback(feedback, matrices)
            .build();
        let activations = network.forward(tape.constant(&Tensor::from(self.x.clone())));
        let errors = network.errors(&activations, self.label);
        let input = network.input_error(&activations, &errors);
        let all = [input].into_iter().chain(errors);
        all.map(|e| e.value().data().to_vec()).collect()
    }
}

fn shares(eta: f64, n: usize, layers: usize) -> Vec<f64> {
    let choose = |n: usize, k: usize| (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
    let power = |x: f64, n: usize| (0..n).fold(1.0, |p, _| p * x);
    let trial = |j: usize| choose(n, j) * power(eta, j) * power(1.0 - eta, n - j);
    (0..layers).map(|k| (k..=n).map(trial).sum()).collect()
}

proptest! {
    /// Fact 1: every layer's signal is that of a pass back, through W or B, times its share.
    #[test]
    fn fixed_prediction_is_a_pass_back_times_the_binomial_shares(
        case in cases(), eta in 0.05..1.6f64, n in 1..12usize, fixed in any::<bool>(), at_z in any::<bool>(),
    ) {
        let (back, plain) = if fixed {
            ("fixed", Feedback::fixed())
        } else {
            ("W", Feedback::symmetric())
        };
        let cut = if at_z { "z" } else { "y" };
        let name = format!("predictive(fixed-pred,eta={eta},n={n},cut={cut},back={back})");
        let found = case.signals(&pathway(&name));
        let passed = case.signals(&plain);
        let layers = case.architecture.layers();
        let shares = shares(eta, n - 1, layers);
        for l in 0..=layers {
            // e_0 comes from e_1 in one pass.
            let share = shares[layers - l.max(1)];
            for (found, passed) in found[l].iter().zip(&passed[l]) {
                let expected = share * passed;
                prop_assert!((found - expected).abs() <= 1e-12 * (1.0 + expected.abs()));
            }
        }
    }

    #[test]
    fn fixed_prediction_at_rate_one_is_backpropagation_bit_for_bit(case in cases(), more in 0..4usize) {
        let n = case.architecture.layers() + more;
        let name = format!("predictive(fixed-pred,eta=1,n={n})");
        prop_assert_eq!(case.signals(&pathway(&name)), case.signals(&Feedback::symmetric()));
    }

    /// Fact 2: at rate 1 the errors of strict inference are exact where the front has just arrived.
    #[test]
    fn strict_inference_at_rate_one_carries_an_exact_front(case in cases(), at_z in any::<bool>()) {
        let layers = case.architecture.layers();
        let cut = if at_z { "z" } else { "y" };
        let exact = case.signals(&Feedback::symmetric());
        for k in 1..layers {
            let name = format!("predictive(strict-released,eta=1,n={},cut={cut},y=activation)", k + 1);
            let found = case.signals(&pathway(&name));
            let l = layers - k;
            for (found, exact) in found[l].iter().zip(&exact[l]) {
                // With beliefs on activities the slope is that at the last beliefs, which have moved.
                if at_z || l == 1 {
                    prop_assert!((found - exact).abs() <= 1e-12 * (1.0 + exact.abs()));
                }
            }
        }
    }

    /// The errors before the last iteration are those after one less.
    #[test]
    fn released_errors_on_pre_activations_are_those_of_one_iteration_less(
        case in cases(), eta in 0.05..0.4f64, n in 2..9usize, momentum in prop::sample::select(vec![0.0, 0.5]),
    ) {
        let name = |scheme: &str, n: usize| {
            pathway(&format!("predictive({scheme},eta={eta},n={n},cut=z,momentum={momentum})"))
        };
        let released = case.signals(&name("strict-released", n));
        prop_assert_eq!(released, case.signals(&name("strict", n - 1)));
    }

    /// With W for B fixed feedback is the feedback through W.
    #[test]
    fn fixed_backward_weights_equal_to_w_are_w(mut case in cases(), at_z in any::<bool>()) {
        case.b = case.w.clone();
        let cut = if at_z { "z" } else { "y" };
        let signals = |back: &str| case.signals(&pathway(&format!("predictive(n=5,cut={cut},back={back})")));
        for (fixed, forward) in signals("fixed").iter().flatten().zip(signals("W").iter().flatten()) {
            prop_assert!((fixed - forward).abs() <= 1e-12);
        }
    }
}

/// Momentum and plain descent come to rest at the same errors.
#[test]
fn solvers_come_to_the_same_rest() {
    let architecture = Architecture::new(vec![5, 6, 4, 3]).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    let case = Case {
        w: Pathway::uniform(&architecture, &mut rng),
        b: Pathway::none(),
        x: vec![0.3, 0.9, 0.1, 0.5, 0.7],
        label: 1,
        architecture,
    };
    for cut in ["y", "z"] {
        let plain = case.signals(&pathway(&format!("predictive(eta=0.3,n=600,cut={cut})")));
        let name = format!("predictive(eta=0.3,n=200,cut={cut},momentum=0.6)");
        let heavy = case.signals(&pathway(&name));
        for (plain, heavy) in plain.iter().flatten().zip(heavy.iter().flatten()) {
            assert!((plain - heavy).abs() < 1e-12, "{cut}: {plain} {heavy}");
        }
    }
}

/// Offsets from the forward pass are what is kept, so that f32 loses nothing where errors are small.
#[test]
fn single_precision_keeps_the_digits_of_small_errors() {
    let architecture = Architecture::new(vec![5, 6, 6, 6, 3]).unwrap();
    let architecture = architecture.with_output(Output::Linear);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let w = Pathway::<f64>::uniform(&architecture, &mut rng);
    let x = [0.3, 0.9, 0.1, 0.5, 0.7];
    let outputs = {
        let tape = Tape::<f64>::new();
        let network = Network::builder(&tape, &architecture).weights(&w).build();
        network.forward(tape.constant(&Tensor::from(x.to_vec()))).y[4].value()
    };
    // An error of 1e-3 at the output.
    let target = outputs.map(|y| f64::from((y + 1e-3) as f32));
    fn signals<T: metaplast_plasticity::Number>(
        architecture: &Architecture,
        w: &Pathway<f64>,
        x: &[f64],
        target: &Tensor<f64>,
        name: &str,
    ) -> Vec<Vec<f64>> {
        let tape = Tape::<T>::new();
        let network = Network::builder(&tape, architecture)
            .weights(&w.cast())
            .feedback(&pathway(name), &Pathway::none())
            .build();
        let activations = network.forward(tape.constant(&Tensor::from(x.to_vec()).cast()));
        let signals = network.teach_towards(&activations, tape.constant(&target.cast()));
        // Relative to the output's error, which is a difference of rounded numbers in any case.
        let top = signals.errors[3].with(|e| e.iter().fold(0.0f64, |m, e| m.max(e.to_f64().abs())));
        let values = signals.errors.iter().map(|e| e.value());
        let values = values.map(|e| e.data().iter().map(|e| e.to_f64() / top).collect());
        values.collect()
    }
    for cut in ["y", "z"] {
        let name = format!("predictive(eta=0.2,n=100,cut={cut})");
        let double = signals::<f64>(&architecture, &w, &x, &target, &name);
        let single = signals::<f32>(&architecture, &w, &x, &target, &name);
        for (double, single) in double.iter().flatten().zip(single.iter().flatten()) {
            assert!((double - single).abs() < 1e-3, "{cut}: {double} {single}");
        }
    }
}
