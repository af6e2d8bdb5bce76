//! A sweep from its cells to its page.

use std::path::Path;

use metaplast_report::{Run, last_of};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::directory::names::{REPORT, SWEEP, TRANSFER};
use metaplast_runs::threads;

use super::plan::Plan;
use super::results::{csv, json_lines, text};
use super::runner::{CellOutcome, Fate, Runner};
use super::study::page;
use super::transfer::{self, Transfer};
use crate::error::Error;
use crate::report::{read_run, write_page};
use crate::terminal::output;

/// A sweep from its cells to its page.
pub(crate) struct SweepRun<'a> {
    pub(crate) plan: &'a Plan,
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
        let pool = threads::pool(self.threads)?;
        let runner = Runner {
            plan: self.plan,
            out: self.out,
            pool: &pool,
            quiet: self.quiet,
            way_on: self.way_on,
        };
        let rules = Transfer::new(self.plan)?;
        let outcomes = runner.run()?;
        let runs = read_runs(&outcomes)?;
        let tried = rules.run(&outcomes, &pool, self.quiet)?;
        let last = last_of(&runs);
        let table = self.out.join(SWEEP);
        write_whole(&table, &csv(self.plan, &outcomes, &runs, last))?;
        let mut json = json_lines(&outcomes, &runs, last);
        let mut said = text(self.plan, &outcomes, &runs, last);
        said += &format!(
            "\nmeans over the last {last} episodes: {}\n",
            table.display()
        );
        if !self.plan.targets.is_empty() {
            let table = self.out.join(TRANSFER);
            write_whole(&table, &transfer::csv(self.plan, &tried))?;
            said += &transfer::text(self.plan, &tried);
            said += &format!("in numbers: {}\n", table.display());
            json += &transfer::json_lines(self.plan, &tried);
        }
        if !runs.is_empty() {
            let page = page(self.plan, &outcomes, runs, &tried, self.title);
            said += &write_page(&page, &self.out.join(REPORT))?;
        }
        if self.json {
            said = json;
        }
        output::print(&said)?;
        let failed = outcomes
            .iter()
            .filter(|outcome| matches!(outcome.fate, Fate::Failed(_)));
        match failed.count() {
            0 => Ok(()),
            n => Err(Error::Failed(format!(
                "{n} of {} runs failed; lower their learning rates, or use the steady optimizer",
                outcomes.len()
            ))),
        }
    }
}

/// Reads the cells that ended, named by their arms where these tell them apart.
fn read_runs(outcomes: &[CellOutcome]) -> Result<Vec<Run>, metaplast_runs::Error> {
    let ended = outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.fate, Fate::Failed(_)));
    let read = |outcome: &CellOutcome| {
        let cell = &outcome.cell;
        let name = match (&cell.arm, cell.point.is_empty()) {
            (Some(arm), true) => arm.clone(),
            (None, true) => cell.config_name(),
            _ => cell.title(),
        };
        read_run(&outcome.directory, &name)
    };
    ended.map(read).collect()
}
