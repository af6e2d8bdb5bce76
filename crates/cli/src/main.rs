//! The `metaplast` command: meta-train plasticity rules, and look at them.

mod architecture;
mod arguments;
mod byte_size;
mod checkpoint;
mod choice;
mod commands;
mod config;
mod contact_sheet;
mod course;
mod data_source;
mod diagnosis;
mod episode_log;
mod episodes_csv;
mod episodes_reader;
mod error;
mod experiments;
mod fetch;
mod file;
#[cfg(test)]
mod fuzz;
mod interrupt;
mod json;
mod lock;
mod output;
mod progress;
mod recordings;
mod rule_choice;
mod rule_file;
mod rule_name;
mod rule_page;
mod run_directory;
mod run_reader;
mod settings;
mod soak;
mod summary;
mod sweep;
mod table;
mod task_setup;
mod threads;
mod training_log;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Command, Data, Metaplast};
use crate::error::Error;

fn main() -> ExitCode {
    let command = Metaplast::parse().command;
    match diagnosis::listen().and_then(|()| run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            // File names and causes may hold line breaks; the message is one line all the same.
            let text: String = error
                .to_string()
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            // Being stopped is no error.
            let title = match error {
                Error::Interrupted(_) => "",
                _ => "error: ",
            };
            output::complain(&format!("{title}{text}"));
            if let Some(picture) = error.picture() {
                output::complain(&picture);
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::MetaTrain(arguments) => commands::meta_train::run(&arguments),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments),
        Command::Simulate(arguments) => commands::simulate::run(&arguments),
        Command::Fit(arguments) => commands::fit::run(&arguments),
        Command::Sweep(arguments) => commands::sweep::run(&arguments),
        Command::Reproduce(arguments) => commands::reproduce::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Gradcheck(arguments) => commands::gradcheck::run(&arguments),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Soak(arguments) => commands::soak::run(&arguments),
        Command::Data(Data::Info(arguments)) => commands::data_info::run(&arguments),
        Command::Data(Data::Preview(arguments)) => commands::data_preview::run(&arguments),
        Command::Data(Data::Fetch(arguments)) => commands::data_fetch::run(&arguments),
    }
}
