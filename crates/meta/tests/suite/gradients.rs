//! The ways to the meta-gradient agree, and none of them changes the episode itself.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, Task, TaskSampler};
use metaplast_meta::gradient::{
    Ask, EpisodeRunner, GradientMode, Outcome, Segments, Unroll, Within, fitting, run,
};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

struct Case {
    dataset: Dataset,
    task: Task,
    model: Model,
}

impl Case {
    fn new(preset: Preset, feedback: Feedback) -> Self {
        let dataset = Dataset::glyphs(8, 1);
        let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));
        // Each term matters and none diverges.
        let theta = [2e-2, 5e-3, -1e-2, 1e-3, 1e-3, 1e-3, 1e-2, 5e-3, 5e-3, 5e-3];
        let rule = Rule::preset(preset);
        let theta: Vec<f64> = preset.terms().iter().map(|&term| theta[term]).collect();
        let architecture = Architecture::new(vec![784, 12, 8, 47]).unwrap();
        Case {
            dataset,
            task,
            model: Model {
                architecture,
                feedback,
                rule: rule.with_theta(&theta),
            },
        }
    }

    fn episode(&self, steps: u64) -> Episode<'_> {
        Episode::new(&self.model, KEY, &self.dataset, &self.task).with_steps(Some(steps))
    }

    fn run(&self, precision: Precision, steps: u64, mode: GradientMode) -> Outcome {
        run(&self.episode(steps), mode, precision, Ask::ALL)
    }
}

fn segments(steps: u64, checkpoints: u64, within: Within) -> GradientMode {
    GradientMode::Reverse(Unroll::Segments(Segments {
        steps,
        checkpoints,
        within,
    }))
}

/// `‖a − b‖ / ‖b‖`
fn relative(a: &Outcome, b: &Outcome) -> f64 {
    let norm = |x: Vec<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (a, b) = (a.gradient.clone().unwrap(), b.gradient.clone().unwrap());
    norm(a.iter().zip(&b).map(|(a, b)| a - b).collect()) / norm(b)
}

#[test]
fn forward_mode_is_reverse_mode() {
    for preset in [Preset::Fa, Preset::EHebb, Preset::Bio, Preset::Pool] {
        for feedback in Feedback::built_in_for(&Architecture::paper()) {
            let case = Case::new(preset, feedback.clone());
            let reverse = case.run(Precision::Double, 25, GradientMode::default());
            let forward = case.run(Precision::Double, 25, GradientMode::Forward);
            let error = relative(&forward, &reverse);
            assert!(error < 1e-9, "{preset}, {feedback}: {error:e}");
            let apart = forward.query.cross_entropy - reverse.query.cross_entropy;
            assert!(apart.abs() < 1e-12, "{apart:e}");
            let single = relative(
                &case.run(Precision::Single, 25, GradientMode::Forward),
                &reverse,
            );
            assert!(single < 1e-3, "{preset}, {feedback}, f32: {single:e}");
        }
    }
}

#[test]
fn forward_mode_takes_the_same_diagnostics() {
    let case = Case::new(Preset::Bio, Feedback::fixed());
    let diagnostics = |gradient| {
        case.run(Precision::Double, 15, gradient)
            .diagnostics
            .unwrap()
    };
    let reverse = diagnostics(GradientMode::default());
    let forward = diagnostics(GradientMode::Forward);
    let close = |a: &[f64], b: &[f64]| {
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|(a, b)| (a - b).abs() < 1e-6 * b.abs().max(1.0))
    };
    assert!(close(&forward.angles, &reverse.angles));
    assert!(close(&forward.orthonormality, &reverse.orthonormality));
    assert!(close(&forward.weight_norms, &reverse.weight_norms));
}

/// Segments whose weights are stored give the bits of storing everything, whatever the segments.
#[test]
fn stored_segments_change_no_bit() {
    fn check(precision: Precision, case: &Case) {
        let steps = 40;
        let plain = case.run(precision, steps, segments(steps, 1, Within::Stored));
        for (segment, checkpoints) in [(1, 1), (1, 3), (7, 2), (7, 6), (13, 100)] {
            let outcome = case.run(
                precision,
                steps,
                segments(segment, checkpoints, Within::Stored),
            );
            assert_eq!(outcome, plain, "{segment} steps, {checkpoints} checkpoints");
        }
    }
    for (preset, feedback) in [
        (Preset::Bio, Feedback::fixed()),
        (Preset::Pool, Feedback::fixed()),
        (Preset::Bp, Feedback::attached()),
        (Preset::Bp, Feedback::symmetric()),
        (Preset::Bio, Feedback::direct()),
        (Preset::Bio, Feedback::sign_symmetric()),
        (Preset::Pool, Feedback::kolen_pollack()),
        (Preset::Pool, Feedback::weight_mirror()),
        (Preset::Pool, Feedback::information()),
    ] {
        let case = Case::new(preset, feedback);
        check(Precision::Single, &case);
        check(Precision::Double, &case);
    }
}

