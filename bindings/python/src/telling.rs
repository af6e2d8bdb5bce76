//! What a training tells the interpreter's thread, by a channel.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, Mutex};

use metaplast_meta::gradient::Outcome;
use metaplast_meta::train::{EpisodeExecutor, EpisodeRecord, Location, TrainError};
use metaplast_runs::settings::Config;
use metaplast_runs::train::{Monitor, RunExecutor};
use metaplast_runs::{Error, toml_text};

/// What the training tells.
pub(crate) enum Message {
    /// Settings with every choice made.
    Begun {
        settings: String,
    },
    Episode(Box<EpisodeRecord>),
    Note(String),
    /// Episodes that somebody else is to run.
    Wanted {
        trial: u64,
        episodes: Range<u64>,
        theta: Vec<f64>,
        reply: Sender<Vec<Outcome>>,
    },
    Ended(Result<Ended, Failure>),
}

pub(crate) struct Ended {
    pub(crate) directory: PathBuf,
    pub(crate) finished: bool,
}

pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Where a trial gave up, if that is why.
    pub(crate) gave_up: Option<(u64, Option<Location>)>,
}

/// Tells the interpreter how the training goes.
pub(crate) struct Teller {
    pub(crate) sender: SyncSender<Message>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) gave_up: Option<(u64, Option<Location>)>,
}

impl Teller {
    fn tell(&self, message: Message) {
        if self.sender.send(message).is_err() {
            self.stop.store(true, Ordering::SeqCst);
        }
    }
}

impl Monitor for Teller {
    fn begin(&mut self, config: &Config) {
        let settings = toml_text::write(&config.to_settings(String::new()));
        self.tell(Message::Begun { settings });
    }

    fn episode(&mut self, record: &EpisodeRecord) {
        self.tell(Message::Episode(Box::new(record.clone())));
    }

    fn gave_up(&mut self, error: &TrainError) {
        if let TrainError::Diverged {
            episode,
            divergence,
            ..
        } = error
        {
            let location = divergence
                .as_ref()
                .map(|divergence| divergence.location.clone());
            self.gave_up = Some((*episode, location));
        }
    }

    fn note(&mut self, text: &str) {
        self.tell(Message::Note(text.to_owned()));
    }

    fn warning(&mut self, text: &str) {
        self.tell(Message::Note(text.to_owned()));
    }

    fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// Asks the interpreter for outcomes.
pub(crate) struct Asking(pub(crate) Mutex<SyncSender<Message>>);

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asking")
    }
}

// The settings go to the interpreter by the monitor.
impl RunExecutor for Asking {}

impl EpisodeExecutor for Asking {
    fn outcomes(&self, trial: u64, episodes: Range<u64>, theta: &[f64]) -> Option<Vec<Outcome>> {
        let (reply, answer) = channel();
        let sender = self.0.lock().ok()?.clone();
        let wanted = Message::Wanted {
            trial,
            episodes: episodes.clone(),
            theta: theta.to_vec(),
            reply,
        };
        sender.send(wanted).ok()?;
        let outcomes = answer.recv().ok()?;
        (outcomes.len() as u64 == episodes.end - episodes.start).then_some(outcomes)
    }
}
