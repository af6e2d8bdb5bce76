//! Ctrl-C and the other signals that ask a process to end: once to end well, twice to end at once.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output::complain;
use crate::error::INTERRUPTED;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static LISTEN: Once = Once::new();

/// From now on the first signal only sets [`requested`]; the second ends the process.
pub(crate) fn listen(quiet: bool) {
    LISTEN.call_once(|| {
        let handler = move || {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                // Nothing is lost: what is on disk can be taken up at any moment.
                std::process::exit(i32::from(INTERRUPTED));
            }
            if !quiet {
                complain("stopping after this episode; press Ctrl-C again to quit now");
            }
        };
        // Where signals cannot be heard they end the process, and the last checkpoint stays.
        let _ = ctrlc::set_handler(handler);
    });
}

/// Whether the process was asked to end.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
