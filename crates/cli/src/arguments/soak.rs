//! `metaplast soak`

use clap::Args;

use crate::settings::whole;

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
        allow_negative_numbers = true
    )]
    pub(crate) minutes: Option<f64>,
    /// How many episodes [default: 200]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) episodes: Option<u64>,
    /// Number of the first episode, to repeat a failure
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) first: u64,
    /// From which the settings of all episodes follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Do not tell how far it is
    #[arg(long)]
    pub(crate) quiet: bool,
}
