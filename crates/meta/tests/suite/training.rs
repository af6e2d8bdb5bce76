//! Meta-training on small networks: repeatable, independent of threads, and hard to poison.

use std::ops::ControlFlow;

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::course::Course;
use metaplast_meta::divergence::OnDivergence;
use metaplast_meta::learner::{Ask, Learner, Model, Start};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::seeds::{Purpose, stream};
use metaplast_meta::trainer::{EpisodeRecord, Settings, TrainError, Trainer, TrialResult};
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

struct World {
    dataset: Dataset,
    sampler: TaskSampler,
}

fn world() -> World {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    World { dataset, sampler }
}

fn settings(preset: Preset, optimizer: OptimizerKind) -> Settings {
    let rule = Rule::preset(preset);
    let mut theta = vec![0.0; rule.indices().len()];
    theta[0] = 1e-2;
    Settings {
        model: Model {
            architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
            feedback: preset.feedback(),
            rule: rule.with_theta(&theta),
        },
        episodes: 12,
        meta_batch: 1,
        course: Course::default(),
        seed: 3,
        lambda: 1e-3,
        optimizer,
        rate: 1e-3,
        patience: 5,
        on_divergence: OnDivergence::Skip,
    }
}

fn run(
    world: &World,
    settings: &Settings,
    trials: u64,
) -> (Result<Vec<TrialResult>, TrainError>, Vec<EpisodeRecord>) {
    let mut records = Vec::new();
    let trainer = Trainer::new(settings, &world.dataset, &world.sampler);
    let results = trainer.run::<f32>(trials, &mut |record| {
        records.push(record.clone());
        ControlFlow::Continue(())
    });
    records.sort_by_key(|record| (record.trial, record.episode));
    (results, records)
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let world = world();
    for meta_batch in [1, 4] {
        let settings = Settings {
            meta_batch,
            ..settings(Preset::Pool, OptimizerKind::Steady)
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| run(&world, &settings, 3))
        };
        let one = on(1);
        assert_eq!(one.1.len(), 36);
        assert_eq!(one, on(2));
        assert_eq!(one, on(5));
    }
}

#[test]
fn trials_and_seeds_differ() {
    let world = world();
    let settings = settings(Preset::Bio, OptimizerKind::Adam);
    let (_, records) = run(&world, &settings, 2);
    assert_ne!(records[0].query, records[12].query);
    let reseeded = Settings {
        seed: 4,
        ..settings
    };
    assert_ne!(records[0].query, run(&world, &reseeded, 1).1[0].query);
}

#[test]
fn theta_is_logged_before_its_step_and_the_penalty_counts() {
    let world = world();
    let settings = settings(Preset::Bio, OptimizerKind::Adam);
    let (results, records) = run(&world, &settings, 1);
    assert_eq!(records[0].theta, [1e-2, 0.0, 0.0]);
    assert_ne!(records[1].theta, records[0].theta);
    let penalty = records[0].meta_loss - records[0].query.cross_entropy;
    assert!((penalty - 1e-3 * 1e-2).abs() < 1e-15);
    assert_ne!(results.unwrap()[0].theta, records[11].theta);
}

#[test]
fn a_batch_of_one_episode_is_no_batch() {
    let world = world();
    let single = settings(Preset::Bio, OptimizerKind::Adam);
    let batched = Settings {
        meta_batch: 5,
        ..single.clone()
    };
    let (_, single) = run(&world, &single, 1);
    let (_, batched) = run(&world, &batched, 1);
    // The first batch is five episodes at the first θ; the last one is what remains.
    assert_eq!(batched.len(), 12);
    assert_eq!(batched[0].query, single[0].query);
    assert!(batched[..5].iter().all(|r| r.theta == single[0].theta));
    assert_ne!(batched[5].theta, batched[4].theta);
}

#[test]
fn a_rule_that_explodes_stops_with_an_error() {
    let world = world();
    let mut settings = settings(Preset::Bio, OptimizerKind::Adam);
    settings.model.rule = Rule::preset(Preset::Bio).with_theta(&[50.0, 50.0, -50.0]);
    let (result, records) = run(&world, &settings, 1);
    match result {
        Err(TrainError::Diverged {
            in_a_row, episode, ..
        }) => assert_eq!((in_a_row, episode), (5, 4)),
        other => panic!("expected an error, got {other:?}"),
    }
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record.diverged));
}

