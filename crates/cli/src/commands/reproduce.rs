//! `metaplast reproduce`: the paper's experiments, and some that it leaves open.

use std::path::{Path, PathBuf};

use toml::Value;

use crate::arguments::Reproduce;
use crate::choice::Choice;
use crate::commands::sweep::Whole;
use crate::error::Error;
use crate::experiments::{self, Experiment};
use crate::output::{self, quoted};
use crate::sweep::{Change, Plan, Target};

/// Runs the command.
pub(crate) fn run(arguments: &Reproduce) -> Result<(), Error> {
    let Some(name) = &arguments.name else {
        return list();
    };
    let experiment = experiments::find(name).ok_or_else(|| {
        let names: Vec<&str> = experiments::ALL.iter().map(|e| e.name).collect();
        let reason = format!("no such experiment; choose {}", names.join(", "));
        Error::setting(name, reason)
    })?;
    if arguments.show {
        return output::print(experiment.text);
    }
    let plan = plan(experiment, arguments)?;
    let quickly = if arguments.quick { "-quick" } else { "" };
    let usual = || PathBuf::from("runs").join(format!("{name}{quickly}"));
    let out = arguments.out.clone().unwrap_or_else(usual);
    let whole = Whole {
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
        let plan = Plan::read(Path::new(experiment.name), experiment.text, false, &[])?;
        let (runs, title) = (plan.cells.len(), plan.title.unwrap_or_default());
        let noun = if runs == 1 { "run " } else { "runs" };
        text += &format!("{:<16}{runs:>3} {noun}  {title}\n", experiment.name);
    }
    output::print(&text)
}

/// The experiment with what was asked for by flags.
fn plan(experiment: &Experiment, arguments: &Reproduce) -> Result<Plan, Error> {
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
    let changes: Vec<Change> = changes
        .into_iter()
        .map(|(key, value)| Change {
            key: key.into(),
            value,
            byte: None,
        })
        .collect();
    let path = Path::new(experiment.name);
    let mut plan = Plan::read(path, experiment.text, arguments.quick, &changes)?;
    let others = arguments.transfer_to.iter();
    plan.targets
        .extend(others.map(|data| Target::on_data(data)));
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
    use crate::arguments::{Command, Metaplast};

    fn arguments(line: &str) -> Reproduce {
        match Metaplast::parse_from(line.split(' ')).command {
            Command::Reproduce(arguments) => arguments,
            other => panic!("{other:?}"),
        }
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
