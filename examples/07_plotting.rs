//! Plotting: two small meta-trainings as one page of figures, and a figure as an SVG file, without
//! the command line.
//!
//! ```text
//! cargo run --release --example 07_plotting
//! ```

use std::ops::ControlFlow;

use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::Model;
use metaplast::meta::train::{EpisodeRecord, TrainSettings, Trainer};
use metaplast::plasticity::{Architecture, Preset, Rule};
use metaplast::report::{Episode, Page, Run, Term, Trial, figures, standalone};

const TRIALS: u64 = 3;

/// Meta-trains a preset on small tasks and keeps what a page shows.
fn train(preset: Preset, dataset: &Dataset) -> Result<Run, Box<dyn std::error::Error>> {
    let sampler = TaskSampler::new(dataset, 5, 20, 10, Sampling::Fresh)?;
    let mut first = vec![0.0; preset.terms().len()];
    first[0] = 1e-3;
    let model = Model {
        architecture: Architecture::new(vec![784, 100, 70, 47])?,
        feedback: preset.feedback(),
        rule: Rule::preset(preset).with_theta(&first),
    };
    let settings = TrainSettings::new(model).with_episodes(60);
    let mut episodes = vec![Vec::new(); TRIALS as usize];
    let trainer = Trainer::new(&settings, dataset, &sampler);
    let results = trainer.run(TRIALS, &mut |record| {
        episodes[record.trial as usize].push(episode(record));
        ControlFlow::Continue(())
    })?;

    let rule = settings.model.rule.clone().with_theta(&results[0].theta);
    let terms = rule.terms().iter().map(|term| Term {
        symbol: term.symbol().to_owned(),
        name: term.name().to_owned(),
        formula: term.formula().to_owned(),
        locality: term.locality().describe().to_owned(),
    });
    let trials = results
        .iter()
        .zip(episodes)
        .map(|(result, episodes)| Trial {
            number: result.trial,
            episodes,
            theta: result.theta.clone(),
        });
    Ok(Run {
        name: preset.to_string(),
        terms: terms.collect(),
        rule: rule.to_string(),
        ways: 5,
        outputs: 47,
        trials: trials.collect(),
        settings: vec![("episodes".into(), settings.episodes.to_string())],
        command: "cargo run --release --example 07_plotting".into(),
    })
}

fn episode(record: &EpisodeRecord) -> Episode {
    let diagnostics = &record.diagnostics;
    let layers = diagnostics.weight_norms.len();
    Episode {
        meta_loss: record.meta_loss,
        cross_entropy: record.query.cross_entropy,
        accuracy: record.query.accuracy,
        theta: record.theta.clone(),
        angles: diagnostics.angles[1..layers].to_vec(),
        orthonormality: diagnostics.orthonormality.clone(),
        diverged: record.diverged,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(60, 1);
    let runs = [Preset::Fa, Preset::Bio].map(|preset| train(preset, &dataset));
    let runs: Vec<Run> = runs.into_iter().collect::<Result<_, _>>()?;

    let directory = std::env::temp_dir();
    let figure = figures(&runs).remove(0);
    let svg = directory.join("metaplast-accuracy.svg");
    std::fs::write(&svg, standalone(&figure))?;
    let page = Page {
        title: "Feedback alignment and the bio rule".into(),
        experiment: None,
        runs,
        program: "examples/07_plotting.rs".into(),
    };
    let html = directory.join("metaplast-plotting.html");
    std::fs::write(&html, page.to_html())?;
    println!("{}\n{}", html.display(), svg.display());
    Ok(())
}
