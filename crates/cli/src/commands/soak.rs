//! `metaplast soak`: small episodes at random settings, and what must always hold.

use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;
use metaplast_meta::soak::{RandomEpisodes, Tally};
use metaplast_runs::settings::{Choice, number, whole};

use crate::error::Error;
use crate::soak::Watermark;
use crate::terminal::output;
use crate::terminal::progress::{clock, plain_bar};

const AFTER: &str = "\
Every episode has its own layers, terms, coefficients, feedback, task and precision, all of which
follow from --seed and its number. Of each it checks that
  - nothing is silently not a number: where the loss is finite so is the gradient, or it is counted;
  - the sweep takes all updates back: the weights are those of the start again, to rounding;
  - reverse and forward mode give the same gradient (f64), to rounding, unless the episode is so
    chaotic that rounding decides it, which is counted;
  - a second time gives the same bits, on the same tape, which has not grown.
At the end the memory of the process must be what it was after a tenth of the time.
Exits with 1 at the first failure, and says how to repeat it.

Example:
  metaplast soak --minutes 5";

/// Run small episodes at random settings and check what must always hold.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Soak {
    /// For how many minutes
    #[arg(
        long,
        value_name = "M",
        conflicts_with = "episodes",
        allow_negative_numbers = true,
        value_parser = number
    )]
    minutes: Option<f64>,
    /// How many episodes [default: 200]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    episodes: Option<u64>,
    /// Number of the first episode, to repeat a failure
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true)]
    first: u64,
    /// From which the settings of all episodes follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    seed: u64,
    /// Do not tell how far it is
    #[arg(long)]
    quiet: bool,
}

/// Episodes unless told otherwise.
const EPISODES: u64 = 200;
/// Fewer episodes than this say nothing about all of them,
const TELLING: u64 = 200;
/// and fewer than this nothing about memory: the largest may come late.
const TELLING_OF_MEMORY: u64 = 2000;
/// Most episodes in a hundred that may be too ill-conditioned to compare their gradients: more, and
/// the comparison says little.
const ILL_CONDITIONED: u64 = 25;

/// Runs the command.
pub(crate) fn run(arguments: &Soak) -> Result<(), Error> {
    let limit = match (arguments.minutes, arguments.episodes) {
        (Some(minutes), _) => {
            let minutes = Choice::new(minutes, "--minutes").above_zero()?;
            Limit::Time(Duration::from_secs_f64((60.0 * minutes).min(1e9)))
        }
        (None, episodes) => {
            let episodes = episodes.unwrap_or(EPISODES);
            Limit::Episodes(Choice::new(episodes, "--episodes").positive()?)
        }
    };
    let episodes = RandomEpisodes::new(arguments.seed);
    let begin = Instant::now();
    let mut tally = Tally::default();
    let mut memory = Watermark::default();
    let mut meter = SoakProgress::new(arguments.quiet);
    loop {
        let progress = match limit {
            Limit::Time(time) => begin.elapsed().div_duration_f64(time),
            Limit::Episodes(episodes) => tally.episodes as f64 / episodes as f64,
        };
        memory.look(progress);
        meter.show(progress, &tally);
        if progress >= 1.0 {
            break;
        }
        let number = arguments.first.saturating_add(tally.episodes);
        episodes.check(number, &mut tally).map_err(|reason| {
            Error::Failed(format!(
                "{reason}; repeat it with: metaplast soak --seed {} --first {number} --episodes 1",
                arguments.seed
            ))
        })?;
    }
    drop(meter);
    let Tally {
        episodes: done,
        diverged,
        ill_conditioned,
        ..
    } = tally;
    if done >= TELLING_OF_MEMORY && memory.grew() {
        return Err(Error::Failed(memory.describe()));
    }
    if done >= TELLING && 100 * ill_conditioned > ILL_CONDITIONED * (done - diverged) {
        return Err(Error::Failed(format!(
            "{ill_conditioned} of {} gradients are too ill-conditioned to be compared",
            done - diverged
        )));
    }
    output::line(&format!(
        "{done} episodes in {:.0} s, {diverged} of them diverged, {ill_conditioned} more too ill-conditioned to compare gradients: \
         no silent NaN; the same bits twice; undone weights within {:.0} units of rounding; \
         reverse and forward mode within {:.0e}, at most {:.1} times what rounding explains; {}",
        begin.elapsed().as_secs_f64(),
        tally.undone,
        tally.apart,
        tally.explained,
        memory.describe(),
    ))
}

enum Limit {
    Time(Duration),
    Episodes(u64),
}

/// How far it is, on standard error: a bar on a terminal, a line now and then elsewhere.
struct SoakProgress {
    bar: ProgressBar,
    lines: bool,
    begin: Instant,
    /// Lines that were due so far.
    said: u64,
}

impl SoakProgress {
    const PERCENT: u64 = 100;
    /// As many as are said of all the work.
    const LINES: f64 = 50.0;

    fn new(quiet: bool) -> Self {
        let bar = plain_bar(quiet, Self::PERCENT, "soaking, percent");
        SoakProgress {
            lines: !quiet && bar.is_hidden(),
            bar,
            begin: Instant::now(),
            said: 0,
        }
    }

    /// `progress` is the part of the work that is done, 0 to 1.
    fn show(&mut self, progress: f64, tally: &Tally) {
        let Tally {
            episodes,
            diverged,
            ill_conditioned,
            ..
        } = tally;
        let done =
            format!("{episodes} episodes, {diverged} diverged, {ill_conditioned} ill-conditioned");
        let due = (progress * Self::LINES) as u64;
        if self.lines && due > self.said && progress < 1.0 {
            let left = self.begin.elapsed().mul_f64(1.0 / progress - 1.0);
            output::complain(&format!("{done}  {} left", clock(left)));
        }
        self.said = due;
        self.bar
            .set_position((progress * Self::PERCENT as f64) as u64);
        self.bar.set_message(done);
    }
}

impl Drop for SoakProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
