//! How far a meta-training is: bars on a terminal, plain lines elsewhere, on standard error.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use console::{Term, is_dumb};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use metaplast_data::text::escaped_lines;
use metaplast_meta::train::EpisodeRecord;
use metaplast_plasticity::digits::significant;
use metaplast_runs::numbers::theta_in_words;

use super::output::complain;

/// Episodes over which loss and accuracy are averaged, and between two plain lines.
const WINDOW: usize = 25;
/// Seconds between two plain lines about pieces of work.
const BETWEEN_LINES: u64 = 10;

/// Shows the progress of all trials of a meta-training.
pub(crate) struct Progress {
    display: Display,
    symbols: Vec<String>,
    episodes: u64,
    trials: u64,
    begin: Instant,
    running: BTreeMap<u64, Running>,
}

enum Display {
    Lines,
    Bars(MultiProgress, BTreeMap<u64, ProgressBar>),
}

#[derive(Default)]
struct Running {
    /// Episodes before the first that was shown.
    before: u64,
    last: VecDeque<(f64, f64)>,
}

impl Progress {
    /// For `trials` trials of `episodes` episodes each, of a rule whose coefficients are `symbols`.
    pub(crate) fn new(symbols: Vec<String>, episodes: u64, trials: u64) -> Self {
        let display = match has_bars() {
            true => Display::Bars(MultiProgress::new(), BTreeMap::new()),
            false => Display::Lines,
        };
        Progress {
            display,
            symbols,
            episodes,
            trials,
            begin: Instant::now(),
            running: BTreeMap::new(),
        }
    }

    /// Tells of one more episode.
    pub(crate) fn show(&mut self, record: &EpisodeRecord) {
        let running = self.running.entry(record.trial).or_insert_with(|| Running {
            before: record.episode,
            ..Running::default()
        });
        running.add(record);
        let before = running.before;
        let message = format!(
            "loss {}  accuracy {:.3}  θ {}{}",
            significant(running.mean(|&(loss, _)| loss), 3),
            running.mean(|&(_, accuracy)| accuracy),
            theta_in_words(&self.symbols, &record.theta),
            match record.diverged_so_far {
                0 => String::new(),
                n => format!("  {n} diverged"),
            }
        );
        let title = title(self.trials, record.trial);
        let done = record.episode + 1;
        match &mut self.display {
            Display::Lines => {
                if done.is_multiple_of(WINDOW as u64) || done == self.episodes {
                    let passed = self.begin.elapsed();
                    let pace = passed.as_secs_f64() / (done - before) as f64;
                    let left = Duration::from_secs_f64(pace * (self.episodes - done) as f64);
                    let width = self.episodes.to_string().len();
                    complain(&format!(
                        "{title}episode {done:>width$}/{}  {message}  {} left",
                        self.episodes,
                        clock(left)
                    ));
                }
            }
            Display::Bars(all, bars) => {
                let bar = bars.entry(record.trial).or_insert_with(|| {
                    let bar = all.add(ProgressBar::new(self.episodes).with_position(before));
                    bar.set_style(bar_style());
                    bar.set_prefix(title);
                    bar
                });
                bar.set_position(done);
                bar.set_message(message);
                if done == self.episodes {
                    bar.finish();
                }
            }
        }
    }
}

impl Progress {
    /// Says something besides the progress.
    pub(crate) fn say(&self, text: &str) {
        match &self.display {
            Display::Lines => complain(text),
            Display::Bars(all, _) => {
                let _ = all.println(&*escaped_lines(text));
            }
        }
    }
}

impl Drop for Progress {
    /// Leaves the bars of trials that stopped early where they are.
    fn drop(&mut self) {
        if let Display::Bars(_, bars) = &self.display {
            bars.values().for_each(ProgressBar::abandon);
        }
    }
}

impl Running {
    fn add(&mut self, record: &EpisodeRecord) {
        if self.last.len() == WINDOW {
            self.last.pop_front();
        }
        let query = record.query;
        self.last.push_back((query.cross_entropy, query.accuracy));
    }

    fn mean(&self, get: impl Fn(&(f64, f64)) -> f64) -> f64 {
        self.last.iter().map(get).sum::<f64>() / self.last.len() as f64
    }
}

/// The progress of equal pieces of work: a bar on a terminal, a line now and then elsewhere.
#[derive(Debug)]
pub(crate) struct Overall {
    bar: ProgressBar,
    /// Where there is no bar: what the pieces are, in the plural.
    lines: Option<String>,
    all: u64,
    done: AtomicU64,
    begin: Instant,
    /// The second of the last line.
    told: AtomicU64,
}

impl Overall {
    /// For this many pieces, whose title says in the plural what they are.
    pub(crate) fn new(silent: bool, all: u64, title: &str) -> Self {
        let bar = plain_bar(silent, all, title);
        Overall {
            lines: (!silent && bar.is_hidden()).then(|| title.to_owned()),
            bar,
            all,
            done: AtomicU64::new(0),
            begin: Instant::now(),
            told: AtomicU64::new(0),
        }
    }

    /// One more piece is done.
    pub(crate) fn tick(&self) {
        self.bar.inc(1);
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let Some(title) = &self.lines else {
            return;
        };
        let passed = self.begin.elapsed().as_secs();
        let told = self.told.load(Ordering::Relaxed);
        let alone = || {
            let order = Ordering::Relaxed;
            self.told
                .compare_exchange(told, passed, order, order)
                .is_ok()
        };
        if passed >= told + BETWEEN_LINES && done < self.all && alone() {
            let pace = self.begin.elapsed().as_secs_f64() / done as f64;
            let left = Duration::from_secs_f64(pace * (self.all - done) as f64);
            let all = self.all;
            complain(&format!("{done}/{all} {title}  {} left", clock(left)));
        }
    }

    /// Says something besides the progress.
    pub(crate) fn say(&self, text: &str) {
        match (&self.lines, self.bar.is_hidden()) {
            (Some(_), _) => complain(text),
            (None, false) => self.bar.println(&*escaped_lines(text)),
            (None, true) => {}
        }
    }
}

impl Drop for Overall {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether standard error is a terminal that can draw bars: it can move its cursor, and has room.
/// Everything else gets plain lines.
pub(crate) fn has_bars() -> bool {
    /// For a bar and how much is done.
    const LEAST_COLUMNS: u16 = 20;
    let terminal = Term::stderr();
    let wide = terminal
        .size_checked()
        .is_none_or(|(_, columns)| columns >= LEAST_COLUMNS);
    terminal.is_term() && !is_dumb() && wide
}

/// A bar for a number of equal pieces of work; hidden where there is no terminal.
pub(crate) fn plain_bar(silent: bool, pieces: u64, title: &str) -> ProgressBar {
    if silent || !has_bars() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(pieces);
    bar.set_style(bar_style());
    bar.set_prefix(format!("{title}  "));
    bar
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}{wide_bar} {pos}/{len}  {eta} left\n{wide_msg}")
        .expect("the template is right")
        .progress_chars("━━╌")
}

fn title(trials: u64, trial: u64) -> String {
    match trials {
        1 => String::new(),
        _ => format!("trial {trial}  "),
    }
}

/// In hours, minutes and seconds, as short as may be.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}
