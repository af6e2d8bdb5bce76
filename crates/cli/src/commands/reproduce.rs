//! `metaplast reproduce`: published experiments, and some that the papers leave open.

use std::path::Path;

use clap::Args;
use metaplast_experiment::{Experiment, ExperimentSettings};
use metaplast_runs::settings::{OneOf, heading, listed, path_as_text, whole};

use crate::error::Error;
use crate::experiments;
use crate::flags::ExperimentFlags;
use crate::shell::quoted;
use crate::terminal::output;

const AFTER: &str = "\
Without a name it lists the experiments. --show prints the settings of one, and what they mean; of an \
experiment that is a sweep, its file for `metaplast sweep` to change and run. What it found goes below \
--out: results.json, its tables, figures and findings as data, and a page, report.html, with the \
question, what is published about it, and what was found. The same command goes on where it was stopped.

Examples:
  metaplast reproduce
  metaplast reproduce fig3 --quick --episodes 20 --trials 2 --out runs/try
  metaplast reproduce lambda-sweep --show
  metaplast reproduce transfer --quick --episodes 20 --out runs/carried";

/// Repeat published experiments, and some that the papers leave open.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Reproduce {
    /// Which experiment
    #[arg(value_name = "NAME", value_parser = OneOf(experiments::names))]
    name: Option<String>,
    /// Independent repetitions with different random streams [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    trials: Option<u64>,
    /// Episodes of each trial [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    episodes: Option<u64>,
    /// From which everything random but the glyphs follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: Option<u64>,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of pictures for each class; of spoken digits, `generated`, a directory of WAV files or
    /// a file of events [default: the experiment's]
    #[arg(long, value_name = "DATA", value_parser = path_as_text(), help_heading = heading::DATA)]
    data: Option<String>,
    /// Try the rules that were found on these images too, as --data names them; repeatable
    #[arg(long, value_name = "DATA", value_parser = path_as_text())]
    transfer_to: Vec<String>,
    /// Another setting of the experiment, as --show names them; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = heading::EPISODES)]
    set: Vec<String>,
    /// Print the experiment's settings, or its sweep file, and do nothing
    #[arg(long, requires = "name")]
    show: bool,
    #[command(flatten)]
    experiment: ExperimentFlags,
}

/// Runs the command.
pub(crate) fn run(arguments: &Reproduce) -> Result<(), Error> {
    let Some(name) = &arguments.name else {
        return list();
    };
    let experiment = experiments::find(name).ok_or_else(|| {
        let names = listed(&experiments::names());
        let reason = format!("no such experiment; choose {names}");
        Error::setting(name, reason)
    })?;
    let settings = settings(&*experiment, arguments)?;
    if arguments.show {
        return output::print(&shown(&*experiment, &settings));
    }
    let chosen = chosen(arguments, &settings);
    let command = format!("{COMMAND} {name}");
    arguments
        .experiment
        .run(&*experiment, &settings, (&command, &chosen))
}

const COMMAND: &str = "metaplast reproduce";

fn list() -> Result<(), Error> {
    let mut text = String::new();
    for experiment in experiments::all() {
        let about = experiment.about();
        text += &format!("{:<16}  {}\n", about.name, about.title);
    }
    output::print(&text)
}

/// The sweep file, or the settings with their meanings.
fn shown(experiment: &dyn Experiment, settings: &ExperimentSettings) -> String {
    if let Some(file) = experiment.file() {
        return file.to_owned();
    }
    let name = |name: &str| name.replace('_', "-");
    let lines = settings.all().iter().map(|setting| {
        let assigned = format!("{}={}", name(&setting.name), setting.value.to_text());
        format!("{assigned:<32}  {}\n", setting.meaning)
    });
    lines.collect()
}

/// The experiment's settings with what was asked for by flags.
fn settings(
    experiment: &dyn Experiment,
    arguments: &Reproduce,
) -> Result<ExperimentSettings, Error> {
    let mut settings = experiment.settings(arguments.experiment.quick);
    let mut choose = |origin: String, name: &str, text: &str| {
        let chosen = settings.choose(name, text);
        chosen.map_err(|error| refused(&origin, error))
    };
    let numbers = [
        ("trials", arguments.trials),
        ("episodes", arguments.episodes),
        ("seed", arguments.seed),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            choose(format!("--{name}"), name, &number.to_string())?;
        }
    }
    if let Some(data) = &arguments.data {
        choose("--data".into(), "data", data)?;
    }
    for set in &arguments.set {
        let Some((name, value)) = set.split_once('=') else {
            let reason = "this is no setting; write NAME=VALUE";
            return Err(Error::setting(format!("--set {set}"), reason));
        };
        choose(format!("--set {name}"), name, value)?;
    }
    if !arguments.transfer_to.is_empty() {
        let chosen = settings.choose_texts("transfer_to", &arguments.transfer_to);
        chosen.map_err(|error| refused("--transfer-to", error))?;
    }
    Ok(settings)
}

/// An error of a setting, by the flag that named it.
fn refused(origin: &str, error: metaplast_experiment::Error) -> Error {
    match error {
        metaplast_experiment::Error::Setting { reason, .. } => Error::setting(origin, reason),
        other => Error::Failed(other.to_string()),
    }
}

/// The flags of all settings that were chosen.
fn chosen(arguments: &Reproduce, settings: &ExperimentSettings) -> String {
    let mut flags = String::new();
    for setting in settings.all().iter().filter(|setting| setting.chosen) {
        let (name, value) = (setting.name.replace('_', "-"), setting.value.to_text());
        flags += &match name.as_str() {
            "trials" | "episodes" | "seed" | "data" => {
                format!(" --{name} {}", quoted(Path::new(&value)))
            }
            "transfer-to" => arguments
                .transfer_to
                .iter()
                .map(|data| format!(" --transfer-to {}", quoted(Path::new(data))))
                .collect(),
            _ => format!(" --set {}", quoted(Path::new(&format!("{name}={value}")))),
        };
    }
    flags
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Reproduce,
    }

    fn arguments(line: &str) -> Reproduce {
        Line::parse_from(line.split(' ').skip(1)).arguments
    }

    #[test]
    fn the_command_repeats_what_was_chosen() {
        for line in [
            "metaplast reproduce transfer --quick --seed 2 --transfer-to mnist --transfer-to a/b/ --out o",
            "metaplast reproduce fig3 --trials 2 --episodes 9 --seed 3 --data shapes --out o",
        ] {
            let arguments = arguments(line);
            let name = arguments.name.clone().unwrap();
            let experiment = experiments::find(&name).unwrap();
            let settings = settings(&*experiment, &arguments).unwrap();
            let chosen = chosen(&arguments, &settings);
            let command = format!("{COMMAND} {name}");
            let command = arguments.experiment.command(&name, (&command, &chosen));
            assert_eq!(command, line);
        }
    }

    #[test]
    fn a_setting_that_the_experiment_lacks_is_refused_by_the_flag_that_named_it() {
        let arguments = arguments("metaplast reproduce fig3 --set lambda=1");
        let experiment = experiments::find("fig3").unwrap();
        let error = settings(&*experiment, &arguments).unwrap_err().to_string();
        assert_eq!(
            error,
            "--set lambda: there is no such setting; choose trials, episodes, seed, data or transfer_to"
        );
    }
}
