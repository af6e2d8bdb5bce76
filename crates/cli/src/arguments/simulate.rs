//! `metaplast simulate`

use std::path::PathBuf;

use clap::Args;

use super::TaskFlags;
use crate::settings::whole;

const AFTER: &str = "\
Writes curve.csv (step, query_ce, query_accuracy, weight_norm_1..L) and weights.safetensors (W.1 to
W.L of shape [units, inputs], f32). The task is the first that `evaluate` draws from the same seed.

Examples:
  metaplast meta-train --episodes 50 --out runs/to-simulate
  metaplast simulate runs/to-simulate/rule.toml --shots 200 --every 50";

/// Learn one task online by a rule, without any meta-gradient.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Simulate {
    /// The rule, as `meta-train` writes it
    #[arg(value_name = "RULE.toml")]
    pub(crate) rule: PathBuf,
    /// Online steps; after the last support image the first follows [default: ways times shots]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) steps: Option<u64>,
    /// Steps between two points of the curve
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) every: u64,
    #[command(flatten)]
    pub(crate) task: TaskFlags,
    /// Classes of the task: held-out, learned or all [default: held-out if there are any, or all]
    #[arg(long, value_name = "WHICH")]
    pub(crate) classes: Option<String>,
    /// From which task and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Numbers in which the network computes: f32 or f64 [default: as the rule was found, or f32]
    #[arg(long, value_name = "TYPE")]
    pub(crate) precision: Option<String>,
    /// Directory to make [default: runs/simulation-1, or the next free number]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long)]
    pub(crate) quiet: bool,
}
