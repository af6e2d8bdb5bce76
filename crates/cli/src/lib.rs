//! The `metaplast` command as a library: what a program that is given the command's arguments does.
//!
//! [`run`] is all of it but for what a package of another language shares with it, [`libraries`] and
//! [`recordings`]. The program `metaplast` calls it with the arguments of its process, and so does
//! whatever else brings the command, such as a package of another language.
//!
//! ```
//! assert_eq!(metaplast_cli::run(["metaplast", "no-such-command"]), 2);
//! ```

mod commands;
mod error;
mod evaluation;
mod experiments;
mod explanation;
mod fetch;
mod fitting;
mod flags;
#[cfg(test)]
mod fuzz;
pub mod libraries;
pub mod recordings;
mod report;
mod shell;
mod soak;
mod sweep;
mod terminal;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use metaplast_data::text::escaped;
use metaplast_runs::settings::OneOf;
use metaplast_runs::train::RunExecutor;
use metaplast_tensor::kernels::chosen_instruction_set;

use crate::commands::Command;
use crate::commands::completions::{self, Completions};
use crate::commands::man::{self, Man};
use crate::commands::meta_train;
use crate::error::{Error, FAILED, NO_READER};
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
    // Apart, since they need the list of all the others.
    Completions(Completions),
    Man(Man),
}

impl Invocation {
    fn run(&self) -> Result<(), Error> {
        match self {
            Invocation::Command(command) => command.run(),
            Invocation::Completions(arguments) => completions::run(arguments, &mut command_line()),
            Invocation::Man(arguments) => man::run(arguments, command_line()),
        }
    }
}

/// The whole command line. The settings of runs know the built-in pathways alone; the help of their flag
/// names those of systems, too. Flags that all experiments share and a search refuses are not listed there.
fn command_line() -> clap::Command {
    Metaplast::command()
        .mut_subcommand("meta-train", |command| {
            command.mut_arg("feedback", |flag| {
                flag.value_parser(OneOf(libraries::feedbacks))
            })
        })
        .mut_subcommand("discover", |command| {
            let flags = ["shard", "gather", "slurm"].into_iter();
            flags.fold(command, |command, name| {
                command.mut_arg(name, |flag| flag.hide(true))
            })
        })
}

/// Runs the command with these arguments, the first of which is the name of the program, and returns the
/// code with which a process ends: 0 when all is well, 1 when the work failed, 2 when it was asked for what
/// cannot be, 130 when it was interrupted and what was done is saved, 141 when nobody reads its results any more.
///
/// Results go to standard output, and what is wrong, in one line, to standard error. Long work hears
/// SIGINT, SIGTERM and SIGHUP from then on.
pub fn run<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> u8 {
    ended_with(arguments, Invocation::run)
}

/// [`run`] for `meta-train` alone, with episodes that `executor` runs, such as on other machines.
pub fn run_on<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    executor: &dyn RunExecutor,
) -> u8 {
    ended_with(arguments, |invocation| match invocation {
        Invocation::Command(Command::MetaTrain(arguments)) => {
            meta_train::run_on(arguments, Some(executor))
        }
        _ => Err(Error::setting(
            "subcommand",
            "only meta-train has episodes that others can run; the program metaplast has the rest",
        )),
    })
}

fn ended_with<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    run: impl FnOnce(&Invocation) -> Result<(), Error>,
) -> u8 {
    let parsed = command_line()
        .try_get_matches_from(arguments)
        .and_then(|matches| Metaplast::from_arg_matches(&matches));
    let invocation = match parsed {
        Ok(parsed) => parsed.invocation,
        // Help and version come this way, too.
        Err(message) => {
            let _ = message.print();
            return u8::try_from(message.exit_code()).unwrap_or(FAILED);
        }
    };
    match check_environment()
        .and_then(|()| diagnosis::listen())
        .and_then(|()| run(&invocation))
    {
        Ok(()) => 0,
        Err(error) if error.is_broken_pipe() => NO_READER,
        Err(error) => {
            complain(&error);
            error.exit_code()
        }
    }
}

/// What the environment asks for is there.
fn check_environment() -> Result<(), Error> {
    match chosen_instruction_set() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::setting("METAPLAST_INSTRUCTIONS", error.to_string())),
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
