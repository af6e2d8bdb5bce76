//! `metaplast reproduce`: published experiments, and some that the papers leave open.

use clap::Args;
use metaplast_experiment::Experiment;
use metaplast_runs::settings::{OneOf, heading, listed, path_as_text, whole};

use crate::error::Error;
use crate::experiments;
use crate::flags::{ChosenSettings, ExperimentFlags};
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
    let chosen = chosen(&*experiment, arguments)?;
    if arguments.show {
        return output::print(&match experiment.file() {
            Some(file) => file.to_owned(),
            None => chosen.shown(),
        });
    }
    let command = format!("{COMMAND} {name}");
    arguments
        .experiment
        .run(&*experiment, &chosen.settings, (&command, &chosen.flags))
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

/// The experiment's settings with what was asked for by flags.
fn chosen(experiment: &dyn Experiment, arguments: &Reproduce) -> Result<ChosenSettings, Error> {
    let settings = experiment.settings(arguments.experiment.quick);
    let mut chosen = ChosenSettings::new(settings);
    chosen.number("trials", arguments.trials)?;
    chosen.number("episodes", arguments.episodes)?;
    chosen.number("seed", arguments.seed)?;
    chosen.flag("data", arguments.data.as_deref())?;
    chosen.set(&arguments.set)?;
    chosen.list("--transfer-to", "transfer_to", &arguments.transfer_to)?;
    Ok(chosen)
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
            let chosen = chosen(&*experiment, &arguments).unwrap();
            let command = format!("{COMMAND} {name}");
            let command = arguments
                .experiment
                .command(&name, (&command, &chosen.flags));
            assert_eq!(command, line);
        }
    }

    #[test]
    fn a_setting_that_the_experiment_lacks_is_refused_by_the_flag_that_named_it() {
        let arguments = arguments("metaplast reproduce fig3 --set lambda=1");
        let experiment = experiments::find("fig3").unwrap();
        let error = chosen(&*experiment, &arguments).err().unwrap().to_string();
        assert_eq!(
            error,
            "--set lambda: there is no such setting; choose trials, episodes, seed, data or transfer_to"
        );
    }
}
