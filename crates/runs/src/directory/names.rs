//! Names of the files in the directories that runs and commands make.

/// The directory below which directories lie that nobody named.
pub const RUNS: &str = "runs";
/// Every setting of a run.
pub const CONFIG: &str = "config.toml";
/// One row for each episode.
pub const EPISODES: &str = "episodes.csv";
/// A rule with its coefficients, and where it comes from.
pub const RULE: &str = "rule.toml";
/// The same for people.
pub const RULE_PAGE: &str = "rule.md";
/// The latest checkpoint of a run.
pub const CHECKPOINT: &str = "checkpoint.toml";
/// The one before it, for when the latest is damaged.
pub const PREVIOUS_CHECKPOINT: &str = "checkpoint.previous.toml";
/// What became of a latest one that could not be read.
pub const DAMAGED_CHECKPOINT: &str = "checkpoint.damaged.toml";
/// The file whose lock is that of the directory. It stays when the lock goes: removing it could take
/// it from under a process that has just opened it.
pub const LOCK: &str = ".lock";
/// Figures and tables about runs.
pub const REPORT: &str = "report.html";
/// Coefficients that were fitted to recordings, with intervals.
pub const FIT: &str = "fit.csv";
/// Candidate terms, how each does alone and which were chosen.
pub const CANDIDATES: &str = "candidates.csv";
/// Which term moved the weights how far.
pub const EXPLANATION: &str = "explanation.csv";
/// Net and images of a net that predictive coding has trained.
pub const NET: &str = "net.toml";
/// What an experiment found, as data.
pub const RESULTS: &str = "results.json";
/// The directory of an experiment's finished measurements.
pub const MEASUREMENTS: &str = "measurements";
/// A learning curve.
pub const CURVE: &str = "curve.csv";
/// Weights at the end of a simulation.
pub const WEIGHTS: &str = "weights.safetensors";
/// Recorded weights and activity, for fitting.
pub const RECORDING: &str = "recording.npz";
/// The runs of a sweep as a table.
pub const SWEEP: &str = "sweep.csv";
/// What a search has tried.
pub const SEARCH: &str = "search.csv";
/// How the rules of a sweep did on other tasks.
pub const TRANSFER: &str = "transfer.csv";

/// Rows of a trial that wait for the trials before it to end.
#[must_use]
pub fn waiting_rows(trial: u64) -> String {
    format!(".waiting-{trial}.csv")
}
