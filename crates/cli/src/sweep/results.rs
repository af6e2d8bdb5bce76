//! What came out of a sweep, as one table.

use metaplast_data::text::escaped;
use metaplast_numbers::Estimate;
use metaplast_plasticity::digits::significant;
use metaplast_report::{Run, RunResult};
use serde_json::{Map, Value, json};

use super::plan::SweepPlan;
use super::runner::{Failure, RunOutcome, SweptRun};
use crate::terminal::table::table;

/// The table for people. `runs` are those of the runs that ended, in order.
pub(crate) fn text(plan: &SweepPlan, swept_runs: &[SweptRun], runs: &[Run], last: usize) -> String {
    let mut head = vec!["run".to_owned()];
    head.extend(plan.keys.iter().cloned());
    head.extend(["accuracy", "98% interval", "query loss", "diverged"].map(str::to_owned));
    let mut rows = vec![head];
    let mut runs = runs.iter();
    for swept_run in swept_runs {
        let arm = swept_run.planned.arm.clone();
        let mut row = vec![arm.unwrap_or_else(|| swept_run.planned.config_name())];
        row.extend(
            swept_run
                .planned
                .point
                .iter()
                .map(|(_, value)| value.clone()),
        );
        if let RunOutcome::Failed(_) = swept_run.outcome {
            row.push("failed".into());
            rows.push(row);
            continue;
        }
        let run = runs.next().expect("a run for each that ended");
        let result = run.result(last);
        let interval = result.accuracy.and_then(|accuracy| accuracy.interval);
        row.push(mean(result.accuracy, |x| format!("{x:.3}")));
        row.push(interval.map_or("–".into(), |i| format!("{:.3} to {:.3}", i.low, i.high)));
        row.push(mean(result.cross_entropy, |x| significant(x, 4)));
        row.push(run.diverged().to_string());
        rows.push(row);
    }
    let mut text = table(&rows);
    for swept_run in swept_runs {
        if let RunOutcome::Failed(Failure { reason, .. }) = &swept_run.outcome {
            text += &format!("{}: {}\n", swept_run.planned.name, escaped(reason));
        }
    }
    text
}

pub(super) fn mean(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> String {
    estimate.map_or("–".into(), |estimate| show(estimate.mean))
}

/// The table for programs: `sweep.csv`.
pub(crate) fn csv(plan: &SweepPlan, swept_runs: &[SweptRun], runs: &[Run], last: usize) -> Vec<u8> {
    let results: Vec<RunResult> = runs.iter().map(|run| run.result(last)).collect();
    let mut symbols: Vec<&str> = Vec::new();
    for term in runs.iter().flat_map(|run| &run.terms) {
        if !symbols.contains(&term.symbol.as_str()) {
            symbols.push(&term.symbol);
        }
    }
    let angles = results
        .iter()
        .map(|result| result.angles.len())
        .max()
        .unwrap_or(0);
    let mut names: Vec<String> = vec!["cell".into(), "arm".into()];
    names.extend(plan.keys.iter().cloned());
    names.extend(["trials", "episodes", "diverged"].map(str::to_owned));
    let mut with_ends = |name: &str| {
        names.extend(["", "_low", "_high"].map(|end| format!("{name}{end}")));
    };
    with_ends("accuracy");
    with_ends("query_ce");
    symbols
        .iter()
        .for_each(|symbol| with_ends(&format!("theta_{symbol}")));
    (1..=angles).for_each(|l| with_ends(&format!("alpha_{l}")));
    names.push("error".into());

    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| writer.write_record(row).expect("memory takes every row");
    write(&names);
    let mut ended = runs.iter().zip(&results);
    for swept_run in swept_runs {
        let planned = &swept_run.planned;
        let mut row = vec![
            planned.name.clone(),
            planned.arm.clone().unwrap_or_default(),
        ];
        row.extend(planned.point.iter().map(|(_, value)| value.clone()));
        if let RunOutcome::Failed(Failure { reason, .. }) = &swept_run.outcome {
            row.resize(names.len() - 1, String::new());
            row.push(reason.clone());
            write(&row);
            continue;
        }
        let (run, result) = ended.next().expect("a run for each that ended");
        row.extend([run.trials.len(), run.episodes(), run.diverged()].map(|n| n.to_string()));
        row.extend(csv_fields(result.accuracy));
        row.extend(csv_fields(result.cross_entropy));
        for symbol in &symbols {
            let place = run.terms.iter().position(|term| term.symbol == *symbol);
            row.extend(csv_fields(place.and_then(|place| result.theta[place])));
        }
        for l in 0..angles {
            row.extend(csv_fields(result.angles.get(l).copied().flatten()));
        }
        row.push(String::new());
        write(&row);
    }
    writer.into_inner().expect("memory takes every row")
}

/// Mean and ends of the interval; empty where there are none.
pub(super) fn csv_fields(estimate: Option<Estimate>) -> [String; 3] {
    let number = |x: f64| format!("{x:?}");
    let interval = estimate.and_then(|estimate| estimate.interval);
    [
        estimate.map_or(String::new(), |estimate| number(estimate.mean)),
        interval.map_or(String::new(), |interval| number(interval.low)),
        interval.map_or(String::new(), |interval| number(interval.high)),
    ]
}

/// Each run as a JSON object.
pub(crate) fn objects(swept_runs: &[SweptRun], runs: &[Run], last: usize) -> Vec<Value> {
    let mut runs = runs.iter();
    let object = |swept_run: &SweptRun| {
        let planned = &swept_run.planned;
        let point = planned.point.iter();
        let point: Map<String, Value> = point
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        let mut object = Map::from_iter([
            ("run".to_owned(), json!(planned.name)),
            (
                "directory".to_owned(),
                json!(swept_run.directory.to_string_lossy()),
            ),
            ("arm".to_owned(), json!(planned.arm)),
            ("settings".to_owned(), Value::Object(point)),
        ]);
        let more: Map<String, Value> = match &swept_run.outcome {
            RunOutcome::Failed(failure) => {
                Map::from_iter([("error".to_owned(), json!(failure.reason))])
            }
            RunOutcome::Found | RunOutcome::Finished => {
                let run = runs.next().expect("a run for each that ended");
                let result = run.result(last);
                let symbols = run.terms.iter().map(|term| term.symbol.clone());
                let theta: Map<String, Value> =
                    symbols.zip(result.theta.iter().map(estimate)).collect();
                let angles: Vec<Value> = result.angles.iter().map(estimate).collect();
                let pairs = [
                    ("episodes", json!(run.episodes())),
                    ("trials", json!(run.trials.len())),
                    ("diverged", json!(run.diverged())),
                    ("accuracy", estimate(&result.accuracy)),
                    ("query_ce", estimate(&result.cross_entropy)),
                    ("theta", Value::Object(theta)),
                    ("alpha", Value::Array(angles)),
                ];
                pairs
                    .map(|(key, value)| (key.to_owned(), value))
                    .into_iter()
                    .collect()
            }
        };
        object.extend(more);
        Value::Object(object)
    };
    swept_runs.iter().map(object).collect()
}

/// `{"mean": …, "low": …, "high": …}`, without ends where there are none; null without a mean.
pub(super) fn estimate(estimate: &Option<Estimate>) -> Value {
    match estimate {
        None => Value::Null,
        Some(Estimate {
            mean,
            interval: None,
        }) => json!({ "mean": mean }),
        Some(Estimate {
            mean,
            interval: Some(interval),
        }) => {
            json!({ "mean": mean, "low": interval.low, "high": interval.high })
        }
    }
}
