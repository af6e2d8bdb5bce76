//! An experiment as the terminal shows it.

use std::sync::{Mutex, PoisonError};

use metaplast_experiment::ExperimentMonitor;

use crate::terminal::interrupt;
use crate::terminal::progress::Overall;

/// A bar or lines for the work that is going on.
pub(super) struct Shown {
    silent: bool,
    work: Mutex<Option<Overall>>,
}

impl Shown {
    pub(super) fn new(silent: bool) -> Self {
        interrupt::listen(silent);
        let work = Mutex::new(None);
        Shown { silent, work }
    }

    fn with(&self, act: impl FnOnce(&mut Option<Overall>)) {
        act(&mut self.work.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl ExperimentMonitor for Shown {
    fn begin(&self, pieces: u64, title: &str) {
        let begun = Overall::new(self.silent, pieces, title);
        self.with(|work| *work = Some(begun));
    }

    fn tick(&self) {
        self.with(|work| work.iter().for_each(Overall::tick));
    }

    fn say(&self, text: &str) {
        self.with(|work| match (work, self.silent) {
            (Some(work), _) => work.say(text),
            (None, false) => crate::terminal::output::complain(text),
            (None, true) => {}
        });
    }

    fn stop_requested(&self) -> bool {
        interrupt::requested()
    }
}
