//! Search of a sweep: which of its runs are done, within a budget.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use metaplast_experiment::{Error as ExperimentError, ExperimentMonitor, Part};
use metaplast_report::last_of;
use metaplast_runs::Error as RunError;
use metaplast_runs::directory::names::SEARCH;
use metaplast_search::{
    CandidateReward, Game, Search, SearchError, SearchMethod, SearchRecord, SearchSpace,
};
use rayon::ThreadPool;

use super::experiment::SweepError;
use super::plan::SweepPlan;
use super::runner::{Failure, Failures, RunOutcome, Runner, SweptRun};
use crate::error::Error;
use crate::report::read_run;

/// Which searcher chooses the runs of a sweep, and how many it may choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SweepSearch {
    pub(crate) method: SearchMethod,
    pub(crate) budget: usize,
    pub(crate) seed: u64,
}

/// What the runs of a search are done with.
pub(super) struct Surroundings<'a> {
    pub(super) out: &'a Path,
    pub(super) pool: &'a ThreadPool,
    pub(super) monitor: &'a dyn ExperimentMonitor,
}

impl SweepSearch {
    /// Does runs of the plan until the budget is spent; returns the plan of those alone, in the order in which
    /// they were tried, and which of them failed.
    pub(super) fn chosen(
        &self,
        plan: &SweepPlan,
        around: &Surroundings<'_>,
    ) -> Result<(SweepPlan, Failures), SweepError> {
        let game = SweepGame {
            plan,
            space: space(plan),
            around,
            failures: Mutex::default(),
            error: Mutex::new(None),
        };
        let made = fs::create_dir_all(around.out);
        made.map_err(|cause| RunError::io(around.out, "create", cause))?;
        let name = format!("sweep {}, seed {}", self.method.name(), self.seed);
        let opened = SearchRecord::open(&around.out.join(SEARCH), &name, &game);
        let mut record = opened.map_err(|error| refused(around.out, error))?;
        let mut search = Search::new(&game, self.method.searcher(self.seed));
        let stop = || around.monitor.stop_requested();
        let ended = search.run_recorded(self.budget, &mut record, &stop);
        ended.map_err(|error| refused(around.out, error))?;
        let failed = game
            .error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(error) = failed {
            return Err(error);
        }
        if stop() {
            return Err(SweepError::Experiment(ExperimentError::Interrupted {
                done: search.history().len(),
                all: self.budget.min(plan.runs.len()),
                pieces: "runs",
            }));
        }
        let mut failures = game.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let mut runs = Vec::new();
        for tried in search.history().tried() {
            let run = game.run(&tried.choices);
            if tried.reward == f64::NEG_INFINITY {
                // Of a run that failed before this process began the record says no more.
                let failure = || Failure {
                    reason: format!("failed when it was tried; {SEARCH} has it"),
                    diverged: false,
                };
                failures.entry(run.name.clone()).or_insert_with(failure);
            }
            runs.push(run);
        }
        let plan = SweepPlan {
            runs,
            ..plan.clone()
        };
        Ok((plan, std::mem::take(&mut failures)))
    }
}

/// A record that cannot be gone on with, by the directory that was named.
fn refused(out: &Path, error: SearchError) -> Error {
    match error {
        SearchError::OtherSearch { found, .. } => Error::setting(
            format!("--out {}", out.display()),
            format!("the search `{found}` is there; name another directory, or remove it"),
        ),
        error => Error::Failed(error.to_string()),
    }
}

/// The arm, if there are several, then each swept setting. Runs are in the order of the places of the space.
fn space(plan: &SweepPlan) -> SearchSpace {
    let mut arms: Vec<String> = Vec::new();
    let mut settings: Vec<(String, Vec<String>)> = plan
        .keys
        .iter()
        .map(|key| (key.clone(), Vec::new()))
        .collect();
    for run in &plan.runs {
        let arm = run.arm.clone().unwrap_or_default();
        if !arms.contains(&arm) {
            arms.push(arm);
        }
        for ((_, values), (_, value)) in settings.iter_mut().zip(&run.point) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
    let arms = (arms.len() > 1).then(|| ("arm".to_owned(), arms));
    SearchSpace::new(arms.into_iter().chain(settings))
}

/// The runs of a sweep as a game: the reward is the accuracy over the last episodes.
struct SweepGame<'a> {
    plan: &'a SweepPlan,
    space: SearchSpace,
    around: &'a Surroundings<'a>,
    failures: Mutex<Failures>,
    /// Why it stopped, if something was wrong.
    error: Mutex<Option<SweepError>>,
}

impl SweepGame<'_> {
    fn run(&self, choices: &[usize]) -> super::planned_run::PlannedRun {
        self.plan.runs[self.space.place(choices)].clone()
    }

    /// Does runs, those that are there already excepted.
    fn train(&self, ends: &[Vec<usize>]) -> Result<Vec<CandidateReward>, SweepError> {
        let plan = SweepPlan {
            runs: ends.iter().map(|end| self.run(end)).collect(),
            ..self.plan.clone()
        };
        let runner = Runner {
            plan: &plan,
            out: self.around.out,
            pool: self.around.pool,
            monitor: self.around.monitor,
            part: Part::Whole,
            failures: &Failures::new(),
        };
        let runs = runner.run()?;
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for run in &runs {
            if let RunOutcome::Failed(failure) = &run.outcome {
                failures.insert(run.planned.name.clone(), failure.clone());
            }
        }
        Ok(runs.iter().map(reward).collect::<Result<_, Error>>()?)
    }
}

/// The mean accuracy over the last episodes; −∞ of a run that failed.
fn reward(run: &SweptRun) -> Result<CandidateReward, Error> {
    if let RunOutcome::Failed(_) = run.outcome {
        return Ok(CandidateReward::new(f64::NEG_INFINITY));
    }
    let run = read_run(&run.directory, &run.planned.name)?;
    let runs = [run];
    let accuracy = runs[0].result(last_of(&runs)).accuracy;
    Ok(CandidateReward::new(
        accuracy.map_or(f64::NEG_INFINITY, |accuracy| accuracy.mean),
    ))
}

impl Game for SweepGame<'_> {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.space.options(prefix)
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        let measured = self
            .measure_all(&[end.to_vec()])
            .and_then(|mut all| all.pop());
        measured.unwrap_or(CandidateReward::new(f64::NEG_INFINITY))
    }

    fn measure_all(&self, ends: &[Vec<usize>]) -> Option<Vec<CandidateReward>> {
        let trained = self.train(ends);
        trained
            .map_err(|error| {
                let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(error);
            })
            .ok()
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.space.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.space.describe(prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_space_is_the_run_with_its_settings() {
        let text = "[grid]\nlambda = [0, 0.5]\nlr = [1e-3, 3e-3, 1e-2]\n[[arm]]\nname = \"FA\"\npreset = \"fa\"\n[[arm]]\nname = \"bio\"\npreset = \"bio\"\n";
        let plan = SweepPlan::read(Path::new("s.toml"), text, false, &[]).unwrap();
        let space = space(&plan);
        assert_eq!(space.candidates(), plan.runs.len());
        for (place, run) in plan.runs.iter().enumerate() {
            let said = space.describe(&space.candidate(place));
            let settings = run
                .point
                .iter()
                .map(|(key, value)| format!(", {key} {value}"));
            let arm = run.arm.clone().unwrap();
            assert_eq!(said, format!("arm {arm}{}", settings.collect::<String>()));
        }
    }
}
