//! Learning clip by clip by three-factor rules, and gradients through it.

use metaplast_autodiff::gradcheck::{Gradcheck, Tolerance};
use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Memory, Rule, Term};
use metaplast_spiking::{
    BackpropThroughTime, PlasticSpikingNetwork, Reset, SpikeFunction, SpikingArchitecture,
    SpikingParameters, Surrogate, draw_teaching_weights, spike_slope, three_factor_signals,
};
use metaplast_tensor::{Random, Tensor, tensor};
use proptest::prelude::*;

const SOFT: SpikeFunction = SpikeFunction::Soft(Surrogate::Logistic { steepness: 4.0 });

/// Clips, each `[steps, 1, inputs]`, three spikes in ten.
fn clips(count: usize, steps: usize, inputs: usize, seed: u64) -> Vec<Tensor<f64>> {
    let mut random = Random::new(seed);
    let mut spike = |_: &[usize]| f64::from(u8::from(random.uniform() < 0.3));
    let clip = |_| Tensor::from_fn([steps, 1, inputs], &mut spike);
    (0..count).map(clip).collect()
}

fn rule(terms: &[&str], memories: &[&str]) -> Rule {
    let mut read: Vec<Memory> = Vec::new();
    for text in memories {
        let memory = Memory::parse(text, &read).unwrap();
        read.push(memory);
    }
    let names = [&three_factor_signals()[..], &Memory::signals(&read)].concat();
    let term = |text: &&str| Term::parse_with(text, &names).unwrap();
    let terms: Vec<Term> = terms.iter().map(term).collect();
    Rule::new(terms).unwrap().with_memories(read).unwrap()
}

/// A rule that reads everything that there is to read.
fn full_rule() -> Rule {
    let memories = [
        "psp = psp + k * (y_pre - psp)",
        "held = held + q * (e - held)",
    ];
    let terms = [
        "eprop = -(e .* slope) * psp^T",
        "late = -(held .* slope) * psp^T",
        "hebb = -(y .* e) * y_pre^T",
        "error_hebb = -e * e_pre^T",
        "oja = y * y_pre^T - (y * y^T) * W",
    ];
    rule(&terms, &memories)
}

/// The loss on the last clip after the others were learned.
fn meta_loss<'t>(
    tape: &'t Tape<f64>,
    architecture: &SpikingArchitecture,
    rule: &Rule,
    theta: &[Var<'t, f64>],
    clips: &[Tensor<f64>],
) -> Var<'t, f64> {
    let parameters = SpikingParameters::draw(architecture, 1);
    let teaching = draw_teaching_weights(architecture, 1);
    let network =
        PlasticSpikingNetwork::new(tape, architecture, &parameters, &teaching, rule, theta);
    let (query, support) = clips.split_last().unwrap();
    for (place, clip) in support.iter().enumerate() {
        network.learn(clip, place % architecture.outputs);
    }
    network.loss(query, &[0])
}

