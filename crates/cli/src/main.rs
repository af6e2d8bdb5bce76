//! The `metaplast` command: meta-train plasticity rules, and look at them.

mod commands;
mod error;
mod evaluation;
mod experiments;
mod fetch;
mod flags;
#[cfg(test)]
mod fuzz;
mod libraries;
mod recordings;
mod report;
mod shell;
mod soak;
mod sweep;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use metaplast_data::text::escaped;
use metaplast_runs::settings::OneOf;

use crate::commands::Command;
use crate::commands::completions::{self, Completions};
use crate::error::Error;
use crate::terminal::{diagnosis, output};

const AFTER: &str = "\
Example:
  metaplast meta-train --preset bio --out runs/first
  metaplast evaluate runs/first/rule.toml";

/// Meta-learn plasticity rules: differentiate through online learning, episode by episode.
#[derive(Debug, Parser)]
#[command(name = "metaplast", version, max_term_width = 100, after_help = AFTER)]
struct Metaplast {
    /// What to do.
    #[command(subcommand)]
    invocation: Invocation,
}

/// All subcommands.
#[derive(Debug, Subcommand)]
enum Invocation {
    #[command(flatten)]
    Command(Command),
    // Apart, since it needs the list of all the others.
    Completions(Completions),
}

impl Invocation {
    fn run(&self) -> Result<(), Error> {
        match self {
            Invocation::Command(command) => command.run(),
            Invocation::Completions(arguments) => completions::run(arguments, &mut command_line()),
        }
    }
}

/// The whole command line. The settings of runs know the built-in pathways alone; the help of their flag
/// names those of systems, too.
fn command_line() -> clap::Command {
    Metaplast::command().mut_subcommand("meta-train", |command| {
        command.mut_arg("feedback", |flag| {
            flag.value_parser(OneOf(libraries::feedbacks))
        })
    })
}

fn main() -> ExitCode {
    let parsed = Metaplast::from_arg_matches(&command_line().get_matches());
    let invocation = parsed.unwrap_or_else(|error| error.exit()).invocation;
    match diagnosis::listen().and_then(|()| invocation.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn complain(error: &Error) {
    // File names and causes may hold line breaks; the message is one line all the same.
    let text = error.to_string();
    let text = escaped(&text);
    // Being stopped is no error.
    let title = match error {
        Error::Interrupted(_) => "",
        _ => "error: ",
    };
    output::complain(&format!("{title}{text}"));
    if let Some(picture) = error.picture() {
        output::complain(&picture);
    }
}
