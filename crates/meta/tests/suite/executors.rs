//! Episodes that somebody else runs give the same training.

use std::ops::{ControlFlow, Range};

use metaplast_meta::gradient::Outcome;
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::train::{EpisodeExecutor, TrainError, TrainSettings, Trainer};
use metaplast_plasticity::Preset;

use crate::world::{World, settings, world};

/// Runs each episode alone, the last one first, on a trainer of its own.
#[derive(Debug)]
struct Elsewhere<'a> {
    world: &'a World,
    settings: TrainSettings,
    /// Stops before this episode.
    until: u64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl EpisodeExecutor for Elsewhere<'_> {
    fn outcomes(&self, trial: u64, episodes: Range<u64>, theta: &[f64]) -> Option<Vec<Outcome>> {
        if episodes.end > self.until {
            return None;
        }
        let World { dataset, sampler } = self.world;
        let mut outcomes = Vec::new();
        for episode in episodes.rev() {
            let trainer = Trainer::new(&self.settings, dataset, sampler);
            outcomes.insert(0, trainer.runner()(trial, episode, theta));
        }
        Some(outcomes)
    }
}

#[test]
fn outcomes_from_elsewhere_change_no_bit() {
    let world = world();
    let settings = settings(Preset::Pool, OptimizerKind::STEADY).with_meta_batch(4);
    let trainer = Trainer::new(&settings, &world.dataset, &world.sampler);
    let run = |trainer: Trainer<'_>| {
        let mut records = Vec::new();
        let result = trainer.run_trial(0, &mut |record| {
            records.push(record.clone());
            ControlFlow::Continue(())
        });
        (result, records)
    };
    let alone = run(trainer);
    let mut elsewhere = Elsewhere {
        world: &world,
        settings: settings.clone(),
        until: u64::MAX,
    };
    assert_eq!(alone, run(trainer.with_executor(Some(&elsewhere))));
    elsewhere.until = 8;
    let (result, records) = run(trainer.with_executor(Some(&elsewhere)));
    assert_eq!(result, Err(TrainError::Stopped));
    assert_eq!(records[..], alone.1[..8]);
}
