//! `metaplast identify test`: how well rules can be told.

use std::path::PathBuf;

use clap::Args;
use metaplast_experiment::Experiment;
use metaplast_identify::experiments::Identify;
use metaplast_runs::settings::{heading, whole};

use crate::error::Error;
use crate::flags::ExperimentFlags;
use crate::shell::quoted;

const AFTER: &str = "\
The same as `metaplast reproduce identify`: tables by observables, number of networks, rule, what was held \
out, units and noise, times, and single statistics, with intervals over networks, as results.json and a \
page, report.html.

Examples:
  metaplast identify test --quick
  metaplast identify test --networks 1440 --archive runs/networks --out runs/identify";

/// Test how well rules can be told, by what is seen and of which networks.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Test {
    /// Networks of the twelve rules [default: 1440]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    networks: Option<u64>,
    /// From which everything random follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: Option<u64>,
    /// Directory of networks, as `identify simulate` makes it [default: below --out]
    #[arg(long, value_name = "DIR", help_heading = heading::DATA)]
    archive: Option<PathBuf>,
    #[command(flatten)]
    experiment: ExperimentFlags,
}

/// Runs the command.
pub(crate) fn run(arguments: &Test) -> Result<(), Error> {
    let mut settings = Identify.settings(arguments.experiment.quick);
    let numbers = [("networks", arguments.networks), ("seed", arguments.seed)];
    let numbers = numbers.map(|(name, number)| (name, number.map(|n| n.to_string())));
    let archive = arguments.archive.as_ref();
    let archive = [("archive", archive.map(|path| path.display().to_string()))];
    let mut chosen = String::new();
    for (name, value) in numbers.into_iter().chain(archive) {
        let Some(value) = value else { continue };
        let found = settings.choose(name, &value);
        found.map_err(|error| Error::setting(format!("--{name}"), error.to_string()))?;
        chosen += &format!(" --{name} {}", quoted(value.as_ref()));
    }
    let command = ("metaplast identify test", &chosen[..]);
    arguments.experiment.run(&Identify, &settings, command)
}
