//! `metaplast meta-train`

use std::path::PathBuf;

use clap::Args;

use crate::settings::Settings;

const AFTER: &str = "\
Every flag but --config is also a key of the file that --config names, with `_` for `-`; flags win.
The config.toml of a run directory is such a file and repeats the run.

--json prints, for each episode in the order of episodes.csv, one object with the keys trial,
episode, meta_loss, query_ce, query_accuracy, theta (by term symbol), alpha (of layers 1 to L−1, in
degrees), orthonormality and weight_norm (of layers 1 to L), diverged, diverged_so_far (a count) and
divergence (cause, step, layer, term, relative_update); null is a number that is not finite.

--resume takes every setting from the run; with it go only --threads, --checkpoint-every, --quiet and
--json (for the episodes from there on). Ctrl-C stops a run after its episode, ready to be resumed; so
is a run that was killed, from its last checkpoint.

Example:
  metaplast meta-train --preset bio --episodes 20 --shots 10";

/// Find the coefficients θ of a plasticity rule by gradient descent through whole episodes.
///
/// Writes a run directory with config.toml, episodes.csv, rule.toml and rule.md.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct MetaTrain {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// A TOML file with settings; flags win over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Go on with an interrupted run; the result is the same, byte for byte, as without interruption
    #[arg(long, value_name = "RUN_DIR", conflicts_with = "config")]
    pub(crate) resume: Option<PathBuf>,
}
