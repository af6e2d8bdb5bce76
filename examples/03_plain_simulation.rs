//! A first plasticity simulation: a network learns five characters online, one image at a time, and
//! nothing is differentiated. Try another rule, or another θ.
//!
//! ```text
//! cargo run --release --example 03_plain_simulation
//! ```

use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::seeds::{EpisodeKey, Purpose};
use metaplast::meta::simulate::{CurvePoint, simulate};
use metaplast::meta::{Episode, Model, Precision};
use metaplast::plasticity::{Architecture, Preset, Rule};

/// From which everything random follows.
const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A task: five of 47 characters, 50 images each to learn from, 20 to be examined on.
    let dataset = Dataset::glyphs(70, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 20, Sampling::Fresh)?;
    let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));
    let names = task.classes.iter().map(|&c| dataset.class_name(c));
    println!(
        "the task: tell {} apart",
        names.collect::<Vec<_>>().join(" ")
    );

    // The same start for every rule: the same weights W and, where it has them, the same feedback B.
    for (preset, theta) in [
        (Preset::Fa, &[0.01][..]),
        (Preset::Bp, &[0.02]),
        (Preset::EHebb, &[0.012, -0.08]),
        (Preset::Bio, &[0.012, -0.045, 0.005]),
    ] {
        let model = Model {
            architecture: Architecture::paper(),
            feedback: preset.feedback(),
            rule: Rule::preset(preset).with_theta(theta),
        };
        let episode = Episode::new(&model, KEY, &dataset, &task);
        println!("\n{preset}: {}", model.rule);
        println!("  images seen   query loss   right");
        let mut show = |point: &CurvePoint| {
            let score = point.query;
            let percent = 100.0 * score.accuracy;
            println!(
                "{:>13}{:>13.3}{percent:>7.0}%",
                point.step, score.cross_entropy
            );
        };
        simulate(&episode, Precision::Single, 50, &mut show);
    }
    Ok(())
}
