//! The pool of threads on which a command works. Their number changes no bit of any result.

use rayon::ThreadPool;

use crate::error::Error;

/// Upper bound, against typing errors.
const MOST: u64 = 1024;

/// A pool of `threads`, by default as many as the machine runs at once.
///
/// # Errors
/// When the number is 0 or too large, or the operating system refuses.
pub fn pool(threads: Option<u64>) -> Result<ThreadPool, Error> {
    let wrong = |reason: String| Error::setting("--threads", reason);
    let threads = match threads {
        Some(n @ 1..=MOST) => n as usize,
        Some(n) => return Err(wrong(format!("{n} threads; choose 1 to {MOST}"))),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|cause| {
            wrong(format!(
                "cannot start {threads} threads: {cause}; ask for fewer"
            ))
        })
}

/// A pool for a run whose episodes an executor runs: its threads wait, one for each of `trials`, at most 64.
///
/// # Errors
/// When the operating system refuses.
pub fn waiting(trials: u64) -> Result<ThreadPool, Error> {
    pool(Some(trials.clamp(1, 64)))
}
