//! Where episodes diverge, by the trainer and by a loop of its own.

use std::ops::ControlFlow;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, Task, TaskSampler, pixel};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::{EpisodeRecord, Location, TrainSettings, Trainer, locate};
use metaplast_meta::{Episode, Model, Precision, Start};
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};
use metaplast_tensor::Tensor;

const SEED: u64 = 5;
/// Diverged episodes of each kind of feedback.
const EPISODES: usize = 20;

/// The weights after so many steps by the model's rule, then one by `last`: a plain loop over a
/// network on a fresh tape.
fn weights_after(
    model: &Model,
    dataset: &Dataset,
    task: &Task,
    key: EpisodeKey,
    steps: usize,
    last: Option<&Rule>,
) -> Pathway<f64> {
    let start = Start::<f64>::draw(model, key);
    let tape = Tape::new();
    let network = Network::builder(&tape, &model.architecture)
        .weights(&start.weights)
        .feedback(&model.feedback, &start.feedback)
        .seed(start.seed)
        .build();
    let rules = std::iter::repeat_n(&model.rule, steps).chain(last);
    for (t, rule) in rules.enumerate() {
        let sample = task.support[t];
        let pixels = dataset.image(sample.image);
        let x = tape.constant_with(pixels.len(), |x| {
            for (x, &q) in x.iter_mut().zip(pixels) {
                *x = f64::from(pixel(q));
            }
        });
        network.step(&rule.bind_constant(&tape), x, sample.label);
    }
    network.weights()
}

/// `‖after − before‖ / ‖before‖` of each layer.
fn relative(before: &Pathway<f64>, after: &Pathway<f64>) -> Vec<f64> {
    let layers = before.transposed().iter().zip(after.transposed());
    let ratio = |(before, after): (&Tensor<f64>, &Tensor<f64>)| {
        let change = (after - before).data().iter().map(|x| x * x).sum::<f64>();
        let size = before.data().iter().map(|x| x * x).sum::<f64>();
        (change / size).sqrt()
    };
    layers.map(ratio).collect()
}

/// The place of the largest number; the first that is none is larger than all.
fn largest(numbers: &[f64]) -> usize {
    let nan = numbers.iter().position(|x| x.is_nan());
    let all = (0..numbers.len()).rev();
    nan.unwrap_or_else(|| {
        all.max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
            .unwrap()
    })
}

/// The first update that is larger than its weights, by its definition.
fn located_by_hand(model: &Model, dataset: &Dataset, task: &Task, key: EpisodeKey) -> Location {
    let after = |steps, last: Option<&Rule>| weights_after(model, dataset, task, key, steps, last);
    let updates: Vec<Vec<f64>> = (0..task.support.len())
        .map(|t| relative(&after(t, None), &after(t + 1, None)))
        .collect();
    let worst: Vec<f64> = updates.iter().map(|u| u[largest(u)]).collect();
    let beyond = |size: &f64| *size > 1.0 || size.is_nan();
    let step = worst
        .iter()
        .position(beyond)
        .unwrap_or_else(|| largest(&worst));
    let layer = largest(&updates[step]);

    let before = after(step, None);
    let parts: Vec<f64> = (0..model.rule.theta().len())
        .map(|r| {
            let mut alone = vec![0.0; model.rule.theta().len()];
            alone[r] = model.rule.theta()[r];
            let alone = model.rule.clone().with_theta(&alone);
            relative(&before, &after(step, Some(&alone)))[layer]
        })
        .collect();
    let names: Vec<String> = model.rule.coefficients().map(|c| c.name()).collect();
    Location {
        step: step as u64,
        layer: layer + 1,
        term: names[largest(&parts)].clone(),
        relative_update: updates[step][layer],
    }
}

#[test]
fn the_update_that_a_divergence_names_is_found_by_a_replay_step_by_step() {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh).unwrap();
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        let mut model = Model {
            architecture: Architecture::new(vec![784, 10, 8, 47]).unwrap(),
            feedback: feedback.clone(),
            rule: Rule::from_pool(&[0, 2, 3, 9])
                .unwrap()
                .with_theta(&[0.5, -0.6, 0.05, 0.3]),
        };
        let settings = TrainSettings::new(model.clone())
            .with_precision(Precision::Double)
            .with_optimizer(OptimizerKind::SGD)
            .with_seed(SEED)
            // Hardly any: where an episode goes well, θ stays.
            .with_rate(1e-12)
            .with_episodes(1000)
            .with_patience(u32::MAX);
        let trainer = Trainer::new(&settings, &dataset, &sampler);
        let mut diverged: Vec<EpisodeRecord> = Vec::new();
        let _ = trainer.run_trial(0, &mut |record| {
            diverged.extend(Some(record.clone()).filter(|record| record.diverged));
            match diverged.len() {
                EPISODES => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!(diverged.len(), EPISODES, "{feedback}");
        let mut late = 0;
        for record in diverged {
            let key = EpisodeKey::new(SEED, 0, record.episode);
            let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
            model.rule = model.rule.with_theta(&record.theta);
            let found = record.divergence.unwrap().location;
            let expected = located_by_hand(&model, &dataset, &task, key);
            assert_eq!(
                (found.step, found.layer, &found.term),
                (expected.step, expected.layer, &expected.term),
                "{feedback}: {found:?}, by hand {expected:?}"
            );
            let ratio = found.relative_update / expected.relative_update;
            let equal = found.relative_update.is_nan() && expected.relative_update.is_nan();
            assert!(
                equal || (ratio - 1.0).abs() < 1e-9,
                "{feedback}: {found:?}, by hand {expected:?}"
            );
            late += usize::from(found.step > 0);
        }
        assert!(
            late > EPISODES / 2,
            "{feedback}: {late} diverge after a first step"
        );
    }
}

fn location(theta: &[f64]) -> Location {
    let dataset = Dataset::glyphs(6, 1);
    let sampler = TaskSampler::new(&dataset, 2, 4, 1, Sampling::Fresh).unwrap();
    let key = EpisodeKey::new(1, 0, 0);
    let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
    let model = Model {
        architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
        feedback: Preset::Bio.feedback(),
        rule: Rule::preset(Preset::Bio),
    };
    let episode = Episode::new(&model, key, &dataset, &task);
    locate(&episode.with_theta(theta), Precision::Single)
}

#[test]
fn the_term_that_blows_up_is_named() {
    for (r, term) in [(0, "F0"), (1, "F2"), (2, "F9")] {
        let mut theta = [1e-4; 3];
        theta[r] = 1e3;
        let found = location(&theta);
        assert_eq!((found.step, found.term.as_str()), (0, term), "{found:?}");
        assert!(found.relative_update > 1.0, "{found:?}");
    }
}

#[test]
fn numbers_beyond_f32_are_the_worst() {
    let found = location(&[1e300, 0.0, 0.0]);
    assert!(!found.relative_update.is_finite(), "{found:?}");
    assert_eq!((found.step, found.term.as_str()), (0, "F0"));
}

#[test]
fn without_a_divergence_it_is_the_largest_update() {
    let found = location(&[1e-3, 0.0, 0.0]);
    assert!(found.relative_update < 1.0 && found.relative_update > 0.0);
    assert_eq!(found.term, "F0");
}
