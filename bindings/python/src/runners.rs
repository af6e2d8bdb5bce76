//! Runners of episodes, which keep their tapes from call to call.

use std::sync::Mutex;

use metaplast_meta::Precision;
use metaplast_meta::gradient::{EpisodeRunner, GradientMode};

use crate::arrays::Float;

/// Runners that keep their tapes from call to call, whichever thread calls.
pub(crate) struct Runners<T: Float>(Mutex<Vec<EpisodeRunner<T>>>);

/// Runners beyond this many are given back when their call ends.
const MOST_RUNNERS: usize = 8;

static SINGLE: Runners<f32> = Runners(Mutex::new(Vec::new()));
static DOUBLE: Runners<f64> = Runners(Mutex::new(Vec::new()));

/// Numbers that have runners.
pub(crate) trait Pooled: Float {
    const PRECISION: Precision;

    fn runners() -> &'static Runners<Self>;
}

impl Pooled for f32 {
    const PRECISION: Precision = Precision::Single;

    fn runners() -> &'static Runners<f32> {
        &SINGLE
    }
}

impl Pooled for f64 {
    const PRECISION: Precision = Precision::Double;

    fn runners() -> &'static Runners<f64> {
        &DOUBLE
    }
}

impl<T: Float> Runners<T> {
    /// Lends a runner of the usual mode. A process that was forked while another thread was here finds
    /// the list locked for ever, and does without.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut EpisodeRunner<T>) -> R) -> R {
        let kept = self.0.try_lock().ok().and_then(|mut list| list.pop());
        let mut runner = kept.unwrap_or_else(|| EpisodeRunner::new(GradientMode::default()));
        let result = work(&mut runner);
        runner.tape().reset();
        if let Ok(mut list) = self.0.try_lock()
            && list.len() < MOST_RUNNERS
        {
            list.push(runner);
        }
        result
    }
}
