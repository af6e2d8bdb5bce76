//! `metaplast gradcheck`

use clap::Args;

use super::TaskFlags;
use crate::settings::whole;

const AFTER: &str = "\
Differences are relative to the larger of the two numbers. Exits with 1 when reverse mode in f64
differs from forward mode by more than 1e-8, or from finite differences by more than 1e-6 and the
rounding of the loss, or when f32 differs from f64 by more than 1e-3 of the gradient's norm (in
units of each term's size).

Example:
  metaplast gradcheck --preset pool --shots 3";

/// Compute the meta-gradient of one episode in reverse mode (f32, f64), forward mode and by finite
/// differences, side by side.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Gradcheck {
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
    /// How errors travel back: fixed, symmetric, attached, dfa, sign-symmetric, kolen-pollack or
    /// weight-mirror [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND")]
    pub(crate) feedback: Option<String>,
    /// Whether layers share the coefficients or each has its own: shared or per-layer [default: shared]
    #[arg(long, value_name = "SCOPE")]
    pub(crate) theta_scope: Option<String>,
    /// Coefficients: one per term of the pool by ascending index, then one's own; of each term one per
    /// layer when layers have their own [default: such that each term matters]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub(crate) theta: Option<Vec<f64>>,
    /// Layer sizes, pixels first [default: 784,40,30,47]
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = whole)]
    pub(crate) layers: Option<Vec<u64>>,
    #[command(flatten)]
    pub(crate) task: TaskFlags,
    /// From which task and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: u64,
}
