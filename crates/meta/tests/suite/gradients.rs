//! The ways to the meta-gradient agree, and none of them changes the episode itself.

use metaplast_data::{Dataset, Sampling, Task, TaskSampler};
use metaplast_meta::course::{Course, Gradient, Segments, Unroll, Within};
use metaplast_meta::learner::{Ask, Learner, Model, Outcome, Start};
use metaplast_meta::seeds::{Purpose, stream};
use metaplast_meta::segmented::fitting;
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};
use metaplast_tensor::Scalar;

const ALL: Ask = Ask {
    gradient: true,
    diagnostics: true,
};

struct Case {
    dataset: Dataset,
    task: Task,
    model: Model,
}

impl Case {
    fn new(preset: Preset, feedback: Feedback) -> Self {
        let dataset = Dataset::glyphs(8, 1);
        let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
        // Each term matters and none explodes.
        let theta = [2e-2, 5e-3, -1e-2, 1e-3, 1e-3, 1e-3, 1e-2, 5e-3, 5e-3, 5e-3];
        let rule = Rule::preset(preset);
        let theta: Vec<f64> = rule.indices().iter().map(|&term| theta[term]).collect();
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

    fn start<T: Scalar>(&self) -> Start<T> {
        Start::draw(&self.model, 1, 0, 0)
    }

    fn run<T: Scalar>(&self, steps: u64, gradient: Gradient) -> Outcome {
        let course = Course {
            steps: Some(steps),
            gradient,
        };
        let mut learner = Learner::<T>::on_course(self.model.clone(), course);
        let theta = self.model.rule.theta();
        learner.episode(theta, self.start(), &self.dataset, &self.task, ALL)
    }
}

fn segments(steps: u64, checkpoints: u64, within: Within) -> Gradient {
    Gradient::Reverse(Unroll::Segments(Segments {
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
        for feedback in Feedback::ALL {
            let case = Case::new(preset, feedback);
            let reverse = case.run::<f64>(40, Gradient::default());
            let forward = case.run::<f64>(40, Gradient::Forward);
            let error = relative(&forward, &reverse);
            assert!(error < 1e-9, "{preset}, {feedback}: {error:e}");
            let apart = forward.query.cross_entropy - reverse.query.cross_entropy;
            assert!(apart.abs() < 1e-12, "{apart:e}");
            let single = relative(&case.run::<f32>(40, Gradient::Forward), &reverse);
            assert!(single < 1e-3, "{preset}, {feedback}, f32: {single:e}");
        }
    }
}

#[test]
fn forward_mode_takes_the_same_diagnostics() {
    let case = Case::new(Preset::Bio, Feedback::Fixed);
    let diagnostics = |gradient| case.run::<f64>(15, gradient).diagnostics.unwrap();
    let reverse = diagnostics(Gradient::default());
    let forward = diagnostics(Gradient::Forward);
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
    fn check<T: Scalar>(case: &Case) {
        let steps = 40;
        let plain = case.run::<T>(steps, segments(steps, 1, Within::Stored));
        for (segment, checkpoints) in [(1, 1), (1, 3), (7, 2), (7, 6), (13, 100)] {
            let outcome = case.run::<T>(steps, segments(segment, checkpoints, Within::Stored));
            assert_eq!(outcome, plain, "{segment} steps, {checkpoints} checkpoints");
        }
    }
    for (preset, feedback) in [
        (Preset::Bio, Feedback::Fixed),
        (Preset::Pool, Feedback::Fixed),
        (Preset::Bp, Feedback::Attached),
        (Preset::Bp, Feedback::Symmetric),
        (Preset::Bio, Feedback::Direct),
        (Preset::Bio, Feedback::SignSymmetric),
        (Preset::Pool, Feedback::KolenPollack),
        (Preset::Pool, Feedback::WeightMirror),
    ] {
        let case = Case::new(preset, feedback);
        check::<f32>(&case);
        check::<f64>(&case);
    }
}

/// The episode is the same by every way of reverse mode; undoing changes the gradient by rounding.
#[test]
fn undone_segments_agree_with_stored_ones_and_with_one_tape() {
    fn check<T: Scalar>(case: &Case, tolerance: f64) {
        let steps = 60;
        let stored = case.run::<T>(steps, segments(steps, 1, Within::Stored));
        for gradient in [
            Gradient::default(),
            segments(60, 1, Within::Undo),
            segments(9, 3, Within::Undo),
        ] {
            let outcome = case.run::<T>(steps, gradient);
            assert_eq!(outcome.query, stored.query);
            assert_eq!(outcome.diagnostics, stored.diagnostics);
            let error = relative(&outcome, &stored);
            assert!(error <= tolerance, "{} {gradient:?}: {error:e}", T::NAME);
        }
    }
    for preset in [Preset::Bio, Preset::Pool] {
        let case = Case::new(preset, Feedback::Fixed);
        check::<f64>(&case, 1e-11);
        check::<f32>(&case, 1e-3);
    }
}

/// More steps than images begin again with the first image.
#[test]
fn more_steps_go_through_the_support_set_again() {
    let mut case = Case::new(Preset::Bio, Feedback::Fixed);
    let cycled = case.run::<f64>(40, Gradient::default());
    let support = case.task.support.clone();
    case.task.support = support.iter().copied().cycle().take(40).collect();
    let course = Course::default();
    let mut learner = Learner::<f64>::on_course(case.model.clone(), course);
    let theta = case.model.rule.theta();
    let listed = learner.episode(theta, case.start(), &case.dataset, &case.task, ALL);
    assert_eq!(cycled, listed);
}

#[test]
fn a_budget_picks_one_tape_where_it_fits_and_segments_elsewhere() {
    let case = Case::new(Preset::Bio, Feedback::Fixed);
    let fit = |steps, bytes| {
        let start = case.start::<f32>();
        fitting(&case.model, &start, &case.dataset, &case.task, steps, bytes)
    };
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
