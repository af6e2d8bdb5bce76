//! `metaplast predictive`: nets that learn by predictive coding.

mod compare;
mod infer;
mod method;
mod net;
mod train;

use clap::Args;

use super::subcommands::commands;
use crate::error::Error;

const AFTER: &str = "\
docs/predictive-coding.md explains predictive coding with these commands.";

/// Train nets by predictive coding, compare its gradients with backpropagation's, and look at an inference.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Predictive {
    #[command(subcommand)]
    command: PredictiveCommand,
}

commands! {
    /// What to do.
    PredictiveCommand:
    train::Train,
    compare::Compare,
    infer::Infer,
}

/// Runs the command.
pub(crate) fn run(arguments: &Predictive) -> Result<(), Error> {
    arguments.command.run()
}
