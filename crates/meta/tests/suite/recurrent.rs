//! Episodes of recurrent networks: images row by row, gradients in every way, and training.

use std::ops::ControlFlow;

use metaplast_autodiff::Tape;
use metaplast_data::sequences::image_rows;
use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::examples::{ExampleArrays, LabelledRows};
use metaplast_meta::gradient::{Ask, GradientMode, Segments, Unroll, Within, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::sequences::{SequenceEpisode, SequenceModel};
use metaplast_meta::train::{TrainSettings, Trainer};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Activation, Architecture, Feedback, Memory, Preset, Rule, Term};
use metaplast_tensor::Tensor;

fn architecture(text: &str) -> Architecture {
    let architecture = Architecture::parse(text).unwrap();
    architecture
        .with_activation(Activation::Tanh)
        .with_leak(0.6)
        .unwrap()
}

/// Each kind of memory, beside terms without.
fn remembering() -> Rule {
    let mut memories: Vec<Memory> = Vec::new();
    for text in [
        "m = m + k * (y .* y - m)",
        "x = (1 - k) * x + y_pre",
        "E = (1 - d) * E + e * y_pre^T",
    ] {
        memories.push(Memory::parse(text, &memories).unwrap());
    }
    let signals = Memory::signals(&memories);
    let texts = [
        "bcm = y .* (y - m) * y_pre^T",
        "traced = -e * x^T",
        "gated = (ones^T * (y .* y)) * E",
    ];
    let own = texts.map(|text| Term::parse_with(text, &signals).unwrap());
    let pool = Rule::from_pool(&[0, 2, 9]).unwrap();
    let terms = pool.terms().iter().cloned().chain(own);
    let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
    rule.with_theta(&[0.05, -0.02, 0.01, 0.02, 0.02, -0.01, 0.3, 0.4])
}

fn pool() -> Rule {
    let theta: Vec<f64> = (0..10).map(|k| 0.01 * (1.0 - 0.3 * f64::from(k))).collect();
    Rule::preset(Preset::Pool).with_theta(&theta)
}

fn kinds() -> [Feedback; 4] {
    [
        Feedback::fixed(),
        Feedback::symmetric(),
        Feedback::attached(),
        Feedback::eprop(),
    ]
}

/// Sequences of four steps of three numbers.
fn arrays() -> ExampleArrays {
    let rows = |n: usize, first: u64| {
        let element = |k: u64| (k * 37 + first) % 11;
        let inputs: Vec<f64> = (0..12 * n as u64)
            .map(|k| element(k) as f64 / 11.0 - 0.3)
            .collect();
        LabelledRows::new(
            Tensor::new([n, 12], inputs),
            (0..n).map(|k| k % 2).collect(),
        )
        .unwrap()
    };
    ExampleArrays::new(rows(5, 1), rows(4, 5))
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    norm(&difference) / norm(b)
}

#[test]
fn gradients_agree_with_forward_mode_segments_and_differences() {
    let arrays = arrays();
    for feedback in kinds() {
        for rule in [pool(), remembering()] {
            let model = Model {
                architecture: architecture("3 recurrent5 2"),
                feedback: feedback.clone(),
                rule,
            };
            arrays.check(&model.architecture, true).unwrap();
            let episode = Episode::of_arrays(&model, EpisodeKey::new(2, 0, 1), &arrays);
            let episode = episode.with_steps(Some(8));
            let outcome = |mode| run(&episode, mode, Precision::Double, Ask::ALL);
            let reverse = outcome(GradientMode::default());
            let gradient = reverse.gradient.clone().unwrap();
            let name = format!("{feedback}, {}", model.rule);
            let forward = outcome(GradientMode::Forward).gradient.unwrap();
            let error = relative(&forward, &gradient);
            assert!(error < 1e-10, "{name}: forward mode: {error:e}");
            for steps in [1, 3, 100] {
                for within in [Within::Undo, Within::Stored] {
                    let segments = Segments {
                        steps,
                        checkpoints: 2,
                        within,
                    };
                    let other = outcome(GradientMode::Reverse(Unroll::Segments(segments)));
                    assert_eq!(
                        (other.query, &other.diagnostics),
                        (reverse.query, &reverse.diagnostics),
                        "{name}"
                    );
                    let error = relative(&other.gradient.unwrap(), &gradient);
                    assert!(error < 1e-10, "{name}: segments of {steps}: {error:e}");
                }
            }
            if feedback == Feedback::symmetric() {
                continue;
            }
            let loss = |r: usize, by: f64| {
                let mut theta = model.rule.theta().to_vec();
                theta[r] += by;
                run(
                    &episode.with_theta(&theta),
                    GradientMode::default(),
                    Precision::Double,
                    Ask::SCORE,
                )
                .loss
            };
            let step = 1e-4;
            let difference = |r: usize| {
                let (near, far) = (
                    loss(r, step) - loss(r, -step),
                    loss(r, 2.0 * step) - loss(r, -2.0 * step),
                );
                (8.0 * near - far) / (12.0 * step)
            };
            let differences: Vec<f64> = (0..gradient.len()).map(difference).collect();
            let error = relative(&differences, &gradient);
            assert!(error < 1e-6, "{name}: differences: {error:e}");
        }
    }
}

