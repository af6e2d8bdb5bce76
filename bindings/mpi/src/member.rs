//! Member: a rank's own block of the episodes of a step.

use std::path::Path;

use metaplast_meta::train::RunEpisode;
use metaplast_runs::Error;
use metaplast_runs::settings::{Config, Settings};
use metaplast_runs::train::EpisodeWorker;
use mpi::topology::{Communicator, SimpleCommunicator};

use crate::exchange::{broadcast, gather};
use crate::words::{self, Batch};

/// Exit code of a job of which a rank cannot read what it needs.
const FAILED: i32 = 1;

/// Runs blocks of episodes until the leader has no more.
pub(crate) fn follow(world: &SimpleCommunicator) {
    let settings = broadcast(world, Vec::new());
    // The leader ended before it had a run.
    if settings.is_empty() {
        return;
    }
    let worker = worker(world, &words::text(&settings));
    let mut run = worker.runner();
    loop {
        let batches = broadcast(world, Vec::new());
        if batches.is_empty() {
            return;
        }
        let _ = gather(world, &block(world, &words::batches(&batches), &mut run));
    }
}

/// The images of the run with these settings. Where this rank has others or none, the whole job ends.
pub(crate) fn worker(world: &SimpleCommunicator, settings: &str) -> EpisodeWorker {
    let open = || -> Result<EpisodeWorker, Error> {
        let settings = Settings::parse(settings, Path::new("settings"))?;
        let libraries = metaplast_cli::libraries::all();
        let config = Config::resolve_with(&settings, &Settings::default(), None, &libraries)?;
        EpisodeWorker::new(config)
    };
    open().unwrap_or_else(|error| {
        eprintln!("error: rank {}: {error}", world.rank());
        world.abort(FAILED)
    })
}

/// The outcomes, as words, of this rank's block of the episodes.
pub(crate) fn block(
    world: &SimpleCommunicator,
    batches: &[Batch],
    run: &mut RunEpisode<'_>,
) -> Vec<u64> {
    let (rank, ranks) = (world.rank() as usize, world.size() as usize);
    let episodes = batches.iter().flat_map(|batch| {
        let episodes = batch.episodes.clone();
        episodes.map(move |episode| (batch, episode))
    });
    let all: Vec<_> = episodes.collect();
    let mut words = Vec::new();
    for (batch, episode) in &all[all.len() * rank / ranks..all.len() * (rank + 1) / ranks] {
        words::put_outcome(&mut words, &run(batch.trial, *episode, &batch.theta));
    }
    words
}
