//! Who follows an experiment.

/// Follows an experiment, and can stop it.
pub trait ExperimentMonitor: Sync {
    /// So many pieces of work of equal size begin, under a title.
    fn begin(&self, pieces: u64, title: &str) {
        let _ = (pieces, title);
    }

    /// One of them is done.
    fn tick(&self) {}

    /// Something worth telling.
    fn say(&self, text: &str) {
        let _ = text;
    }

    /// Whether to stop as soon as may be.
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Nobody follows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl ExperimentMonitor for Silent {}