#[test]
fn images_are_seen_row_by_row() {
    let dataset = Dataset::glyphs(6, 1);
    let sampler = TaskSampler::new(&dataset, 3, 3, 2, Sampling::Fresh).unwrap();
    for feedback in kinds() {
        let model = Model {
            architecture: architecture("28 recurrent7 47"),
            feedback: feedback.clone(),
            rule: Rule::preset(Preset::Bio).with_theta(&[0.05, -0.02, 0.001]),
        };
        let key = EpisodeKey::new(1, 0, 0);
        let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
        let episode = Episode::new(&model, key, &dataset, &task);
        let outcome = run(
            &episode,
            GradientMode::default(),
            Precision::Double,
            Ask::GRADIENT,
        );
        let mut rows = image_rows(&dataset, &task);
        for sequence in rows.support.iter_mut().chain(&mut rows.query) {
            sequence.label = task.classes[sequence.label];
        }
        let same = SequenceModel {
            architecture: model.architecture.recurrent().unwrap(),
            teaching: feedback.through_time().unwrap(),
            rule: model.rule.clone(),
        };
        let sequences = SequenceEpisode::new(&same, key, &rows);
        assert_eq!(
            sequences.reverse(&Tape::<f64>::new()),
            outcome,
            "{feedback}"
        );
    }
}

#[test]
fn angles_are_zero_with_symmetric_feedback_alone() {
    let arrays = arrays();
    for feedback in kinds() {
        let model = Model {
            architecture: architecture("3 recurrent5 2"),
            feedback: feedback.clone(),
            rule: pool(),
        };
        let episode = Episode::of_arrays(&model, EpisodeKey::new(2, 0, 1), &arrays);
        let outcome = run(
            &episode,
            GradientMode::default(),
            Precision::Double,
            Ask::ALL,
        );
        let found = outcome.diagnostics.unwrap();
        let lengths = [&found.angles, &found.orthonormality, &found.weight_norms].map(Vec::len);
        assert_eq!(lengths, [4, 3, 3]);
        let symmetric = ["symmetric", "attached"].contains(&feedback.name());
        assert_eq!(
            found.angles[0] < 1e-5 && found.angles[1] < 1e-5,
            symmetric,
            "{feedback}"
        );
        assert!(found.angles[3] < 1e-5 && found.angles[1] == found.angles[2]);
        assert!(found.orthonormality.iter().all(|error| *error > 0.0));
    }
}

#[test]
fn training_does_not_depend_on_threads_and_learns_a_rate() {
    let dataset = Dataset::glyphs(12, 1);
    let sampler = TaskSampler::new(&dataset, 2, 8, 4, Sampling::Fresh).unwrap();
    let model = Model {
        architecture: architecture("28 recurrent12 47"),
        feedback: Feedback::eprop(),
        rule: Rule::preset(Preset::Fa).with_theta(&[1e-2]),
    };
    let settings = TrainSettings::new(model)
        .with_episodes(12)
        .with_meta_batch(3);
    let trainer = Trainer::new(&settings, &dataset, &sampler);
    let train = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut losses = Vec::new();
        let results = pool.install(|| {
            trainer.run(1, &mut |record| {
                losses.push(record.query.cross_entropy);
                ControlFlow::Continue(())
            })
        });
        (results.unwrap(), losses)
    };
    let (results, losses) = train(1);
    assert_eq!((results.clone(), losses.clone()), train(2));
    assert!(results[0].theta[0] > 1e-2, "{results:?}");
}
