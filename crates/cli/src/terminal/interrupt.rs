//! Ctrl-C and the other signals that ask a process to end: once to end well, twice to end at once.
//!
//! A signal that was ignored when the process began stays ignored: `nohup` ignores SIGHUP so that the
//! process outlives its terminal, and a shell without job control ignores SIGINT for what it starts in
//! the background.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output::complain;
use crate::error::INTERRUPTED;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static LISTEN: Once = Once::new();

/// From now on the first signal only sets [`requested`]; the second ends the process.
pub(crate) fn listen(quiet: bool) {
    LISTEN.call_once(|| {
        hear(move || {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                // Nothing is lost: what is on disk can be taken up at any moment.
                std::process::exit(i32::from(INTERRUPTED));
            }
            if !quiet {
                complain("stopping as soon as what is under way is saved; press Ctrl-C again to quit now");
            }
        });
    });
}

/// Whether the process was asked to end.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Calls `heard` at every signal, on a thread of its own. Where signals cannot be heard they end the
/// process, and the last checkpoint stays.
#[cfg(target_os = "linux")]
fn hear(heard: impl Fn() + Send + 'static) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored_signals(&status);
    let listened = [SIGHUP, SIGINT, SIGTERM];
    let listened = listened
        .into_iter()
        .filter(|&signal| ignored & (1 << (signal - 1)) == 0);
    let Ok(mut signals) = Signals::new(listened) else {
        return;
    };
    std::thread::spawn(move || signals.forever().for_each(|_| heard()));
}

/// The mask of ignored signals in `/proc/self/status`: bit n − 1 for signal n.
#[cfg(target_os = "linux")]
fn ignored_signals(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// The same for other systems, where it cannot be asked which signals are ignored: where one of them
/// is, all keep what the parent set.
#[cfg(not(target_os = "linux"))]
fn hear(heard: impl Fn() + Send + 'static) {
    let _ = ctrlc::try_set_handler(heard);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status_of_the_process() {
        assert_eq!(
            ignored_signals("Name:\tx\nSigIgn:\t0000000000001001\n"),
            0x1001
        );
        assert_eq!(ignored_signals(""), 0);
    }
}
