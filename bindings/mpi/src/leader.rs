//! Leader: the training on rank 0, whose episodes all ranks run.

use std::env;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use metaplast_meta::gradient::Outcome;
use metaplast_meta::train::EpisodeExecutor;
use metaplast_runs::settings::Settings;
use metaplast_runs::toml_text;
use metaplast_runs::train::RunExecutor;
use mpi::topology::SimpleCommunicator;

use crate::exchange::{broadcast, gather};
use crate::member;
use crate::words::{self, Batch};

/// How long a step waits for further trials, whose meta-batches are due at about the same time.
const GATHERING: Duration = Duration::from_millis(1);

/// Trains by the arguments of the process, and returns the command's exit code.
pub(crate) fn lead(world: &SimpleCommunicator) -> u8 {
    let (sender, requests) = channel();
    let training = thread::spawn(move || {
        let ranks = Ranks(Mutex::new(sender));
        metaplast_cli::run_on(env::args_os(), &ranks)
    });
    serve(world, &requests);
    // What the other ranks take for the end.
    let _ = broadcast(world, Vec::new());
    // Its panic has been reported where it happened.
    training.join().unwrap_or(101)
}

/// Serves the training until that has ended.
fn serve(world: &SimpleCommunicator, requests: &Receiver<Request>) {
    let Ok(Request::Begin { settings, trials }) = requests.recv() else {
        return;
    };
    let _ = broadcast(world, words::of_text(&settings));
    let worker = member::worker(world, &settings);
    let mut run = worker.runner();
    while let Ok(first) = requests.recv() {
        let mut waiting = vec![first];
        while waiting.len() < trials
            && let Ok(next) = requests.recv_timeout(GATHERING)
        {
            waiting.push(next);
        }
        let (batches, replies): (Vec<Batch>, Vec<Sender<Vec<Outcome>>>) = waiting
            .into_iter()
            .filter_map(|request| match request {
                Request::Outcomes { batch, reply } => Some((batch, reply)),
                Request::Begin { .. } => None,
            })
            .unzip();
        let _ = broadcast(world, words::of_batches(&batches));
        let gathered = gather(world, &member::block(world, &batches, &mut run));
        let mut outcomes = words::outcomes(&gathered).into_iter();
        for (batch, reply) in batches.iter().zip(replies) {
            let n = batch.episodes.end - batch.episodes.start;
            let own = outcomes.by_ref().take(n as usize).collect();
            // A training that is at its end does not listen any more.
            let _ = reply.send(own);
        }
    }
}

/// What the training asks of the ranks.
enum Request {
    /// To read the run's images.
    Begin { settings: String, trials: usize },
    /// To run a meta-batch.
    Outcomes {
        batch: Batch,
        reply: Sender<Vec<Outcome>>,
    },
}

/// All ranks, as the training knows them.
struct Ranks(Mutex<Sender<Request>>);

impl Ranks {
    fn ask(&self, request: Request) -> Option<()> {
        self.0.lock().ok()?.send(request).ok()
    }
}

impl fmt::Debug for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ranks")
    }
}

impl RunExecutor for Ranks {
    fn begin(&self, settings: &Settings) {
        let trials = settings.trials.unwrap_or(1);
        let settings = toml_text::write(settings);
        // Without it the next request fails, which says so.
        let _ = self.ask(Request::Begin {
            settings,
            trials: usize::try_from(trials).unwrap_or(usize::MAX),
        });
    }
}

impl EpisodeExecutor for Ranks {
    fn outcomes(&self, trial: u64, episodes: Range<u64>, theta: &[f64]) -> Option<Vec<Outcome>> {
        let (reply, answer) = channel();
        let theta = theta.to_vec();
        let batch = Batch {
            trial,
            episodes,
            theta,
        };
        self.ask(Request::Outcomes { batch, reply })?;
        answer.recv().ok()
    }
}
