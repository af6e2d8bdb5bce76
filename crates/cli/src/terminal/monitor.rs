//! A meta-training as the terminal shows it: progress and remarks, or a JSON object for each episode.

use std::io;

use metaplast_meta::train::EpisodeRecord;
use metaplast_runs::settings::{Config, rule};
use metaplast_runs::train::Monitor;

use super::json::episode_line;
use super::progress::Progress;
use super::{interrupt, output};

/// How much a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Progress and a summary.
    Normal,
    /// Nothing.
    Quiet,
    /// A JSON object for each episode.
    Json,
}

/// Shows one meta-training.
pub(crate) struct TerminalMonitor {
    verbosity: Verbosity,
    symbols: Vec<String>,
    progress: Option<Progress>,
}

impl TerminalMonitor {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        TerminalMonitor {
            verbosity,
            symbols: Vec::new(),
            progress: None,
        }
    }
}

impl Monitor for TerminalMonitor {
    fn begin(&mut self, config: &Config) {
        let silent = self.verbosity != Verbosity::Normal;
        interrupt::listen(silent);
        self.symbols = rule::names(&config.rule);
        self.progress = (!silent).then(|| {
            let symbols = self.symbols.clone();
            Progress::new(symbols, config.episodes, config.trials)
        });
    }

    fn episode(&mut self, record: &EpisodeRecord) {
        if let Some(progress) = &mut self.progress {
            progress.show(record);
        }
    }

    fn row(&mut self, record: &EpisodeRecord) -> io::Result<()> {
        match self.verbosity {
            Verbosity::Json => output::raw(&(episode_line(&self.symbols, record) + "\n")),
            _ => Ok(()),
        }
    }

    fn note(&mut self, text: &str) {
        if let Some(progress) = &self.progress {
            progress.say(text);
        }
    }

    fn warning(&mut self, text: &str) {
        output::complain(text);
    }

    fn stop_requested(&self) -> bool {
        interrupt::requested()
    }
}
