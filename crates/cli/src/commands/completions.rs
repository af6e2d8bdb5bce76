//! `metaplast completions`: the script that completes commands, flags and values in a shell.

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use metaplast_runs::settings::{OneOf, listed};

use crate::error::Error;
use crate::terminal::output;

const AFTER: &str = "\
Examples:
  metaplast completions bash >> ~/.bash_completion
  metaplast completions zsh > ~/.zfunc/_metaplast
  metaplast completions fish > ~/.config/fish/completions/metaplast.fish";

/// Print a script that completes commands, flags and values in a shell.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL", value_parser = OneOf(shells))]
    shell: String,
}

fn shells() -> Vec<String> {
    let shells = Shell::value_variants().iter();
    shells.map(Shell::to_string).collect()
}

/// Prints the script for the whole command line, `command`.
pub(crate) fn run(arguments: &Completions, command: &mut Command) -> Result<(), Error> {
    let shell: Shell = arguments.shell.parse().map_err(|_| {
        let reason = format!("no such shell; choose {}", listed(&shells()));
        Error::setting(&arguments.shell, reason)
    })?;
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(shell, command, name, &mut script);
    output::raw(&String::from_utf8_lossy(&script)).map_err(Error::Output)
}
