//! Whole episodes and a short meta-training.

use std::ops::ControlFlow;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::{TrainSettings, Trainer};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Preset, Rule};

use super::pathway;

fn model(name: &str, theta: &[f64]) -> Model {
    Model {
        architecture: Architecture::new(vec![784, 20, 12, 47]).unwrap(),
        feedback: pathway(name),
        rule: Rule::preset(Preset::Bio).with_theta(theta),
    }
}

/// The sweep undoes every update, whatever the inference read in between.
#[test]
fn a_sweep_ends_at_the_first_weights() {
    let dataset = Dataset::glyphs(13, 1);
    let sampler = TaskSampler::new(&dataset, 3, 10, 3, Sampling::Fresh).unwrap();
    let key = EpisodeKey::new(1, 0, 0);
    let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
    for name in [
        "predictive",
        "predictive(cut=z,back=fixed,y=belief)",
        "predictive(gradient=equilibrium)",
        "predictive(fixed-pred)",
    ] {
        let model = model(name, &[1e-2, -1e-3, 1e-3]);
        let episode = Episode::new(&model, key, &dataset, &task);
        let tape = Tape::<f64>::new();
        let live = episode.begin(&tape);
        let before: Vec<_> = live.carried().iter().map(|w| w.value()).collect();
        let (rule, theta) = episode.bind(&tape);
        for t in 0..30 {
            live.step(&rule, t);
        }
        let after: Vec<_> = live.carried().iter().map(|w| w.value()).collect();
        assert_ne!(before, after, "{name}");
        let gradients = live.evaluate(false).loss.backward();
        assert!(
            theta.iter().all(|&t| gradients.wrt(t).item() != 0.0),
            "{name}"
        );
        for (before, state) in before.iter().zip(live.carried()) {
            let rewound = state.rewound_value();
            let pairs = before.data().iter().zip(rewound.data());
            assert!(
                pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12),
                "{name}"
            );
        }
    }
}

/// Inference that leaves all bounds is an ordinary divergence of the episode.
#[test]
fn signals_that_are_not_finite_end_as_a_divergence() {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    for precision in [Precision::Single, Precision::Double] {
        for name in [
            "predictive(eta=50,n=2000)",
            "predictive(eta=50,n=2000,cut=z,y=belief)",
            "predictive(fixed-pred,eta=100,n=3000)",
            "predictive(eta=50,n=500,gradient=equilibrium)",
        ] {
            let settings = TrainSettings::new(model(name, &[1e-3, 0.0, 0.0]))
                .with_precision(precision)
                .with_episodes(1)
                .with_patience(u32::MAX);
            let trainer = Trainer::new(&settings, &dataset, &sampler);
            let mut diverged = 0;
            let _ = trainer.run_trial(0, &mut |record| {
                diverged += usize::from(record.diverged);
                ControlFlow::Continue(())
            });
            assert_eq!(diverged, 1, "{name}");
        }
    }
}

#[test]
fn a_trainer_learns_a_rule_on_these_signals() {
    let dataset = Dataset::glyphs(25, 1);
    let sampler = TaskSampler::new(&dataset, 3, 20, 5, Sampling::Fresh).unwrap();
    for name in ["predictive", "predictive(back=fixed)"] {
        let settings = TrainSettings::new(model(name, &[1e-3, 0.0, 0.0])).with_episodes(6);
        let trainer = Trainer::new(&settings, &dataset, &sampler);
        let run = || {
            let mut losses = Vec::new();
            let result = trainer.run_trial(0, &mut |record| {
                losses.push(record.query.cross_entropy);
                ControlFlow::Continue(())
            });
            (result.unwrap().theta, losses)
        };
        let (theta, losses) = run();
        assert!(
            theta[0] > 1e-3 && losses.iter().all(|loss| loss.is_finite()),
            "{name}: {theta:?}"
        );
        assert_eq!(run(), (theta, losses), "{name}");
    }
}
