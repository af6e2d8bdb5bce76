//! The pool of threads on which a command works. Their number changes no bit of any result.

use rayon::ThreadPool;

use crate::error::Error;

/// More threads than this are a slip of the finger.
const MOST: u64 = 1024;

/// A pool of `threads`, by default as many as the machine runs at once.
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
