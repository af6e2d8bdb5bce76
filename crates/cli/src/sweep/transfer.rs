//! The rules that a sweep found, tried on its targets.

use std::path::Path;

use metaplast_experiment::{Across, ExperimentMonitor, Figure, Plot, Point};
use metaplast_meta::Model;
use metaplast_meta::evaluate::{Evaluation, EvaluationSettings, evaluate};
use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;
use metaplast_runs::directory::names::RULE;
use metaplast_runs::rule::RuleFile;
use rayon::ThreadPool;
use serde_json::{Value, json};

use super::plan::SweepPlan;
use super::planned_run::PlannedRun;
use super::results::{csv_fields, estimate, mean};
use super::runner::{RunOutcome, SweptRun};
use super::target::{Opened, TargetTasks};
use crate::error::Error;
use crate::libraries;
use crate::terminal::table::table;

/// Every run's rule on every target.
#[derive(Debug)]
pub(crate) struct Transfer<'a> {
    plan: &'a SweepPlan,
    /// For each run, for each target.
    trials: Vec<Vec<TargetTasks>>,
}

/// How the rules of a run's trials did on a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    target: usize,
    trials: usize,
    accuracy: Option<Estimate>,
    /// In nats, of the tasks that did not explode.
    cross_entropy: Option<Estimate>,
    exploded: u64,
    ways: u64,
}

/// A run and how it did on each target.
pub(crate) type TriedRun<'a> = (&'a PlannedRun, Vec<Tried>);

