//! `metaplast identify test`: how well rules can be told.

use std::path::PathBuf;

use clap::Args;
use metaplast_experiment::Experiment;
use metaplast_identify::experiments::Identify;
use metaplast_runs::settings::{heading, whole};

use crate::error::Error;
use crate::experiments::ExperimentRun;
use crate::flags::PartFlags;
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
    /// A size that ends within a minute or two, to see how it goes
    #[arg(long)]
    quick: bool,
    /// Networks of the twelve rules [default: 1440]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    networks: Option<u64>,
    /// From which everything random follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: Option<u64>,
    /// Directory of networks, as `identify simulate` makes it [default: below --out]
    #[arg(long, value_name = "DIR", help_heading = heading::DATA)]
    archive: Option<PathBuf>,
    /// Directory for the results [default: runs/identify, or runs/identify-quick]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// No progress, only the results
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object for each row of the tables instead, and nothing else
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
    #[command(flatten)]
    part: PartFlags,
}

/// Runs the command.
pub(crate) fn run(arguments: &Test) -> Result<(), Error> {
    let mut settings = Identify.settings(arguments.quick);
    let mut command = String::from("metaplast identify test");
    if arguments.quick {
        command += " --quick";
    }
    let numbers = [("networks", arguments.networks), ("seed", arguments.seed)];
    let numbers = numbers.map(|(name, number)| (name, number.map(|n| n.to_string())));
    let archive = arguments
        .archive
        .as_ref()
        .map(|path| path.display().to_string());
    for (name, value) in numbers.into_iter().chain([("archive", archive)]) {
        let Some(value) = value else { continue };
        let chosen = settings.choose(name, &value);
        chosen.map_err(|error| Error::setting(format!("--{name}"), error.to_string()))?;
        command += &format!(" --{name} {}", quoted(value.as_ref()));
    }
    let usual = || {
        PathBuf::from(if arguments.quick {
            "runs/identify-quick"
        } else {
            "runs/identify"
        })
    };
    let out = arguments.out.clone().unwrap_or_else(usual);
    command += &format!(" --out {}", quoted(&out));
    let whole = ExperimentRun {
        experiment: &Identify,
        settings: &settings,
        quick: arguments.quick,
        out: &out,
        threads: arguments.threads,
        quiet: arguments.quiet,
        json: arguments.json,
        part: arguments.part.part(),
        tasks: arguments.part.tasks(None),
        command,
    };
    whole.run()
}
