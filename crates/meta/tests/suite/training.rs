//! Meta-training on small networks: repeatable, independent of threads, and hard to poison.

use std::ops::ControlFlow;

use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::train::{
    EpisodeRecord, OnDivergence, Penalty, TrainError, TrainSettings, Trainer, TrialResult,
};
use metaplast_plasticity::{Preset, Rule};

use crate::world::{World, settings, world};

fn run(
    world: &World,
    settings: &TrainSettings,
    trials: u64,
) -> (Result<Vec<TrialResult>, TrainError>, Vec<EpisodeRecord>) {
    let mut records = Vec::new();
    let trainer = Trainer::new(settings, &world.dataset, &world.sampler);
    let results = trainer.run(trials, &mut |record| {
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
        let settings = settings(Preset::Pool, OptimizerKind::STEADY).with_meta_batch(meta_batch);
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
    let settings = settings(Preset::Bio, OptimizerKind::ADAM);
    let (_, records) = run(&world, &settings, 2);
    assert_ne!(records[0].query, records[12].query);
    let reseeded = settings.with_seed(4);
    assert_ne!(records[0].query, run(&world, &reseeded, 1).1[0].query);
}

#[test]
fn theta_is_logged_before_its_step_and_the_penalty_counts() {
    let world = world();
    let settings = settings(Preset::Bio, OptimizerKind::ADAM);
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
    let single = settings(Preset::Bio, OptimizerKind::ADAM);
    let batched = single.clone().with_meta_batch(5);
    let (_, single) = run(&world, &single, 1);
    let (_, batched) = run(&world, &batched, 1);
    // The first batch is five episodes at the first θ; the last one is what remains.
    assert_eq!(batched.len(), 12);
    assert_eq!(batched[0].query, single[0].query);
    assert!(batched[..5].iter().all(|r| r.theta == single[0].theta));
    assert_ne!(batched[5].theta, batched[4].theta);
}

#[test]
fn a_rule_that_diverges_stops_with_an_error() {
    let world = world();
    let mut settings = settings(Preset::Bio, OptimizerKind::ADAM);
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
fn one_diverged_episode_poisons_nothing() {
    // A rate at which the first step goes far beyond what the network survives.
    let world = world();
    let settings = diverging(OnDivergence::Skip);
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
    let settings = settings(Preset::Fa, OptimizerKind::SGD);
    let trainer = Trainer::new(&settings, &world.dataset, &world.sampler);
    let mut seen = 0;
    let result = trainer.run(1, &mut |record| {
        seen += 1;
        if record.episode == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((result, seen), (Err(TrainError::Stopped), 4));
}

fn diverging(on_divergence: OnDivergence) -> TrainSettings {
    settings(Preset::Bio, OptimizerKind::ADAM)
        .with_rate(30.0)
        .with_episodes(40)
        .with_patience(40)
        .with_on_divergence(on_divergence)
}

#[test]
fn a_diverged_episode_names_the_update_that_was_too_large() {
    let world = world();
    let (_, records) = run(&world, &diverging(OnDivergence::Skip), 1);
    let mut so_far = 0;
    for record in &records {
        so_far += u64::from(record.diverged);
        assert_eq!(record.diverged_so_far, so_far);
        assert_eq!(record.divergence.is_some(), record.diverged);
    }
    let divergence = records[1].divergence.as_ref().unwrap();
    let update = divergence.location.relative_update;
    assert!(update > 1.0 || update.is_nan(), "{divergence}");
    assert!(divergence.location.step < 15 && divergence.location.layer <= 3);
    assert!(["F0", "F2", "F9"].contains(&divergence.location.term.as_str()));
}

#[test]
fn to_stop_is_to_stop_at_the_first() {
    let world = world();
    let (result, records) = run(&world, &diverging(OnDivergence::Stop), 1);
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
    let settings = diverging(OnDivergence::Clip)
        .with_rate(0.3)
        .with_optimizer(OptimizerKind::SGD);
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

#[test]
fn a_penalty_makes_coefficients_of_the_pool_exactly_zero() {
    let world = world();
    for optimizer in [OptimizerKind::STEADY, OptimizerKind::ADAM] {
        let mut settings = settings(Preset::Pool, optimizer)
            .with_lambda(1.0)
            .with_episodes(40);
        let mut theta = [1e-4; 10];
        theta[0] = 1e-2;
        settings.model.rule = settings.model.rule.with_theta(&theta);
        let zeros = |settings: &TrainSettings| {
            let last = run(&world, settings, 1).0.unwrap().remove(0).theta;
            last.iter().filter(|&&t| t == 0.0).count()
        };
        let proximal = zeros(&settings);
        assert!(proximal > 0 && proximal < 10, "{proximal}");
        assert_eq!(zeros(&settings.with_penalty(Penalty::Subgradient)), 0);
    }
}

#[test]
fn without_lambda_both_penalties_give_the_same_bits() {
    let world = world();
    let settings = settings(Preset::Pool, OptimizerKind::STEADY).with_lambda(0.0);
    let proximal = run(&world, &settings, 1);
    let subgradient = settings.with_penalty(Penalty::Subgradient);
    assert_eq!(proximal, run(&world, &subgradient, 1));
}
