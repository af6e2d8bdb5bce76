//! `metaplast identify`: which rule a network learned by.

mod answer;
mod archive;
mod name;
mod simulate;
mod test;

use clap::Args;

use super::subcommands::commands;
use crate::error::Error;

const AFTER: &str = "\
docs/identify.md explains how rules are named, with these commands.";

/// Simulate networks that learn by known rules, test how well their rules can be told, and name the rule of a recording.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Identify {
    #[command(subcommand)]
    command: IdentifyCommand,
}

commands! {
    /// What to do.
    IdentifyCommand:
    simulate::Simulate,
    test::Test,
    name::Name,
}

/// Runs the command.
pub(crate) fn run(arguments: &Identify) -> Result<(), Error> {
    arguments.command.run()
}
