//! What can be said on the command line.

mod meta_train;

use clap::{Parser, Subcommand};

pub(crate) use meta_train::MetaTrain;

/// Meta-learn plasticity rules: differentiate through online learning, episode by episode.
#[derive(Debug, Parser)]
#[command(name = "metaplast", version, max_term_width = 100)]
pub(crate) struct Metaplast {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find the coefficients θ of a plasticity rule by gradient descent through whole episodes.
    MetaTrain(Box<MetaTrain>),
}
