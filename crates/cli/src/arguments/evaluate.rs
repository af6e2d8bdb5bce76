//! `metaplast evaluate`

use std::path::PathBuf;

use clap::Args;

use super::TaskFlags;
use crate::settings::whole;

const AFTER: &str = "\
FA and BP are feedback alignment and backpropagation: the pseudo-gradient F0 alone, with fixed and
with symmetric feedback, on the same network. All three rules meet the same tasks and initial
weights. The interval is a percentile bootstrap of the mean accuracy: 500 resamples, 98%.

Examples:
  metaplast meta-train --episodes 50 --out runs/mine
  metaplast evaluate runs/mine/rule.toml --tasks 20 --rate-episodes 50";

/// Train fresh networks on fresh tasks by a rule, beside FA and BP at their own learned rates.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Evaluate {
    /// The rule, as `meta-train` writes it
    #[arg(value_name = "RULE.toml")]
    pub(crate) rule: PathBuf,
    /// Number of tasks
    #[arg(long, value_name = "N", default_value = "100", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) tasks: u64,
    #[command(flatten)]
    pub(crate) task: TaskFlags,
    /// Online steps of a task; after the last support image the first follows [default: as the rule was
    /// found, or ways times shots]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) steps: Option<u64>,
    /// Classes of the tasks: held-out, learned or all [default: held-out if there are any, or all]
    #[arg(long, value_name = "WHICH")]
    pub(crate) classes: Option<String>,
    /// From which tasks and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Episodes of meta-learning the rates of FA and BP
    #[arg(long, value_name = "N", default_value = "150", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) rate_episodes: u64,
    /// Take FA's rate from this rule instead
    #[arg(long, value_name = "RULE.toml")]
    pub(crate) fa: Option<PathBuf>,
    /// Take BP's rate from this rule instead
    #[arg(long, value_name = "RULE.toml")]
    pub(crate) bp: Option<PathBuf>,
    /// Numbers in which networks compute: f32 or f64 [default: as the rule was found, or f32]
    #[arg(long, value_name = "TYPE")]
    pub(crate) precision: Option<String>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) threads: Option<u64>,
    /// No progress, only the table
    #[arg(long)]
    pub(crate) quiet: bool,
    /// One JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}
