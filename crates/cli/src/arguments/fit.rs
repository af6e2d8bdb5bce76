//! `metaplast fit`

use std::path::PathBuf;

use clap::Args;

use crate::settings::whole;

const AFTER: &str = "\
Writes rule.toml, which other commands read, and fit.csv (term, theta, low, high: the ends of the 98%
interval, empty where the recordings do not determine the term). docs/fit.md describes the arrays of
RECORDING.npz: the input of each step, labels, targets or teaching signals, the weights before the
first step, and weights or activity while the network learned.

Example:
  metaplast meta-train --layers 784,20,47 --episodes 20 --out runs/to-record
  metaplast simulate runs/to-record/rule.toml --shots 10 --record --trajectories 12 --noise 0.05 --out runs/recorded
  metaplast fit runs/recorded/recording.npz --terms 0,2,9 --out runs/fitted";

/// Find the coefficients of a rule that explain how recorded weights or activity changed.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Fit {
    /// Recordings, as `simulate --record` writes them or your own
    #[arg(value_name = "RECORDING.npz", required = true)]
    pub(crate) recordings: Vec<PathBuf>,
    /// Terms and feedback by name: fa, bp, ehebb, oja, bio or pool [default: bio]
    #[arg(long, value_name = "NAME", conflicts_with = "terms")]
    pub(crate) preset: Option<String>,
    /// Plasticity terms of the pool, like 0,2,9 or F0,F2,F9
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) terms: Option<Vec<String>>,
    /// A term of one's own, like "hebb = y * y_pre^T - 0.1 * W"; joins the preset or the --terms, of
    /// which there may be `none`; again for more (see docs/own-terms.md)
    #[arg(long, value_name = "NAME = EXPRESSION")]
    pub(crate) term: Option<Vec<String>>,
    /// Coefficients to start from, like F0=1e-3,hebb=0.01 [default: all 0]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) theta_start: Option<Vec<String>>,
    /// Whether layers share the coefficients or each has its own: shared or per-layer [default: shared]
    #[arg(long, value_name = "SCOPE")]
    pub(crate) theta_scope: Option<String>,
    /// How errors travel back: fixed, symmetric, attached, dfa, sign-symmetric or kolen-pollack
    /// [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND")]
    pub(crate) feedback: Option<String>,
    /// What the last layer's units do: softmax, softplus or linear; hidden ones are softplus
    #[arg(long, value_name = "KIND", default_value = "softmax")]
    pub(crate) output: String,
    /// Sharpness β of the softplus units
    #[arg(
        long,
        value_name = "BETA",
        default_value = "10",
        allow_negative_numbers = true
    )]
    pub(crate) beta: f64,
    /// Weight λ of the penalty λ‖θ‖₁ beside the loss 1 − R²
    #[arg(
        long,
        value_name = "WEIGHT",
        default_value = "0",
        allow_negative_numbers = true
    )]
    pub(crate) l1: f64,
    /// From which the resampling for intervals follows
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) threads: Option<u64>,
    /// Directory to make [default: runs/fit-1, or the next free number]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// No table
    #[arg(long)]
    pub(crate) quiet: bool,
}