/// The episode is the same by every way of reverse mode; undoing changes the gradient by rounding.
#[test]
fn undone_segments_agree_with_stored_ones_and_with_one_tape() {
    fn check(precision: Precision, case: &Case, tolerance: f64) {
        let steps = 60;
        let stored = case.run(precision, steps, segments(steps, 1, Within::Stored));
        for gradient in [
            GradientMode::default(),
            segments(60, 1, Within::Undo),
            segments(9, 3, Within::Undo),
        ] {
            let outcome = case.run(precision, steps, gradient);
            assert_eq!(outcome.query, stored.query);
            assert_eq!(outcome.diagnostics, stored.diagnostics);
            let error = relative(&outcome, &stored);
            assert!(error <= tolerance, "{precision} {gradient:?}: {error:e}");
        }
    }
    for preset in [Preset::Bio, Preset::Pool] {
        let case = Case::new(preset, Feedback::fixed());
        check(Precision::Double, &case, 1e-11);
        check(Precision::Single, &case, 1e-3);
    }
}

/// More steps than images begin again with the first image.
#[test]
fn further_steps_begin_again_with_the_first_image() {
    let mut case = Case::new(Preset::Bio, Feedback::fixed());
    let cycled = case.run(Precision::Double, 40, GradientMode::default());
    let support = case.task.support.clone();
    case.task.support = support.iter().copied().cycle().take(40).collect();
    let listed = Episode::new(&case.model, KEY, &case.dataset, &case.task);
    let listed = run(
        &listed,
        GradientMode::default(),
        Precision::Double,
        Ask::ALL,
    );
    assert_eq!(cycled, listed);
}

#[test]
fn a_budget_picks_one_tape_where_it_fits_and_segments_elsewhere() {
    let case = Case::new(Preset::Bio, Feedback::fixed());
    let fit = |steps, bytes| fitting(&case.episode(steps), Precision::Single, bytes);
    let whole = fit(1000, 1 << 30).unwrap();
    assert_eq!((whole.unroll, whole.replays), (Unroll::Tape, 0));
    assert!(whole.bytes > 1 << 20);
    let mut replays = 0;
    for bytes in [whole.bytes / 2, whole.bytes / 8, whole.bytes / 16] {
        let fitting = fit(1000, bytes).unwrap();
        let Unroll::Segments(segments) = fitting.unroll else {
            panic!("{fitting:?} in {bytes}");
        };
        assert_eq!(segments.within, Within::Undo);
        assert!(fitting.bytes <= bytes && fitting.replays >= replays);
        replays = fitting.replays;
        // It depends on nothing but what it was asked.
        assert_eq!(fit(1000, bytes).unwrap(), fitting);
        let long = fit(100_000, bytes).unwrap();
        assert!(long.bytes <= bytes && long.replays >= replays);
    }
    let refused = fit(1000, 1000).unwrap_err();
    assert!(refused.least > 1000);
    assert!(fit(1000, refused.least).is_ok());
}

/// More coefficients than one pass carries tangents for.
#[test]
fn forward_mode_in_several_passes_is_reverse_mode() {
    let mut case = Case::new(Preset::Pool, Feedback::fixed());
    let theta = case.model.rule.theta().repeat(3);
    let rule = Rule::preset(Preset::Pool).per_layer(3);
    assert_eq!(rule.theta().len(), 30);
    let shares = |r: usize| theta[r / 3] * [0.5, 1.0, 0.8][r % 3];
    let theta: Vec<f64> = (0..30).map(shares).collect();
    case.model.rule = rule.with_theta(&theta);
    let reverse = case.run(Precision::Double, 20, GradientMode::default());
    let forward = case.run(Precision::Double, 20, GradientMode::Forward);
    let error = relative(&forward, &reverse);
    assert!(error < 1e-9, "{error:e}");
}

#[test]
fn unrecorded_steps_leave_nothing_on_the_tape() {
    let case = Case::new(Preset::Pool, Feedback::kolen_pollack());
    let tape = Tape::<f64>::new();
    let memory_after = |steps| {
        tape.reset();
        let episode = case.episode(steps);
        let live = episode.begin(&tape);
        let (rule, _) = episode.bind(&tape);
        live.run_unrecorded(&rule);
        tape.memory()
    };
    assert_eq!(memory_after(8), memory_after(500));
}

#[test]
fn both_precisions_agree_and_a_reused_runner_is_a_fresh_one() {
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        let case = Case::new(Preset::Bio, feedback.clone());
        let episode = case.episode(15);
        let mut runner = EpisodeRunner::<f64>::new(GradientMode::default());
        let exact = runner.run(&episode, Ask::ALL);
        assert_eq!(exact, runner.run(&episode, Ask::ALL));
        let start = episode.start();
        assert_eq!(exact, runner.run_from(&episode, &start, Ask::ALL));
        let first = case.run(Precision::Single, 15, GradientMode::default());
        let (g, exact_g) = (first.gradient.unwrap(), exact.gradient.unwrap());
        for (g, e) in g.iter().zip(&exact_g) {
            assert!(
                (g - e).abs() <= 1e-3 * e.abs().max(1e-2),
                "{g} {e} {feedback}"
            );
        }
        let gap = first.query.cross_entropy - exact.query.cross_entropy;
        assert!(gap.abs() < 1e-4, "{gap}");
    }
}
