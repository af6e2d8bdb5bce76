//! `metaplast man`: the manual pages of all commands.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use metaplast_runs::Error as RunError;

use crate::error::Error;

const AFTER: &str = "\
Example:
  metaplast man ~/.local/share/man/man1";

/// Write a manual page for each command.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Man {
    /// The directory for metaplast.1, metaplast-meta-train.1 and the rest, made where it is missing
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Writes the pages of the whole command line, `command`.
pub(crate) fn run(arguments: &Man, command: Command) -> Result<(), Error> {
    let directory = &arguments.directory;
    let write = || {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(command, directory)
    };
    write().map_err(|cause| Error::Run(RunError::io(directory, "write", cause)))
}
