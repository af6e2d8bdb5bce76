//! Rules with memories: the ways to the meta-gradient agree, by the terms' coefficients and the memories'
//! constants alike.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, Task, TaskSampler};
use metaplast_meta::fit::{FitSettings, Fitted, Recording, Teaching, Traces, What, fit};
use metaplast_meta::gradient::{Ask, GradientMode, Outcome, Segments, Unroll, Within, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
use metaplast_meta::train::{locate, term_sizes};
use metaplast_meta::{Episode, Model, Precision, Start};
use metaplast_plasticity::{Architecture, Feedback, Memory, Output, Rule, Term, pool};
use metaplast_tensor::Tensor;
use rand::RngExt;

const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

/// Memories, terms beside F0, and θ: of F0, the terms and the constants.
type Text = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [f64],
);

const RULES: [Text; 10] = [
    (
        &["m = m + k * (y .* y - m)"],
        &["bcm = y .* (y - m) * y_pre^T"],
        &[2e-2, -5e-3, 0.1],
    ),
    (
        &["x = x + k * (y_pre - x)", "d = d + c * (y - d)"],
        &["potentiation = y * x^T", "depression = d * y_pre^T"],
        &[2e-2, 3e-3, -4e-3, 0.3, 0.2],
    ),
    (
        &[
            "mean = mean + k * (ones^T * y - mean)",
            "v = v + 0.5 * (e - v)",
        ],
        &["slow = tanh(mean) * v * y_pre^T"],
        &[2e-2, -1e-2, 0.05],
    ),
    (
        &[
            "back = back + k * (W^T * e - back)",
            "own = (1 - c) * own + c * (y .* tanh(own + z))",
        ],
        &[
            "with_back = e * back^T",
            "with_own = own * y_pre^T - 0.1 * W",
        ],
        &[2e-2, -1e-2, 2e-3, 0.2, 0.1],
    ),
    (
        &[
            "E = (1 - k) * E + y * y_pre^T",
            "M = 0.9 * M + c * e * y_pre^T + 0.1 * E",
        ],
        &[
            "eligible = 0.1 (e^T * y) * E",
            "momentum = 0.01 M",
            "seen = 1e-5 (E * y_pre) * y_pre^T",
        ],
        &[2e-2, 1e-2, -1e-1, 1e-2, 0.2, 0.1],
    ),
    (
        &["V = V + k * ((e * y_pre^T)^2 - V) + 0.01 * W"],
        &[
            "soft = 0.1 (y * y_pre^T) .* (ones * ones_pre^T - W)",
            "scaled = (e * y_pre^T) ./ (sqrt(V.*V + ones * ones_pre^T))",
            "signed = abs(W) .* (e * y_pre^T)",
        ],
        &[2e-2, 1e-2, -1e-2, -2e-2, 0.2],
    ),
    (
        &[
            "gain = gain - c * (e .* z) ./ (ones + gain)",
            "bias = bias - k * e ./ (ones + gain) + 0.01 * (0.1 ones - y)",
        ],
        &["oja = y * y_pre^T - (y * y^T) * W"],
        &[2e-2, 1e-3, 0.02, 0.03],
    ),
    (
        &[
            "mean = mean + k * (reward - mean)",
            "E = 0.8 * E + e * y_pre^T",
        ],
        &["delayed = (mean - reward) * E"],
        &[1e-3, 1e-2, 0.1],
    ),
    (
        &[
            "mean = mean + k * (loss_change - mean)",
            "bias = bias - 0.01 * loss_change * perturbation",
        ],
        &["nodes = (mean - loss_change) * perturbation * y_pre^T"],
        &[1e-2, 1e-3, 0.1],
    ),
    (
        &["E = 0.5 * E + k * loss_change * perturbation * perturbation_pre^T"],
        &["weights = -E"],
        &[1e-2, 1e-3, 0.1],
    ),
];

fn rule((memories, terms, theta): &Text, per_layer: Option<usize>) -> Rule {
    let mut read = Vec::new();
    for text in *memories {
        let memory = Memory::parse(text, &read).unwrap();
        read.push(memory);
    }
    let signals = Memory::signals(&read);
    let own = terms
        .iter()
        .map(|text| Term::parse_with(text, &signals).unwrap());
    let rule = Rule::new([pool()[0].clone()].into_iter().chain(own)).unwrap();
    let rule = rule.with_memories(read).unwrap().with_theta(theta);
    match per_layer {
        None => rule,
        Some(layers) => rule.per_layer(layers),
    }
}

struct Case {
    dataset: Dataset,
    task: Task,
    model: Model,
}

impl Case {
    fn new(text: &Text, per_layer: bool) -> Self {
        let dataset = Dataset::glyphs(8, 1);
        let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
        let architecture = Architecture::new(vec![784, 12, 8, 47]).unwrap();
        let layers = per_layer.then(|| architecture.layers());
        Case {
            task: sampler.sample(&dataset, &mut KEY.stream(Purpose::Task)),
            dataset,
            model: Model {
                architecture,
                feedback: Feedback::fixed(),
                rule: rule(text, layers),
            },
        }
    }