impl<'a> Transfer<'a> {
    /// Opens all images and checks that every task can be drawn, which is better known before hours.
    pub(crate) fn new(plan: &'a SweepPlan) -> Result<Self, Error> {
        let mut opened = Opened::default();
        let mut prepare =
            |planned: &PlannedRun| -> Result<Vec<TargetTasks>, metaplast_runs::Error> {
                let targets = plan.targets.iter();
                targets
                    .map(|target| target.prepare(&planned.config, &mut opened))
                    .collect()
            };
        Ok(Transfer {
            plan,
            trials: plan
                .runs
                .iter()
                .map(&mut prepare)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Tries the rules of all runs that ended. The same tasks and initial weights for every one.
    pub(crate) fn run(
        &self,
        swept_runs: &'a [SweptRun],
        pool: &ThreadPool,
        monitor: &dyn ExperimentMonitor,
    ) -> Result<Vec<TriedRun<'a>>, Error> {
        let (tasks, targets) = (self.plan.tasks, self.plan.targets.len() as u64);
        let ended = swept_runs
            .iter()
            .zip(&self.trials)
            .filter(|(swept_run, _)| !matches!(swept_run.outcome, RunOutcome::Failed(_)));
        let ended: Vec<_> = ended.collect();
        let rules = ended
            .iter()
            .map(|(swept_run, _)| swept_run.planned.config.trials);
        monitor.begin(
            rules.sum::<u64>() * targets * tasks,
            "tasks to try the rules on",
        );
        let mut tried = Vec::new();
        for (swept_run, trials) in ended {
            let rules = models(&swept_run.planned, &swept_run.directory)?;
            let mut of_run = Vec::new();
            for (target, trial) in trials.iter().enumerate() {
                let mut evaluations = Vec::new();
                for rule in &rules {
                    if monitor.stop_requested() {
                        let reason =
                            "stopped while trying the rules; the same command tries them again";
                        return Err(Error::Interrupted(reason.into()));
                    }
                    let config = &swept_run.planned.config;
                    let done = || monitor.tick();
                    let (dataset, sampler, seed) = (&*trial.dataset, &trial.sampler, config.seed);
                    // Each image once, in whatever kind of task.
                    let settings = EvaluationSettings::new(tasks)
                        .with_seed(seed)
                        .with_precision(config.precision);
                    let evaluate = || evaluate(rule, dataset, sampler, &settings, &done);
                    let scores = pool.install(evaluate);
                    let outputs = rule.architecture.outputs();
                    evaluations.push(Evaluation::of(&scores, outputs, seed));
                }
                of_run.push(Tried::of(target, trial.ways, &evaluations));
            }
            tried.push((&swept_run.planned, of_run));
        }
        Ok(tried)
    }
}

/// The rule of each trial of a run.
fn models(planned: &PlannedRun, directory: &Path) -> Result<Vec<Model>, Error> {
    let file = RuleFile::read_with(&directory.join(RULE), &libraries::all())?;
    let model = |theta: &Vec<f64>| Model {
        architecture: planned.config.architecture.clone(),
        feedback: file.feedback.clone(),
        rule: file.rule.clone().with_theta(theta),
    };
    Ok(file.trials.iter().map(model).collect())
}

impl Tried {
    fn of(target: usize, ways: u64, evaluations: &[Evaluation]) -> Self {
        let over = |get: fn(&Evaluation) -> f64| {
            let values: Vec<f64> = evaluations.iter().map(get).collect();
            Estimate::of(&values, target as u64)
        };
        let mut accuracy = over(|evaluation| evaluation.accuracy);
        if let ([alone], Some(accuracy)) = (evaluations, &mut accuracy) {
            accuracy.interval = Some(alone.interval);
        }
        Tried {
            target,
            trials: evaluations.len(),
            accuracy,
            cross_entropy: over(|evaluation| evaluation.cross_entropy),
            exploded: evaluations.iter().map(|e| e.diverged).sum(),
            ways,
        }
    }
}

/// The table for people.
pub(crate) fn text(plan: &SweepPlan, tried: &[TriedRun<'_>]) -> String {
    let head = [
        "run",
        "tried on",
        "accuracy",
        "98% interval",
        "query loss",
        "exploded",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (planned, of_run) in tried {
        for tried in of_run {
            let interval = tried.accuracy.and_then(|accuracy| accuracy.interval);
            rows.push(vec![
                name(planned),
                plan.targets[tried.target].name.clone(),
                mean(tried.accuracy, |x| format!("{x:.3}")),
                interval.map_or("–".into(), |i| format!("{:.3} to {:.3}", i.low, i.high)),
                mean(tried.cross_entropy, |x| significant(x, 4)),
                tried.exploded.to_string(),
            ]);
        }
    }
    format!(
        "\n{}\n{} fresh tasks for the rule of each trial\n",
        table(&rows),
        plan.tasks
    )
}

fn name(planned: &PlannedRun) -> String {
    match planned.title() {
        title if title.is_empty() => planned.config_name(),
        title => title,
    }
}

/// The table for programs: `transfer.csv`.
pub(crate) fn csv(plan: &SweepPlan, tried: &[TriedRun<'_>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| writer.write_record(row).expect("memory takes every row");
    write(
        &[
            "cell",
            "target",
            "tasks",
            "trials",
            "exploded",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "query_ce",
            "query_ce_low",
            "query_ce_high",
        ]
        .map(str::to_owned),
    );
    for (planned, of_run) in tried {
        for tried in of_run {
            let mut row = vec![
                planned.name.clone(),
                plan.targets[tried.target].name.clone(),
            ];
            let numbers = [plan.tasks, tried.trials as u64, tried.exploded];
            row.extend(numbers.map(|n| n.to_string()));
            row.extend(csv_fields(tried.accuracy));
            row.extend(csv_fields(tried.cross_entropy));
            write(&row);
        }
    }
    writer.into_inner().expect("memory takes every row")
}

/// Each run on each target as a JSON object.
pub(crate) fn objects(plan: &SweepPlan, tried: &[TriedRun<'_>]) -> Vec<Value> {
    let objects = tried.iter().flat_map(|(planned, of_run)| {
        of_run.iter().map(|tried| {
            json!({
                "run": planned.name,
                "target": plan.targets[tried.target].name,
                "tasks": plan.tasks,
                "trials": tried.trials,
                "exploded": tried.exploded,
                "accuracy": estimate(&tried.accuracy),
                "query_ce": estimate(&tried.cross_entropy),
            })
        })
    });
    objects.collect()
}

/// What the runs did on the targets, a sentence each.
pub(crate) fn found(plan: &SweepPlan, tried: &[TriedRun<'_>]) -> Vec<String> {
    let percent = |x: f64| format!("{:.1}%", 100.0 * x);
    let sentence = |(planned, of_run): &TriedRun<'_>| {
        let parts = of_run.iter().filter_map(|tried| {
            let accuracy = tried.accuracy?;
            let interval = accuracy.interval.map_or(String::new(), |i| {
                format!(" ({} to {})", percent(i.low), percent(i.high))
            });
            let target = &plan.targets[tried.target].name;
            Some(format!("{} on {target}{interval}", percent(accuracy.mean)))
        });
        let parts: Vec<String> = parts.collect();
        format!("{}, fresh tasks: {}.", name(planned), parts.join(", "))
    };
    tried.iter().map(sentence).collect()
}

/// Accuracy on each target, with guessing beside it.
pub(crate) fn figure(plan: &SweepPlan, tried: &[TriedRun<'_>]) -> Figure {
    let curve = |of_run: &[Tried], get: &dyn Fn(&Tried) -> Option<Estimate>| -> Vec<Point> {
        let point = |tried: &Tried| {
            let y = get(tried)?.times(100.0);
            let x = tried.target as f64;
            Some(Point { x, y })
        };
        of_run.iter().filter_map(point).collect()
    };
    let across = Across::Steps {
        label: "tried on".into(),
        names: plan
            .targets
            .iter()
            .map(|target| target.name.clone())
            .collect(),
    };
    let up = "right answers on the query images, in %";
    let mut plot = Plot::new("Accuracy", across, up).wide().between(0.0, 100.0);
    let mut series: Vec<String> = tried.iter().map(|(planned, _)| name(planned)).collect();
    for (place, (_, of_run)) in tried.iter().enumerate() {
        plot = plot.with_curve(place, curve(of_run, &|tried| tried.accuracy));
    }
    if let Some((_, of_run)) = tried.first() {
        let guess = |tried: &Tried| Some(Estimate::exact(1.0 / tried.ways as f64));
        plot = plot.with_curve(series.len(), curve(of_run, &guess));
        series.push("guessing".into());
    }
    Figure::new(
        "transfer",
        "The rules on fresh tasks",
        "How well fresh networks learn by the rules that were found, on tasks of each kind. Lines only \
         join what belongs to the same rule.",
    )
    .with_plot(plot)
    .with_series(series)
    .with_method(format!(
        "Markers: mean over {} fresh tasks for the rule of each trial, the same tasks for every rule, then over the trials. Bars: 98% bootstrap interval (500 resamples) over the trials, or over the tasks of a single trial.",
        plan.tasks
    ))
}
