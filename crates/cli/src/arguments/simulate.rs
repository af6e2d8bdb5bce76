//! `metaplast simulate`

use std::path::PathBuf;

use clap::Args;

use super::TaskFlags;
use crate::settings::whole;

const AFTER: &str = "\
Writes curve.csv (step, query_ce, query_accuracy, weight_norm_1..L) and weights.safetensors (W.1 to
W.L of shape [units, inputs], f32). The task is the first that `evaluate` draws from the same seed.

With --record also recording.npz, which `fit` reads (docs/fit.md): trajectories from fresh weights and
tasks, the first of which is the simulated one.

Examples:
  metaplast meta-train --episodes 50 --layers 784,30,47 --out runs/to-simulate
  metaplast simulate runs/to-simulate/rule.toml --shots 200 --every 50
  metaplast simulate runs/to-simulate/rule.toml --shots 10 --record --noise 0.05";

/// Learn one task online by a rule, without any meta-gradient.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Simulate {
    /// The rule, as `meta-train` writes it
    #[arg(value_name = "RULE.toml")]
    pub(crate) rule: PathBuf,
    /// Online steps; after the last support image the first follows [default: as the rule was found, or
    /// ways times shots]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) steps: Option<u64>,
    /// Steps between two points of the curve
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) every: u64,
    /// Record trajectories for `fit`: inputs, labels, first weights, and what --quantities says
    #[arg(long)]
    pub(crate) record: bool,
    /// Trajectories to record [default: 1]
    #[arg(long, value_name = "N", requires = "record", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) trajectories: Option<u64>,
    /// What to record: weights (every --every steps), activity (in each step) or both
    /// [default: weights,activity]
    #[arg(long, value_name = "LIST", requires = "record", value_delimiter = ',')]
    pub(crate) quantities: Option<Vec<String>>,
    /// Gaussian noise of recorded weights and activity, in standard deviations of each array
    /// [default: 0]
    #[arg(
        long,
        value_name = "PART",
        requires = "record",
        allow_negative_numbers = true
    )]
    pub(crate) noise: Option<f64>,
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
