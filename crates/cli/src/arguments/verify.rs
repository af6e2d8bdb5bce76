//! `metaplast verify`

use std::path::PathBuf;

use clap::Args;

use crate::settings::whole;

const AFTER: &str = "\
Repeats the first episodes of the run with the steps of θ between them, and others, spread over all
of it, from the θ that is logged in their rows; every number of a row must come out again to the bit.
Then the coefficients of rule.toml must be those of the last checkpoint. Exits with 1 when something
differs, and names it. A run that is still going on can be verified as far as it has come.

Example:
  metaplast verify runs/bio-1 --episodes 20";

/// Repeat some episodes of a run and compare them with what it logged.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Verify {
    /// A run directory of meta-train
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run: PathBuf,
    /// How many to repeat from the beginning, and how many others
    #[arg(long, value_name = "N", default_value = "5", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) episodes: u64,
}