    fn episode(&self, steps: u64) -> Episode<'_> {
        Episode::new(&self.model, KEY, &self.dataset, &self.task).with_steps(Some(steps))
    }

    fn run(&self, steps: u64, mode: GradientMode) -> Outcome {
        run(&self.episode(steps), mode, Precision::Double, Ask::ALL)
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let cases = RULES
        .iter()
        .flat_map(|text| [false, true].map(|per_layer| Case::new(text, per_layer)));
    cases.chain(rewarded_late())
}

/// Rules whose reward comes three steps after its action.
fn rewarded_late() -> impl Iterator<Item = Case> {
    let cases = RULES.iter().map(|text| Case::new(text, false));
    let rewarded = cases.filter(|case| case.model.rule.reads_reward());
    rewarded.map(|mut case| {
        case.model.rule = case.model.rule.with_reward_delay(3);
        case
    })
}

fn norm(x: impl Iterator<Item = f64>) -> f64 {
    x.map(|x| x * x).sum::<f64>().sqrt()
}

/// `‖a − b‖ / ‖b‖`
fn relative(a: &[f64], b: &[f64]) -> f64 {
    norm(a.iter().zip(b).map(|(a, b)| a - b)) / norm(b.iter().copied())
}

#[test]
fn reverse_mode_is_forward_mode_and_differences() {
    for case in cases() {
        for steps in [1, 2, 30] {
            let reverse = case.run(steps, GradientMode::default());
            let gradient = reverse.gradient.clone().unwrap();
            let forward = case.run(steps, GradientMode::Forward);
            let error = relative(&gradient, forward.gradient.as_ref().unwrap());
            assert!(error < 1e-10, "{}: {error:e}", case.model.rule);
            let theta = case.model.rule.theta();
            let loss = |r: usize, h: f64| {
                let mut moved = theta.to_vec();
                moved[r] += h;
                let episode = case.episode(steps);
                let episode = episode.with_theta(&moved);
                let outcome = run(
                    &episode,
                    GradientMode::default(),
                    Precision::Double,
                    Ask::default(),
                );
                outcome.query.cross_entropy
            };
            let difference = |r: usize, h: f64| (loss(r, h) - loss(r, -h)) / (2.0 * h);
            // Two steps, so that the error of the second order goes.
            let h = 2e-5;
            let differences: Vec<f64> = (0..theta.len())
                .map(|r| (4.0 * difference(r, h) - difference(r, 2.0 * h)) / 3.0)
                .collect();
            let error = relative(&gradient, &differences);
            assert!(error < 1e-6, "{} after {steps}: {error:e}", case.model.rule);
        }
    }
}

/// What is remembered goes from segment to segment.
#[test]
fn segments_change_no_bit_where_weights_are_stored() {
    let segments = |steps, checkpoints, within| {
        GradientMode::Reverse(Unroll::Segments(Segments {
            steps,
            checkpoints,
            within,
        }))
    };
    for case in cases() {
        let plain = case.run(40, segments(40, 1, Within::Stored));
        for (steps, checkpoints) in [(1, 3), (7, 2), (13, 100)] {
            let outcome = case.run(40, segments(steps, checkpoints, Within::Stored));
            assert_eq!(outcome, plain, "{steps} steps, {checkpoints} checkpoints");
        }
        for mode in [GradientMode::default(), segments(9, 3, Within::Undo)] {
            let outcome = case.run(40, mode);
            assert_eq!(outcome.query, plain.query);
            let error = relative(&outcome.gradient.unwrap(), plain.gradient.as_ref().unwrap());
            assert!(error < 1e-10, "{}: {error:e}", case.model.rule);
        }
    }
}

#[test]
fn unrecorded_steps_remember_and_leave_nothing_on_the_tape() {
    let case = Case::new(&RULES[1], false);
    let tape = Tape::<f64>::new();
    let after = |steps| {
        tape.reset();
        let episode = case.episode(steps);
        let live = episode.begin(&tape);
        let (rule, _) = episode.bind(&tape);
        live.run_unrecorded(&rule);
        (tape.memory(), live.network().memory_values())
    };
    let (few, many) = (after(8), after(500));
    assert_eq!(few.0, many.0);
    assert_ne!(few.1, many.1);
}

/// A term that reads a memory is named as what diverged, with the memory as it was.
#[test]
fn a_term_with_a_memory_is_located() {
    let mut case = Case::new(&RULES[1], false);
    let theta = [2e-2, 40.0, -4e-3, 0.3, 0.2];
    case.model.rule = case.model.rule.with_theta(&theta);
    let location = locate(&case.episode(30), Precision::Double);
    assert_eq!(location.term, "potentiation", "{location:?}");
    let sizes = term_sizes(&case.episode(30), Precision::Double);
    assert_eq!(sizes.len(), 5);
    assert_eq!((sizes[0], sizes[3], sizes[4]), (1.0, 1.0, 1.0));
}

