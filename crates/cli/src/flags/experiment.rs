//! Flags of commands that run an experiment.

use std::path::PathBuf;

use clap::Args;
use metaplast_experiment::{Experiment, ExperimentSettings, Part};
use metaplast_runs::directory::names::RUNS;
use metaplast_runs::settings::{heading, whole};

use super::PartFlags;
use crate::error::Error;
use crate::experiments::ExperimentRun;
use crate::shell::quoted;

/// How an experiment is run, and where its results go.
#[derive(Args, Debug)]
pub(crate) struct ExperimentFlags {
    /// A size that ends within minutes, to see how it goes
    #[arg(long)]
    pub(crate) quick: bool,
    /// Directory for the results [default: runs/NAME with the experiment's name, or runs/NAME-quick]
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

impl ExperimentFlags {
    /// Whether all of the work is asked for, and not a part or a script.
    pub(crate) fn is_whole(&self) -> bool {
        self.part.part() == Part::Whole && self.part.tasks(None).is_none()
    }

    /// Where the results of the experiment of this name go.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        let quickly = if self.quick { "-quick" } else { "" };
        let usual = || PathBuf::from(RUNS).join(format!("{name}{quickly}"));
        self.out.clone().unwrap_or_else(usual)
    }

    /// Runs an experiment; `command` repeats it, but for --quick, after the command's name, and --out.
    pub(crate) fn run(
        &self,
        experiment: &dyn Experiment,
        settings: &ExperimentSettings,
        (command, chosen): (&str, &str),
    ) -> Result<(), Error> {
        let out = self.out(&experiment.name());
        let trials = settings.has("trials").then(|| settings.trials());
        let run = ExperimentRun {
            experiment,
            settings,
            quick: self.quick,
            out: &out,
            threads: self.threads,
            quiet: self.quiet,
            json: self.json,
            part: self.part.part(),
            tasks: self.part.tasks(trials),
            command: self.command(&experiment.name(), (command, chosen)),
        };
        run.run()
    }

    /// The command with everything that was chosen for the experiment of this name.
    pub(crate) fn command(&self, name: &str, (command, chosen): (&str, &str)) -> String {
        let quickly = if self.quick { " --quick" } else { "" };
        format!(
            "{command}{quickly}{chosen} --out {}",
            quoted(&self.out(name))
        )
    }
}