#[test]
fn one_explosion_poisons_nothing() {
    // A rate at which the first step goes far beyond what the network survives.
    let world = world();
    let settings = Settings {
        rate: 30.0,
        episodes: 40,
        patience: 40,
        ..settings(Preset::Bio, OptimizerKind::Adam)
    };
    let (result, records) = run(&world, &settings, 1);
    assert!(!records[0].diverged);
    assert!(records[1].diverged, "the step should have gone too far");
    assert_eq!(records[2].theta, records[0].theta, "θ stepped back");
    assert!(!records[2].diverged, "and the episode after it is sound");
    for record in &records {
        assert!(record.theta.iter().all(|t| t.is_finite()));
    }
    assert!(result.unwrap()[0].theta.iter().all(|t| t.is_finite()));
}

#[test]
fn an_observer_can_stop_a_run() {
    let world = world();
    let settings = settings(Preset::Fa, OptimizerKind::Sgd);
    let trainer = Trainer::new(&settings, &world.dataset, &world.sampler);
    let mut seen = 0;
    let result = trainer.run::<f32>(1, &mut |record| {
        seen += 1;
        if record.episode == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((result, seen), (Err(TrainError::Stopped), 4));
}

#[test]
fn both_precisions_agree_and_a_reused_learner_is_a_fresh_one() {
    let world = world();
    for feedback in Feedback::ALL {
        let rule = Rule::preset(Preset::Bio);
        let model = Model {
            architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
            feedback,
            rule,
        };
        let theta = [0.02, -0.01, 0.005];
        let ask = Ask {
            gradient: true,
            diagnostics: true,
        };
        let task = world
            .sampler
            .sample(&world.dataset, &mut stream(1, 0, 0, Purpose::Task));
        let narrow = Start::<f32>::draw(&model, 1, 0, 0);
        let wide = Start::<f64>::draw(&model, 1, 0, 0);
        let mut learner = Learner::<f32>::new(model.clone());
        let first = learner.episode(&theta, &narrow, &world.dataset, &task, ask);
        let again = learner.episode(&theta, &narrow, &world.dataset, &task, ask);
        assert_eq!(first, again);
        let exact = Learner::<f64>::new(model).episode(&theta, &wide, &world.dataset, &task, ask);
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

fn exploding(on_divergence: OnDivergence) -> Settings {
    Settings {
        rate: 30.0,
        episodes: 40,
        patience: 40,
        on_divergence,
        ..settings(Preset::Bio, OptimizerKind::Adam)
    }
}

#[test]
fn a_diverged_episode_tells_where_it_blew_up() {
    let world = world();
    let (_, records) = run(&world, &exploding(OnDivergence::Skip), 1);
    let mut so_far = 0;
    for record in &records {
        so_far += u64::from(record.diverged);
        assert_eq!(record.diverged_so_far, so_far);
        assert_eq!(record.divergence.is_some(), record.diverged);
    }
    let divergence = records[1].divergence.as_ref().unwrap();
    let update = divergence.place.relative_update;
    assert!(update > 1.0 || update.is_nan(), "{divergence}");
    assert!(divergence.place.step < 15 && divergence.place.layer <= 3);
    assert!(["F0", "F2", "F9"].contains(&divergence.place.term.as_str()));
}

#[test]
fn to_stop_is_to_stop_at_the_first() {
    let world = world();
    let (result, records) = run(&world, &exploding(OnDivergence::Stop), 1);
    let message = result.unwrap_err().to_string();
    assert_eq!(records.len(), 2);
    assert!(
        message.contains("at episode 1: 1 in a row") && message.contains("in step "),
        "{message}"
    );
}

/// θ takes a step from the shortened gradient instead of going back.
#[test]
fn to_clip_is_to_go_on_with_a_shorter_gradient() {
    let world = world();
    let settings = Settings {
        rate: 0.3,
        optimizer: OptimizerKind::Sgd,
        ..exploding(OnDivergence::Clip)
    };
    let (_, records) = run(&world, &settings, 1);
    let longest = |theta: &[f64], before: &[f64]| -> f64 {
        let squares = theta.iter().zip(before).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let finite = |record: &EpisodeRecord| record.query.cross_entropy.is_finite();
    let mut clipped = 0;
    for pair in records.windows(2) {
        if pair[0].diverged && finite(&pair[0]) && pair[1].theta != records[0].theta {
            assert!(longest(&pair[1].theta, &pair[0].theta) < 100.0);
            clipped += 1;
        }
        assert!(pair[1].theta.iter().all(|theta| theta.is_finite()));
    }
    assert!(clipped > 0, "no episode was clipped");
}
