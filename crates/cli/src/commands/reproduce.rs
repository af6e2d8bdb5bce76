//! `metaplast reproduce`: the paper's experiments, and some that it leaves open.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_runs::directory::names::RUNS;
use metaplast_runs::settings::{Choice, OneOf, heading, listed, path_as_text, whole};
use toml::Value;

use crate::error::Error;
use crate::experiments::{self, Experiment};
use crate::shell::quoted;
use crate::sweep::{SettingChange, SweepPlan, SweepRun, Target};
use crate::terminal::output;

const AFTER: &str = "\
Without a name it lists the experiments. Each is a small sweep, and --show prints it, as a file for \
`metaplast sweep` to change and run. Its runs are ordinary run directories below --out, and its result \
is a page, report.html, with the experiment's question, what is published about it, and what was found. \
The same command goes on where it was stopped.

Examples:
  metaplast reproduce
  metaplast reproduce fig3 --quick --episodes 20 --trials 2 --out runs/try
  metaplast reproduce lambda-sweep --show
  metaplast reproduce transfer --quick --episodes 20 --out runs/carried";

/// Repeat the paper's experiments, and some that it leaves open.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Reproduce {
    /// Which experiment
    #[arg(value_name = "NAME", value_parser = OneOf(experiments::names))]
    name: Option<String>,
    /// A size that ends within minutes, to see how it goes
    #[arg(long)]
    quick: bool,
    /// Whole meta-trainings with different random streams [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    trials: Option<u64>,
    /// Episodes of each trial [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    episodes: Option<u64>,
    /// From which everything random but the glyphs follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: Option<u64>,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of pictures for each class [default: glyphs]
    #[arg(long, value_name = "DATA", value_parser = path_as_text(), help_heading = heading::DATA)]
    data: Option<String>,
    /// Try the rules that were found on these images too, as --data names them; repeatable
    #[arg(long, value_name = "DATA", value_parser = path_as_text())]
    transfer_to: Vec<String>,
    /// Directory for the runs [default: runs/NAME, or runs/NAME-quick]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// Print the experiment as a sweep file and do nothing
    #[arg(long, requires = "name")]
    show: bool,
    /// No progress, only the table
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object for each run instead of the table, and nothing else
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
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
    if arguments.show {
        return output::print(experiment.text);
    }
    let plan = plan(experiment, arguments)?;
    let quickly = if arguments.quick { "-quick" } else { "" };
    let usual = || PathBuf::from(RUNS).join(format!("{name}{quickly}"));
    let out = arguments.out.clone().unwrap_or_else(usual);
    let whole = SweepRun {
        plan: &plan,
        out: &out,
        threads: arguments.threads,
        quiet: arguments.quiet || arguments.json,
        json: arguments.json,
        title: name,
        way_on: way_on(arguments, name, &out),
    };
    whole.run()
}

fn list() -> Result<(), Error> {
    let mut text = String::new();
    for experiment in experiments::ALL {
        let plan = SweepPlan::read(Path::new(experiment.name), experiment.text, false, &[])?;
        let (runs, title) = (plan.runs.len(), plan.title.unwrap_or_default());
        let noun = if runs == 1 { "run " } else { "runs" };
        text += &format!("{:<16}{runs:>3} {noun}  {title}\n", experiment.name);
    }
    output::print(&text)
}

/// The experiment with what was asked for by flags.
fn plan(experiment: &Experiment, arguments: &Reproduce) -> Result<SweepPlan, Error> {
    let numbers = [
        ("trials", arguments.trials),
        ("episodes", arguments.episodes),
        ("seed", arguments.seed),
    ];
    let mut changes = Vec::new();
    for (key, number) in numbers {
        if let Some(number) = number {
            let number = Choice::new(number, format!("--{key}")).storable()?;
            changes.push((key, Value::Integer(number as i64)));
        }
    }
    if let Some(data) = &arguments.data {
        changes.push(("data", Value::String(data.clone())));
    }
    let changes: Vec<SettingChange> = changes
        .into_iter()
        .map(|(key, value)| SettingChange {
            key: key.into(),
            value,
            byte: None,
        })
        .collect();
    let path = Path::new(experiment.name);
    let mut plan = SweepPlan::read(path, experiment.text, arguments.quick, &changes)?;
    for data in &arguments.transfer_to {
        let mut target = Target::on_data(data);
        // Two directories may have the same last name.
        if plan.targets.iter().any(|other| other.name == target.name) {
            target.name = data.clone();
        }
        if plan.targets.iter().any(|other| other.name == target.name) {
            let reason = "these images are named twice; name each once";
            return Err(Error::setting(format!("--transfer-to {data}"), reason));
        }
        plan.targets.push(target);
    }
    Ok(plan)
}

fn way_on(arguments: &Reproduce, name: &str, out: &Path) -> String {
    let mut command = format!("metaplast reproduce {name}");
    if arguments.quick {
        command += " --quick";
    }
    let numbers = [
        ("trials", arguments.trials),
        ("episodes", arguments.episodes),
        ("seed", arguments.seed),
    ];
    for (flag, number) in numbers {
        if let Some(number) = number {
            command += &format!(" --{flag} {number}");
        }
    }
    if let Some(data) = &arguments.data {
        command += &format!(" --data {}", quoted(Path::new(data)));
    }
    for data in &arguments.transfer_to {
        command += &format!(" --transfer-to {}", quoted(Path::new(data)));
    }
    command + &format!(" --out {}", quoted(out))
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
    fn rules_are_carried_to_what_the_flags_name_and_the_way_on_says_so() {
        let line =
            "metaplast reproduce transfer --quick --seed 2 --transfer-to mnist --transfer-to a/b/";
        let arguments = arguments(line);
        let experiment = experiments::find("transfer").unwrap();
        let plan = plan(experiment, &arguments).unwrap();
        let names: Vec<&str> = plan
            .targets
            .iter()
            .map(|target| target.name.as_str())
            .collect();
        assert_eq!(names[3..], ["mnist", "b"]);
        assert_eq!(plan.tasks, 10);
        let way_on = way_on(&arguments, "transfer", Path::new("o"));
        assert_eq!(way_on, format!("{line} --out o"));
    }
}