/// The meta-gradient through spikes, updates and memories is that of finite differences in the soft twin,
/// with coefficients for each layer.
#[test]
fn the_meta_gradient_of_the_soft_twin_is_that_of_differences() {
    for (reset, recurrence) in [(Reset::Hard, false), (Reset::Soft, true)] {
        let mut architecture = SpikingArchitecture::scsr(3, &[4, 3], 2);
        (architecture.spike, architecture.reset) = (SOFT, reset);
        architecture.recurrence = recurrence;
        let theta: Vec<f64> = [0.05, 0.03, 0.04, -0.02, 0.01, 0.3, 0.2]
            .iter()
            .flat_map(|&theta| [theta, 1.2 * theta, 0.9 * theta])
            .collect();
        let rule = full_rule().per_layer(3);
        assert_eq!(rule.theta().len(), theta.len());
        let clips = clips(4, 9, 3, 2);
        let at = |theta: &[f64]| -> (f64, Vec<f64>) {
            let tape = Tape::<f64>::new();
            let vars: Vec<_> = theta.iter().map(|&theta| tape.scalar(theta)).collect();
            let loss = meta_loss(&tape, &architecture, &rule, &vars, &clips);
            let value = loss.item();
            let gradients = loss.backward();
            let by = vars.iter().map(|&var| gradients.wrt(var).item());
            (value, by.collect())
        };
        let (_, gradient) = at(&theta);
        for (place, &by) in gradient.iter().enumerate() {
            let step = 1e-5;
            let moved = |by: f64| {
                let mut theta = theta.clone();
                theta[place] += by;
                at(&theta).0
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            assert!(
                (slope - by).abs() < 1e-7 * (1.0 + slope.abs()),
                "coefficient {place}: {by} by the tape, {slope} by differences"
            );
        }
        // The input has no error, so that the first layer's error_hebb changes nothing without recurrence.
        let zeros: Vec<usize> = (0..gradient.len())
            .filter(|&place| gradient[place].abs() < 1e-9)
            .collect();
        let error_hebb = if recurrence { vec![] } else { vec![9] };
        assert_eq!(zeros, error_hebb, "{gradient:?}");
    }
}

/// One hidden layer of one neuron and one channel, computed by hand.
#[test]
fn e_prop_is_what_its_equations_say() {
    let mut architecture = SpikingArchitecture::feedforward(1, &[1], 2);
    architecture.gain = 5.0;
    let mut parameters = SpikingParameters::<f64>::draw(&architecture, 1);
    parameters.layers[0].weights = tensor![[1.3]];
    parameters.readout.weights = tensor![[0.4], [-0.3]];
    let teaching = [tensor![[0.7, -0.2]]];
    let rule = rule(
        &["eprop = -(e .* slope) * psp^T"],
        &["psp = psp + k * (y_pre - psp)"],
    );
    let (rate, k) = (0.5, 0.3);
    let tape = Tape::<f64>::new();
    let theta = [tape.scalar(rate), tape.scalar(k)];
    let network =
        PlasticSpikingNetwork::new(&tape, &architecture, &parameters, &teaching, &rule, &theta);
    let spikes = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    network.learn(&Tensor::new([6, 1, 1], spikes.to_vec()), 1);
    let learned = network.parameters();

    let (mut w, mut out) = (1.3, [0.4, -0.3]);
    let (mut u, mut s, mut a, mut o) = (0.0_f64, 0.0, 0.0, [0.0, 0.0]);
    let (mut filtered, mut logits) = ([0.0, 0.0], [0.0, 0.0]);
    // Sums over the clip of slope × filtered input, and of the readout's filtered input.
    let mut eligible = [0.0, 0.0];
    for x in spikes {
        u = 0.8 * u * (1.0 - s) + w * x;
        s = f64::from(u8::from(u > 1.0));
        a = 0.8 * a + s / 5.0;
        for ((o, w), logit) in o.iter_mut().zip(out).zip(&mut logits) {
            *o = 0.95 * *o + 0.5 * w * a;
            *logit += *o / 6.0;
        }
        filtered[0] += k * (x - filtered[0]);
        filtered[1] += k * (a - filtered[1]);
        eligible[0] += filtered[0] / (1.0 + 5.0 * (u - 1.0).abs()).powi(2);
        eligible[1] += filtered[1];
    }
    let softmax = 1.0 / (1.0 + (logits[1] - logits[0]).exp());
    let error = [softmax, -softmax];
    w -= rate * (0.7 * error[0] - 0.2 * error[1]) * eligible[0];
    for (w, error) in out.iter_mut().zip(error) {
        *w -= rate * error * eligible[1];
    }
    assert_ne!(w, 1.3);
    assert!((learned.layers[0].weights.data()[0] - w).abs() < 1e-13);
    for (ours, theirs) in learned.readout.weights.data().iter().zip(out) {
        assert!((ours - theirs).abs() < 1e-13, "{ours}, {theirs}");
    }
}

#[test]
fn a_rule_without_coefficients_changes_nothing_and_logits_are_those_of_training() {
    let mut architecture = SpikingArchitecture::scsr(3, &[6, 5], 2);
    architecture.recurrence = true;
    let parameters = SpikingParameters::<f64>::draw(&architecture, 4);
    let teaching = draw_teaching_weights(&architecture, 4);
    let rule = full_rule();
    let [clip, other] = clips(2, 15, 3, 5).try_into().unwrap();
    for (rate, changes) in [(0.0, false), (0.01, true)] {
        let tape = Tape::<f64>::new();
        let theta: Vec<_> = rule.theta().iter().map(|_| tape.scalar(rate)).collect();
        let network =
            PlasticSpikingNetwork::new(&tape, &architecture, &parameters, &teaching, &rule, &theta);
        network.learn(&clip, 1);
        assert_eq!(network.parameters() != parameters, changes);
        let ours = network.logits(&other).value();
        let mut by_hand = BackpropThroughTime::new(&architecture);
        let theirs = by_hand.logits(&network.parameters(), &other);
        for (a, b) in ours.data().iter().zip(theirs.data()) {
            assert!((a - b).abs() < 1e-12, "{a}, {b}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The slope on the tape is the slope, and has the derivative of its differences.
    #[test]
    fn slopes_on_the_tape_are_slopes(
        part in 0.05..0.9_f64,
        below in any::<bool>(),
        steepness in 0.5..6.0_f64,
    ) {
        // Within the triangle and away from the threshold, where some have kinks.
        let x = if below { -part / steepness } else { part / steepness };
        for surrogate in Surrogate::all(steepness) {
            let tape = Tape::<f64>::new();
            let value = spike_slope(tape.scalar(x), surrogate).item();
            prop_assert!((value - surrogate.slope(x)).abs() < 1e-14);
            let check = || Gradcheck::new().label(surrogate.to_string());
            let report = check().run(&[tensor![x]], |x| spike_slope(x[0], surrogate));
            prop_assert!(report.passed, "{report}");
            // What a second difference leaves out grows with the fourth power of the steepness.
            let tolerance = Tolerance {
                differences: 1e-5,
                floor: 1.0 + steepness * steepness,
                ..Tolerance::default()
            };
            let report = check().second_order().tolerance(tolerance).run(&[tensor![x]], |x| spike_slope(x[0], surrogate));
            prop_assert!(report.passed, "{report}");
        }
    }
}

#[test]
#[should_panic(expected = "plastic spiking network: a clip of shape [4, 2, 3], not [steps, 1, 3]")]
fn clips_come_one_by_one() {
    let architecture = SpikingArchitecture::feedforward(3, &[2], 2);
    let parameters = SpikingParameters::<f64>::draw(&architecture, 1);
    let teaching = draw_teaching_weights(&architecture, 1);
    let rule = full_rule();
    let tape = Tape::new();
    let theta: Vec<_> = rule
        .theta()
        .iter()
        .map(|&theta| tape.scalar(theta))
        .collect();
    PlasticSpikingNetwork::new(&tape, &architecture, &parameters, &teaching, &rule, &theta)
        .learn(&Tensor::zeros([4, 2, 3]), 0);
}