/// A layer that learns from random inputs by BCM with a sliding threshold, seen with noise of a tenth of
/// what each array varies.
fn recorded(seed: u64, steps: usize) -> (Model, Recording) {
    let text: Text = (
        &["m = m + k * (y .* y - m)"],
        &["bcm = y .* (y - m) * y_pre^T"],
        &[0.0; 3],
    );
    let mut model = Model {
        architecture: Architecture::new(vec![6, 4])
            .unwrap()
            .with_output(Output::Linear),
        feedback: Feedback::fixed(),
        rule: rule(&text, None),
    };
    let bcm = model.rule.terms()[1].clone();
    let memories = model.rule.memories().to_vec();
    let alone = Rule::new([bcm]).unwrap().with_memories(memories).unwrap();
    model.rule = alone.with_theta(&[0.02, 0.04]);
    let key = EpisodeKey::new(seed, 0, 0);
    let mut rng = stream(seed, 0, 0, Purpose::Recording);
    // Three patterns and noise, as selectivity needs.
    let patterns: Vec<f64> = (0..3 * 6).map(|_| rng.random_range(0.0..1.0)).collect();
    let inputs = (0..steps).flat_map(|_| {
        let pattern = rng.random_range(0..3usize);
        let noisy = |i: usize| patterns[6 * pattern + i] + rng.random_range(-0.1..0.1);
        (0..6).map(noisy).collect::<Vec<f64>>()
    });
    let mut recording = Recording {
        inputs: Tensor::new([steps, 6], inputs.collect()),
        batch: 1,
        teaching: Teaching::None,
        start: Start::draw(&model, key),
        traces: Traces::default(),
    };
    let what = What {
        weights_every: Some(5),
        activity: true,
    };
    recording.traces = recording.simulate(&model, what);
    recording.traces.add_noise(0.1, &mut rng);
    (model, recording)
}

fn fitted(seed: u64) -> Fitted {
    let (model, recording) = recorded(seed, 200);
    fit(&model, &[recording], &FitSettings::default()).unwrap()
}

/// Rate and time constant of a sliding threshold are found from one noisy recording, each within its 98%
/// interval.
#[test]
fn a_sliding_threshold_is_fitted_from_a_noisy_recording() {
    let mut found = 0;
    for seed in 1..=20 {
        let fitted = fitted(seed);
        let inside = |r: usize, truth: f64| {
            let interval = fitted.intervals[r].as_ref();
            interval.is_some_and(|i| i.low <= truth && truth <= i.high)
        };
        let both = inside(0, 0.02) && inside(1, 0.04);
        println!("{seed}: {:?} {:?} {both}", fitted.theta, fitted.intervals);
        found += usize::from(both);
    }
    assert!(found >= 18, "{found} of 20");
}

/// Without its memory the rule is not the truth, and the past of the activity says so; with it, it does
/// not.
#[test]
fn a_missing_memory_is_told() {
    let (mut missed, mut false_alarms) = (0, 0);
    for seed in 1..=12 {
        let (mut model, recording) = recorded(seed, 200);
        let recordings = [recording];
        let whole = fit(&model, &recordings, &FitSettings::default()).unwrap();
        model.rule = Rule::new([
            Term::parse("hebb = y * y_pre^T").unwrap(),
            Term::parse("square = y .* y * y_pre^T").unwrap(),
        ])
        .unwrap();
        let without = fit(&model, &recordings, &FitSettings::default()).unwrap();
        println!(
            "{seed}: {:?} R² {:.3} {:?} R² {:.3}",
            whole.explained_by_past, whole.r_squared, without.explained_by_past, without.r_squared
        );
        missed += usize::from(without.explained_by_past.is_none());
        false_alarms += usize::from(whole.explained_by_past.is_some());
    }
    assert!(missed <= 1, "missed in {missed} of 12");
    assert!(false_alarms <= 1, "{false_alarms} false alarms in 12");
}

/// The score test has names for its own memories and terms, which a rule may have, too.
#[test]
fn a_missing_memory_is_told_whatever_names_a_rule_has() {
    let mut told = 0;
    for seed in 1..=3 {
        let (mut model, recording) = recorded(seed, 200);
        let recordings = [recording];
        let mut explained = |names: [&str; 2]| {
            let terms = [
                Term::read(names[0], "y * y_pre^T").unwrap(),
                Term::read(names[1], "y .* y * y_pre^T").unwrap(),
            ];
            model.rule = Rule::new(terms).unwrap();
            let fitted = fit(&model, &recordings, &FitSettings::default()).unwrap();
            fitted.explained_by_past.map(f64::to_bits)
        };
        let usual = explained(["hebb", "square"]);
        assert_eq!(explained(["probe_0_", "past_y_"]), usual);
        told += usize::from(usual.is_some());
    }
    assert!(told > 0);
}
