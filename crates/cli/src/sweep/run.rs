//! A sweep as a whole, from its runs to its results.

use std::path::Path;

use metaplast_experiment::{ExperimentMonitor, Part, Results, RunDirectoryName};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_report::{Run, last_of};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::directory::names::{SWEEP, TRANSFER};
use metaplast_runs::threads;

use super::experiment::SweepError;
use super::findings::{figures, findings};
use super::plan::SweepPlan;
use super::results::{csv, objects, text};
use super::runner::{Failures, RunOutcome, Runner, SweptRun};
use super::search::{Surroundings, SweepSearch};
use super::transfer::{self, Transfer};
use crate::report::read_run;
use crate::shell::shown;

/// A sweep from its runs to its results.
pub(crate) struct SweepRun<'a> {
    pub(crate) plan: &'a SweepPlan,
    pub(crate) out: &'a Path,
    pub(crate) monitor: &'a dyn ExperimentMonitor,
    pub(crate) part: Part,
    /// Who chooses the runs, if not all are done.
    pub(crate) search: Option<SweepSearch>,
}

impl SweepRun<'_> {
    /// Runs what is missing and writes the tables.
    pub(super) fn run(self) -> Result<Results, SweepError> {
        // The runs take a pool, and the threads that wait for it cost nothing.
        let pool = threads::pool(Some(rayon::current_num_threads() as u64))?;
        let searched;
        let no_failures = Failures::new();
        let (plan, failures) = match self.search {
            None => (self.plan, &no_failures),
            Some(search) => {
                let around = Surroundings {
                    out: self.out,
                    pool: &pool,
                    monitor: self.monitor,
                };
                searched = search.chosen(self.plan, &around)?;
                (&searched.0, &searched.1)
            }
        };
        let runner = Runner {
            plan,
            out: self.out,
            pool: &pool,
            monitor: self.monitor,
            part: self.part,
            failures,
        };
        let rules = Transfer::new(plan)?;
        let swept_runs = runner.run()?;
        let named = named(&swept_runs);
        let mut runs: Vec<Run> = Vec::new();
        for run in &named {
            runs.push(read_run(&self.out.join(&run.path), &run.name)?);
        }
        let tried = rules.run(&swept_runs, &pool, self.monitor)?;
        let last = last_of(&runs);
        let table = self.out.join(SWEEP);
        write_whole(&table, &csv(plan, &swept_runs, &runs, last))?;
        let mut said = text(plan, &swept_runs, &runs, last);
        said += &format!("\nmeans over the last {last} episodes: {}\n", shown(&table));
        let mut results = Results::new();
        results.objects = objects(&swept_runs, &runs, last);
        if !plan.targets.is_empty() {
            let table = self.out.join(TRANSFER);
            write_whole(&table, &transfer::csv(plan, &tried))?;
            said += &transfer::text(plan, &tried);
            said += &format!("in numbers: {}\n", shown(&table));
            results.objects.extend(transfer::objects(plan, &tried));
        }
        results.findings = findings(plan, &swept_runs, &runs, &tried);
        results.figures = figures(plan, &swept_runs, &runs, &tried);
        results.text = Some(said);
        results.failure = failed(&swept_runs);
        results.runs = named;
        Ok(results)
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

/// The directories of the runs that ended, named by their arms where these tell them apart.
fn named(swept_runs: &[SweptRun]) -> Vec<RunDirectoryName> {
    let ended = swept_runs
        .iter()
        .filter(|swept_run| !matches!(swept_run.outcome, RunOutcome::Failed(_)));
    let name = |swept_run: &SweptRun| {
        let planned = &swept_run.planned;
        let name = match (&planned.arm, planned.point.is_empty()) {
            (Some(arm), true) => arm.clone(),
            (None, true) => planned.config_name(),
            _ => planned.title(),
        };
        let path = planned.name.clone();
        RunDirectoryName { path, name }
    };
    ended.map(name).collect()
}
