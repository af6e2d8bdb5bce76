//! An experiment from its settings to its page: what is the same for all of them.

use std::path::Path;

use metaplast_experiment::{
    Error as ExperimentError, Experiment, ExperimentSettings, Part, Request, Results, Table,
};
use metaplast_report::{ExperimentReport, Page};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::directory::names::{CONFIG, MEASUREMENTS, NET, REPORT, RESULTS};
use metaplast_runs::directory::{RunDirectory, remove_leftovers};
use metaplast_runs::threads;

use super::files::MeasurementFiles;
use super::monitor::Shown;
use super::slurm::script;
use crate::error::Error;
use crate::report::{has_results, program, read_experiment, read_run, write_page};
use crate::shell::shown;
use crate::terminal::output;
use crate::terminal::table::table;

/// An experiment and how it was asked for.
pub(crate) struct ExperimentRun<'a> {
    pub(crate) experiment: &'a dyn Experiment,
    pub(crate) settings: &'a ExperimentSettings,
    pub(crate) quick: bool,
    pub(crate) out: &'a Path,
    pub(crate) threads: Option<u64>,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
    pub(crate) part: Part,
    /// The number of tasks of a script for SLURM, which is then printed and all there is to do.
    pub(crate) tasks: Option<u64>,
    /// The command that repeats it, and goes on when it is stopped.
    pub(crate) command: String,
}

impl ExperimentRun<'_> {
    /// Measures what is missing; writes the results and the page.
    pub(crate) fn run(&self) -> Result<(), Error> {
        if let Some(tasks) = self.tasks {
            let name = self.experiment.name();
            return output::print(&script(&self.command, &name, tasks));
        }
        if self.out.as_os_str().is_empty() || self.out.is_file() {
            let origin = format!("--out {}", self.out.display());
            return Err(Error::setting(origin, "this is no directory; name one"));
        }
        self.check_place()?;
        let pool = threads::pool(self.threads)?;
        // Two commands in one directory would each take the other's files for its own. Shards write
        // different ones.
        let mut directory = match self.part {
            Part::Shard(_) => None,
            Part::Whole | Part::Gather => Some(RunDirectory::enter(self.out)?),
        };
        let monitor = Shown::new(self.quiet || self.json);
        let measurements = self.out.join(MEASUREMENTS);
        let store = MeasurementFiles(measurements.clone());
        let request = Request::new(self.settings, &monitor, &store)
            .in_directory(self.out)
            .quickly(self.quick)
            .of_part(self.part);
        let results = pool.install(|| self.experiment.run(&request));
        drop(monitor);
        let Some(directory) = &mut directory else {
            return self.tell_shard(results);
        };
        let results = results.map_err(|error| self.because(error))?;
        directory.keep();
        if measurements.is_dir() {
            remove_leftovers(&measurements)?;
        }
        self.tell(results)
    }

    /// Says how far the work is of which a shard was done.
    fn tell_shard(&self, results: Result<Results, ExperimentError>) -> Result<(), Error> {
        let there = match results {
            Ok(_) => "everything is there".to_owned(),
            Err(error @ ExperimentError::ShardEnded { .. }) => error.to_string(),
            Err(error) => return Err(self.because(error)),
        };
        match self.json {
            true => Ok(()),
            false => output::print(&format!(
                "the shard is done; {there}\nonce all shards are: {} --gather\n",
                self.command
            )),
        }
    }

    /// Refuses a directory that holds something else, which would be lost.
    fn check_place(&self) -> Result<(), Error> {
        if self.out.join(CONFIG).is_file() || self.out.join(NET).is_file() {
            return Err(self.other_place("a run is there"));
        }
        if has_results(self.out) {
            let there = read_experiment(self.out)?.about.name;
            if there != self.experiment.name() {
                return Err(self.other_place(&format!("the results of {there} are there")));
            }
        }
        Ok(())
    }

    fn other_place(&self, found: &str) -> Error {
        let origin = format!("--out {}", self.out.display());
        Error::setting(
            origin,
            format!("{found}; name another directory, or remove it"),
        )
    }

    /// The error of the command.
    fn because(&self, error: ExperimentError) -> Error {
        match error {
            ExperimentError::Setting { origin, reason } => Error::setting(origin, reason),
            ExperimentError::OtherSettings => self.other_place(&error.to_string()),
            ExperimentError::Interrupted { .. } => {
                let shard = match self.part {
                    Part::Shard(shard) => format!(" --shard {shard}"),
                    Part::Whole | Part::Gather => String::new(),
                };
                Error::Interrupted(format!("{error}; go on with: {}{shard}", self.command))
            }
            ExperimentError::Missing { .. } => Error::Failed(format!(
                "{error}; do the shards that have them, or everything by: {}",
                self.command
            )),
            ExperimentError::Other(error) => match error.downcast::<Error>() {
                Ok(error) => *error,
                Err(error) => match error.downcast::<metaplast_runs::Error>() {
                    Ok(error) => Error::from(*error),
                    Err(error) => Error::Failed(error.to_string()),
                },
            },
            error => Error::Failed(error.to_string()),
        }
    }

    /// Writes the results and prints them.
    fn tell(&self, results: Results) -> Result<(), Error> {
        let about = self.experiment.about();
        let data = self.out.join(RESULTS);
        let mut json = results.to_json(&about, self.settings);
        json["command"] = self.command.clone().into();
        let text = serde_json::to_string_pretty(&json).expect("values can be written");
        write_whole(&data, format!("{text}\n").as_bytes())?;
        let mut said = results.text.clone().unwrap_or_else(|| in_words(&results));
        let objects = results.to_objects();
        let failure = results.failure.clone();
        let mut runs = Vec::new();
        for run in &results.runs {
            runs.push(read_run(&self.out.join(&run.path), &run.name)?);
        }
        said += &format!("as data: {}\n", shown(&data));
        if !runs.is_empty() || !results.figures.is_empty() || !results.tables.is_empty() {
            let page = Page {
                title: about.title.clone(),
                experiment: Some(ExperimentReport {
                    about,
                    settings: self.settings.clone(),
                    results,
                    command: self.command.clone(),
                }),
                runs,
                program: program(),
            };
            said += &write_page(&page, &self.out.join(REPORT))?;
        }
        match self.json {
            true => {
                let lines: String = objects.iter().map(|object| format!("{object}\n")).collect();
                output::raw(&lines).map_err(Error::Output)?;
            }
            false => output::print(&said)?,
        }
        match failure {
            None => Ok(()),
            Some(failure) => Err(Error::Failed(failure)),
        }
    }
}

/// Tables and findings for a terminal.
fn in_words(results: &Results) -> String {
    let mut said = String::new();
    for shown in &results.tables {
        said += &format!("{}\n{}", shown.title, in_columns(shown));
        if !shown.note.is_empty() {
            said += &format!("{}\n", shown.note);
        }
        said.push('\n');
    }
    for finding in &results.findings {
        said += &format!("- {finding}\n");
    }
    said
}

fn in_columns(shown: &Table) -> String {
    let rows = shown.rows.iter();
    let rows = rows.map(|row| row.iter().map(|cell| cell.to_text()).collect());
    let all: Vec<Vec<String>> = [shown.headings.clone()].into_iter().chain(rows).collect();
    table(&all)
}
