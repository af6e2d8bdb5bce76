//! Teams that share the matrices of an episode change no bit of it, whatever the gradient's way.

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::gradient::{Ask, GradientMode, Segments, Unroll, Within, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};
use metaplast_tensor::Team;

const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

/// All of an episode's numbers as text from which the same bits can be read, by teams of 1, 2 and 3 threads that share
/// matrices of `least` elements.
fn outcomes(sizes: &[usize], preset: Preset, feedback: Feedback, least: Option<usize>) {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh).unwrap();
    let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));
    let theta = [2e-2, 5e-3, -1e-2, 1e-3, 1e-3, 1e-3, 1e-3, 5e-3, 5e-3, 5e-3];
    let theta: Vec<f64> = preset.terms().iter().map(|&term| theta[term]).collect();
    let model = Model {
        architecture: Architecture::new(sizes.to_vec()).unwrap(),
        feedback,
        rule: Rule::preset(preset).with_theta(&theta),
    };
    let episode = Episode::new(&model, KEY, &dataset, &task);
    let segments = GradientMode::Reverse(Unroll::Segments(Segments {
        steps: 5,
        checkpoints: 2,
        within: Within::Undo,
    }));
    for mode in [GradientMode::default(), segments] {
        for precision in [Precision::Single, Precision::Double] {
            let by = |threads: usize| {
                let team = Team::new(threads).unwrap();
                let team = match least {
                    Some(least) => team.with_least(least),
                    None => team,
                };
                format!(
                    "{:?}",
                    team.lead(|| run(&episode, mode, precision, Ask::ALL))
                )
            };
            let alone = by(1);
            assert!(alone.contains("gradient: Some"), "{alone}");
            assert_eq!(by(2), alone, "{mode:?} {precision:?}");
            assert_eq!(by(3), alone, "{mode:?} {precision:?}");
        }
    }
}

#[test]
fn an_episode_of_a_wide_net_has_the_same_bits() {
    outcomes(&[784, 700, 760, 47], Preset::Bio, Feedback::fixed(), None);
}

#[test]
fn every_term_has_the_same_bits_in_matrices_of_any_size() {
    for feedback in [Feedback::fixed(), Feedback::attached()] {
        outcomes(&[784, 21, 9, 47], Preset::Pool, feedback, Some(0));
    }
}
