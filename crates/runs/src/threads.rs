//! The threads on which a command works: a pool, of episodes side by side, each of whose threads leads a team that
//! shares the matrices of its episode. Their numbers change no bit of any result.

use std::io;
use std::sync::Mutex;
use std::thread;

use metaplast_tensor::Team;
use rayon::{ThreadBuilder, ThreadPool};

use crate::error::Error;

/// Upper bound, against typing errors.
const MOST: u64 = 1024;

/// A pool of `threads`, by default as many as the machine runs at once.
///
/// # Errors
/// When the number is 0 or too large, or the operating system refuses.
pub fn pool(threads: Option<u64>) -> Result<ThreadPool, Error> {
    pool_of_teams(threads, None)
}

/// A pool of `threads`, each of which leads a [`team`] of its own; by default as many as the machine runs at once with
/// teams of this size.
///
/// # Errors
/// When a number is 0 or too large, or the operating system refuses.
pub fn pool_of_teams(
    threads: Option<u64>,
    episode_threads: Option<u64>,
) -> Result<ThreadPool, Error> {
    let episode_threads = counted("--episode-threads", episode_threads.unwrap_or(1))?;
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let threads = match threads {
        Some(threads) => counted("--threads", threads)?,
        None => (processors() / episode_threads).max(1),
    };
    let teams = (0..threads).map(|_| team_of(episode_threads));
    let teams = Mutex::new(teams.collect::<Result<Vec<Team>, Error>>()?);
    let start = |thread: ThreadBuilder| {
        let team = teams.lock().ok().and_then(|mut teams| teams.pop());
        let team = team.ok_or_else(|| io::Error::other("no team is left"))?;
        thread::Builder::new().spawn(move || team.lead(|| thread.run()))?;
        Ok(())
    };
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
    builder.spawn_handler(start).build().map_err(|cause| {
        let reason = format!("cannot start {threads} threads: {cause}; ask for fewer");
        Error::setting("--threads", reason)
    })
}

/// A pool for a run whose episodes an executor runs: its threads wait, one for each of `trials`, at most 64.
///
/// # Errors
/// When the operating system refuses.
pub fn waiting(trials: u64) -> Result<ThreadPool, Error> {
    pool(Some(trials.clamp(1, 64)))
}

/// A team of `episode_threads`, by default the thread that leads it alone, for one episode.
///
/// # Errors
/// When the number is 0 or too large, or the operating system refuses.
pub fn team(episode_threads: Option<u64>) -> Result<Team, Error> {
    team_of(counted("--episode-threads", episode_threads.unwrap_or(1))?)
}

fn team_of(threads: usize) -> Result<Team, Error> {
    Team::new(threads).map_err(|cause| {
        let reason = format!("cannot start {threads} threads: {cause}; ask for fewer");
        Error::setting("--episode-threads", reason)
    })
}

fn counted(flag: &str, threads: u64) -> Result<usize, Error> {
    match threads {
        n @ 1..=MOST => Ok(n as usize),
        n => Err(Error::setting(
            flag,
            format!("{n} threads; choose 1 to {MOST}"),
        )),
    }
}
