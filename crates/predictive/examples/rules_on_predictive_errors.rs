//! Rules learned on the errors of predictive coding, beside rules on fixed random feedback: thirty
//! episodes of meta-training on glyphs, what an episode costs, and what a tape holds at its end.
//!
//! ```text
//! cargo run --release -p metaplast-predictive --example rules_on_predictive_errors [EPISODES]
//! ```

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::{TrainSettings, Trainer};
use metaplast_meta::{Episode, Model};
use metaplast_plasticity::{Architecture, FeedbackLibrary, Preset, Rule};
use metaplast_predictive::feedback::pathways;

/// Pathways that are compared.
const NAMES: [&str; 9] = [
    "fixed",
    "attached",
    "predictive(fixed-pred)",
    "predictive(fixed-pred,back=fixed)",
    "predictive",
    "predictive(cut=z)",
    "predictive(back=fixed)",
    "predictive(y=belief)",
    "predictive(gradient=equilibrium)",
];

fn main() -> Result<(), Box<dyn Error>> {
    let episodes: u64 = std::env::args().nth(1).map_or(Ok(30), |n| n.parse())?;
    let library = pathways()
        .into_iter()
        .fold(FeedbackLibrary::default(), FeedbackLibrary::with);
    // The paper's tasks: 5 of 47 classes, 50 images of each to learn from.
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh)?;
    println!("784-170-130-100-70-47, f32, one thread, {episodes} episodes of 250 steps\n");
    println!(
        "{:<36} {:>10} {:>9} {:>9} {:>9} {:>9}",
        "feedback", "ms/episode", "tape MB", "loss", "accuracy", "diverged"
    );
    for name in NAMES {
        let model = Model {
            architecture: Architecture::paper(),
            feedback: library.find(name)?,
            rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
        };
        let bytes = tape_bytes(&model, &dataset, &sampler);
        let settings = TrainSettings::new(model).with_episodes(episodes);
        let trainer = Trainer::new(&settings, &dataset, &sampler);
        let mut last = Vec::new();
        let begin = Instant::now();
        let result = trainer.run_trial(0, &mut |record| {
            if record.episode + 10 >= episodes && !record.diverged {
                last.push((record.query.cross_entropy, record.query.accuracy));
            }
            ControlFlow::Continue(())
        })?;
        let time = begin.elapsed().as_secs_f64() * 1e3 / episodes as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
            last.iter().map(of).sum::<f64>() / last.len().max(1) as f64
        };
        println!(
            "{name:<36} {time:>10.1} {:>9.1} {:>9.3} {:>9.3} {:>9}",
            bytes as f64 / 1e6,
            mean(&|(loss, _)| *loss),
            mean(&|(_, accuracy)| *accuracy),
            result.diverged
        );
    }
    println!("\nLoss and accuracy on query images: means over the last ten episodes.");
    Ok(())
}

/// Bytes that the tape holds of one episode before its sweep, states included.
fn tape_bytes(model: &Model, dataset: &Dataset, sampler: &TaskSampler) -> usize {
    let key = EpisodeKey::new(1, 0, 0);
    let task = sampler.sample(dataset, &mut key.stream(Purpose::Task));
    let episode = Episode::new(model, key, dataset, &task);
    let tape = Tape::<f32>::new();
    let live = episode.begin(&tape);
    let (rule, _) = episode.bind(&tape);
    for t in 0..250 {
        live.step(&rule, t);
    }
    tape.memory().total()
}
