//! Monitors: how a run talks to whoever started it, and is asked to stop.

use std::io;

use metaplast_meta::train::{EpisodeRecord, TrainError};

use crate::settings::Config;

/// Follows a run. Every method has a default, so that `()` follows in silence to the end.
pub trait Monitor: Send {
    /// All input is valid, and the first file is about to be written or the run about to be resumed.
    fn begin(&mut self, _config: &Config) {}

    /// An episode has ended. Those of one trial come in order, those of different trials in any.
    fn episode(&mut self, _record: &EpisodeRecord) {}

    /// A row of `episodes.csv`, in the order of the file: by trial, then by episode.
    ///
    /// # Errors
    /// An error stops the run, which can be resumed.
    fn row(&mut self, _record: &EpisodeRecord) -> io::Result<()> {
        Ok(())
    }

    /// A trial gave up because its episodes kept diverging, while others may still run.
    fn gave_up(&mut self, _error: &TrainError) {}

    /// Something worth knowing, in one line.
    fn note(&mut self, _text: &str) {}

    /// Something that may be wrong with the run, in one line.
    fn warning(&mut self, _text: &str) {}

    /// Whether the run is to stop; asked after each meta-batch.
    fn stop_requested(&self) -> bool {
        false
    }
}

impl Monitor for () {}
