//! Evaluation and simulation of finished rules.

use metaplast_meta::evaluate::{EvaluationSettings, evaluate};
use metaplast_meta::gradient::{Ask, GradientMode, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::simulate::simulate;
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

use crate::world::world;

#[test]
fn threads_change_nothing_and_seeds_do() {
    let world = world();
    let model = Model {
        architecture: Architecture::new(vec![784, 8, 47]).unwrap(),
        feedback: Feedback::fixed(),
        rule: Rule::preset(Preset::Fa).with_theta(&[0.05]),
    };
    let evaluated = |threads: usize, seed: u64| {
        let settings = EvaluationSettings::new(9).with_seed(seed);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let run = || evaluate(&model, &world.dataset, &world.sampler, &settings, &|| {});
        pool.build().unwrap().install(run)
    };
    assert_eq!(evaluated(1, 1), evaluated(3, 1));
    assert_ne!(evaluated(1, 1), evaluated(1, 2));
}

#[test]
fn a_curve_ends_where_the_episode_ends() {
    let world = world();
    let key = EpisodeKey::new(1, 0, 0);
    let task = world
        .sampler
        .sample(&world.dataset, &mut key.stream(Purpose::Task));
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        let model = Model {
            architecture: Architecture::new(vec![784, 12, 47]).unwrap(),
            feedback,
            rule: Rule::preset(Preset::Bio).with_theta(&[0.02, -0.01, 0.001]),
        };
        let episode = Episode::new(&model, key, &world.dataset, &task);
        let mut curve = Vec::new();
        let weights = simulate(&episode, Precision::Double, 4, &mut |point| {
            curve.push(point.clone());
        });
        let mode = GradientMode::default();
        let outcome = run(&episode, mode, Precision::Double, Ask::SCORE);
        let steps: Vec<u64> = curve.iter().map(|point| point.step).collect();
        assert_eq!(steps, [0, 4, 8, 12, 15]);
        assert_eq!(curve[4].query, outcome.query);
        assert_eq!(curve[4].weight_norms, weights.norms());
        assert_ne!(curve[0].weight_norms, weights.norms());
    }
}
