//! A sweep as a whole, from its runs to its page.

use std::path::Path;

use metaplast_meta::optimizer::OptimizerKind;
use metaplast_report::{Run, last_of};
use metaplast_runs::directory::RunDirectory;
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::directory::names::{REPORT, SWEEP, TRANSFER};
use metaplast_runs::threads;

use super::plan::SweepPlan;
use super::results::{csv, json_lines, text};
use super::runner::{RunOutcome, Runner, SweptRun};
use super::study::page;
use super::transfer::{self, Transfer};
use crate::error::Error;
use crate::report::{read_run, write_page};
use crate::shell::shown;
use crate::terminal::output;

/// A sweep from its runs to its page.
pub(crate) struct SweepRun<'a> {
    pub(crate) plan: &'a SweepPlan,
    pub(crate) out: &'a Path,
    pub(crate) threads: Option<u64>,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
    /// Of the page, when the plan has none.
    pub(crate) title: &'a str,
    /// The command that goes on when it is stopped.
    pub(crate) way_on: String,
}

impl SweepRun<'_> {
    /// Runs what is missing and writes the table and the page.
    pub(crate) fn run(self) -> Result<(), Error> {
        if self.out.as_os_str().is_empty() || self.out.is_file() {
            let origin = format!("--out {}", self.out.display());
            return Err(Error::setting(origin, "this is no directory; name one"));
        }
        let plan = self.plan.clone().following_images()?;
        let this = SweepRun {
            plan: &plan,
            ..self
        };
        this.run_plan()
    }

    fn run_plan(self) -> Result<(), Error> {
        let pool = threads::pool(self.threads)?;
        let runner = Runner {
            plan: self.plan,
            out: self.out,
            pool: &pool,
            quiet: self.quiet,
            way_on: self.way_on,
        };
        let rules = Transfer::new(self.plan)?;
        // Two sweeps in one directory would each take the other's runs for its own.
        let mut directory = RunDirectory::enter(self.out)?;
        let swept_runs = runner.run()?;
        directory.keep();
        let runs = read_runs(&swept_runs)?;
        let tried = rules.run(&swept_runs, &pool, self.quiet)?;
        let last = last_of(&runs);
        let table = self.out.join(SWEEP);
        write_whole(&table, &csv(self.plan, &swept_runs, &runs, last))?;
        let mut json = json_lines(&swept_runs, &runs, last);
        let mut said = text(self.plan, &swept_runs, &runs, last);
        said += &format!("\nmeans over the last {last} episodes: {}\n", shown(&table));
        if !self.plan.targets.is_empty() {
            let table = self.out.join(TRANSFER);
            write_whole(&table, &transfer::csv(self.plan, &tried))?;
            said += &transfer::text(self.plan, &tried);
            said += &format!("in numbers: {}\n", shown(&table));
            json += &transfer::json_lines(self.plan, &tried);
        }
        if !runs.is_empty() {
            let page = page(self.plan, &swept_runs, runs, &tried, self.title);
            said += &write_page(&page, &self.out.join(REPORT))?;
        }
        match self.json {
            true => output::raw(&json).map_err(Error::Output)?,
            false => output::print(&said)?,
        }
        match failed(&swept_runs) {
            None => Ok(()),
            Some(said) => Err(Error::Failed(said)),
        }
    }
}

/// How many runs failed, and what helps those whose episodes diverged; of the others the table says
/// what was wrong.
fn failed(swept_runs: &[SweptRun]) -> Option<String> {
    let failures = swept_runs.iter().filter_map(|run| match &run.outcome {
        RunOutcome::Failed(failure) => Some((run, failure)),
        _ => None,
    });
    let (diverged, others): (Vec<_>, Vec<_>) = failures.partition(|(_, failure)| failure.diverged);
    if diverged.is_empty() && others.is_empty() {
        return None;
    }
    let mut said = format!(
        "{} of {} runs failed",
        diverged.len() + others.len(),
        swept_runs.len()
    );
    let steady = |run: &SweptRun| run.planned.config.optimizer == OptimizerKind::default();
    match diverged.len() {
        0 => {}
        _ if others.is_empty() => said += "; lower their learning rates",
        n => said += &format!("; lower the learning rates of the {n} that diverged"),
    }
    if diverged.iter().any(|(run, _)| !steady(run)) {
        said += ", or use the steady optimizer";
    }
    Some(said)
}

/// Reads the runs that ended, named by their arms where these tell them apart.
fn read_runs(swept_runs: &[SweptRun]) -> Result<Vec<Run>, metaplast_runs::Error> {
    let ended = swept_runs
        .iter()
        .filter(|swept_run| !matches!(swept_run.outcome, RunOutcome::Failed(_)));
    let read = |swept_run: &SweptRun| {
        let planned = &swept_run.planned;
        let name = match (&planned.arm, planned.point.is_empty()) {
            (Some(arm), true) => arm.clone(),
            (None, true) => planned.config_name(),
            _ => planned.title(),
        };
        read_run(&swept_run.directory, &name)
    };
    ended.map(read).collect()
}
