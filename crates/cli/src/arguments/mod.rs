//! What can be said on the command line.

mod data;
mod evaluate;
mod fit;
mod gradcheck;
mod meta_train;
mod report;
mod reproduce;
mod simulate;
mod soak;
mod sweep;
mod tasks;
mod verify;

use clap::{Parser, Subcommand};

pub(crate) use data::{Data, DataFlags, Fetch, Info, Preview};
pub(crate) use evaluate::Evaluate;
pub(crate) use fit::Fit;
pub(crate) use gradcheck::Gradcheck;
pub(crate) use meta_train::MetaTrain;
pub(crate) use report::Report;
pub(crate) use reproduce::Reproduce;
pub(crate) use simulate::Simulate;
pub(crate) use soak::Soak;
pub(crate) use sweep::Sweep;
pub(crate) use tasks::TaskFlags;
pub(crate) use verify::Verify;

const AFTER: &str = "\
Example:
  metaplast meta-train --preset bio --out runs/first
  metaplast evaluate runs/first/rule.toml";

/// Meta-learn plasticity rules: differentiate through online learning, episode by episode.
#[derive(Debug, Parser)]
#[command(name = "metaplast", version, max_term_width = 100, after_help = AFTER)]
pub(crate) struct Metaplast {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find the coefficients θ of a plasticity rule by gradient descent through whole episodes
    MetaTrain(Box<MetaTrain>),
    /// Try a rule on fresh tasks, beside feedback alignment and backpropagation
    Evaluate(Box<Evaluate>),
    /// Learn online by a rule, without any meta-gradient: a curve, and the final weights
    Simulate(Box<Simulate>),
    /// Find the coefficients of a rule that explain recorded weights or activity
    Fit(Box<Fit>),
    /// Meta-train with many settings, in parallel: a table and a page
    Sweep(Sweep),
    /// Repeat the paper's experiments, and some that it leaves open
    Reproduce(Reproduce),
    /// Write one page of figures and tables about finished runs
    Report(Report),
    /// Compute a meta-gradient in reverse mode, forward mode and by finite differences
    Gradcheck(Box<Gradcheck>),
    /// Repeat some episodes of a run and compare them with what it logged
    Verify(Verify),
    /// Run small episodes at random settings and check what must always hold
    Soak(Soak),
    /// Look at the images, and fetch them
    #[command(subcommand)]
    Data(Data),
}
