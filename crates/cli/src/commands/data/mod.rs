//! `metaplast data`: look at images, and fetch them.

mod contact_sheet;
mod fetch;
mod info;
mod preview;

use clap::{Args, Subcommand};

use super::commands;
use crate::error::Error;

/// Look at the images, and fetch them.
#[derive(Args, Debug)]
pub(crate) struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

commands! {
    /// What to do with them.
    DataCommand:
    info::Info,
    preview::Preview,
    fetch::Fetch,
}

/// Runs the command.
pub(crate) fn run(arguments: &Data) -> Result<(), Error> {
    arguments.command.run()
}
