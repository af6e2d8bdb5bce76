//! Faults that users of other libraries reported and that were found here: each test is named after
//! what it shows.

use metaplast_meta::gradient::compare::Difference;
use metaplast_meta::gradient::{GradientMode, Unroll, estimate, least_bytes};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::TrainError;
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Preset, Rule};

use crate::world::{settings, world};

#[test]
fn a_wrong_derivative_of_a_smooth_loss_is_not_taken_for_a_jump() {
    let smooth = Difference {
        value: 2.0,
        spread: 1e-9,
        rounding: 1e-10,
    };
    assert_eq!(smooth.agrees(2.0 + 1e-7, 1e-6), Some(true));
    assert_eq!(smooth.agrees(2.1, 1e-6), Some(false));
    assert_eq!(smooth.agrees(f64::NAN, 1e-6), Some(false));
    let jump = Difference {
        spread: 0.1,
        ..smooth
    };
    assert_eq!(jump.agrees(2.1, 1e-6), None);
    assert_eq!(jump.agrees(9.0, 1e-6), Some(false));
    let nowhere = Difference {
        spread: f64::NAN,
        value: f64::NAN,
        ..smooth
    };
    assert_eq!(nowhere.agrees(2.0, 1e-6), None);
}

#[test]
fn the_memory_of_an_episode_is_told_before_it_is_run() {
    let model = Model {
        architecture: Architecture::new(vec![784, 300_000, 47]).unwrap(),
        feedback: Preset::Bio.feedback(),
        rule: Rule::preset(Preset::Bio),
    };
    // Nothing of this size is taken to tell.
    assert!(least_bytes(&model, Precision::Single) > 4_000_000_000);

    let world = world();
    let model = settings(Preset::Bio, OptimizerKind::STEADY).model;
    let key = EpisodeKey::new(1, 0, 0);
    let task = world
        .sampler
        .sample(&world.dataset, &mut key.stream(Purpose::Task));
    let episode = Episode::new(&model, key, &world.dataset, &task);
    let of = |steps: u64| {
        let tape = GradientMode::Reverse(Unroll::Tape);
        estimate(&episode.with_steps(Some(steps)), Precision::Single, tape)
    };
    let (short, long, longest) = (of(1000), of(100_000), of(1 << 40));
    assert!(short < long && long / short > 20, "{short}, {long}");
    assert!(longest > 1 << 48, "{longest}");
}

#[test]
fn advice_to_use_the_steady_optimizer_is_not_for_those_who_do() {
    let error = |steady| {
        let error = TrainError::Diverged {
            trial: 0,
            episode: 7,
            in_a_row: 3,
            cross_entropy: 1e300,
            divergence: None,
            steady,
        };
        error.to_string()
    };
    assert!(error(true).ends_with("(last query loss 1e300); lower the learning rate"));
    assert!(error(false).ends_with("lower the learning rate, or use the steady optimizer"));
}
