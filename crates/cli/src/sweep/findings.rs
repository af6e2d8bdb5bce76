//! What a sweep found, in sentences and figures.

use metaplast_experiment::Figure;
use metaplast_numbers::sorting::{sort, sort_by};
use metaplast_report::{Against, Run, against, last_of};

use super::plan::SweepPlan;
use super::runner::{RunOutcome, SweptRun};
use super::transfer::{self, TriedRun};

/// Of more runs than this a page does not tell one by one.
const FEW: usize = 6;

/// What the runs say to the plan's question, if it has one; `runs` are those of the runs that ended, in
/// order, and `tried` how they did on the targets.
pub(super) fn findings(
    plan: &SweepPlan,
    swept_runs: &[SweptRun],
    runs: &[Run],
    tried: &[TriedRun<'_>],
) -> Vec<String> {
    match runs.len() <= FEW {
        _ if plan.question.is_none() || runs.is_empty() => Vec::new(),
        _ if !plan.targets.is_empty() => transfer::found(plan, tried),
        true => found(runs),
        false => found_by_arm(&ended(swept_runs), runs),
    }
}

/// The figures that come before those of the runs' course.
pub(super) fn figures(
    plan: &SweepPlan,
    swept_runs: &[SweptRun],
    runs: &[Run],
    tried: &[TriedRun<'_>],
) -> Vec<Figure> {
    if runs.is_empty() {
        return Vec::new();
    }
    let mut first = axis(plan, &ended(swept_runs)).map_or(Vec::new(), |axis| against(&axis, runs));
    if !plan.targets.is_empty() {
        first.insert(0, transfer::figure(plan, tried));
    }
    first
}

fn ended(swept_runs: &[SweptRun]) -> Vec<&SweptRun> {
    let failed = |swept_run: &&SweptRun| matches!(swept_run.outcome, RunOutcome::Failed(_));
    swept_runs
        .iter()
        .filter(|swept_run| !failed(swept_run))
        .collect()
}

/// The first swept setting along the axis, and a curve for each combination of the others.
fn axis(plan: &SweepPlan, swept_runs: &[&SweptRun]) -> Option<Against> {
    let key = plan.keys.first()?;
    let (mut steps, mut series) = (Vec::new(), Vec::new());
    let place = |names: &mut Vec<String>, name: String| {
        names
            .iter()
            .position(|other| *other == name)
            .unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            })
    };
    let mut places = Vec::new();
    for swept_run in swept_runs {
        let planned = &swept_run.planned;
        let (_, value) = planned.point.first()?;
        let others = planned.point[1..]
            .iter()
            .map(|(key, value)| match key.as_str() {
                "layers" => depth(value),
                _ => format!("{} {value}", words(key)),
            });
        let parts: Vec<String> = planned.arm.clone().into_iter().chain(others).collect();
        let name = match parts.is_empty() {
            true => planned.config_name(),
            false => parts.join(", "),
        };
        let step = match key.as_str() {
            "layers" => value.matches('-').count().to_string(),
            _ => value.clone(),
        };
        // The same depth may come with other sizes.
        let step = match key == "layers" && same_depths(swept_runs) {
            true => value.clone(),
            false => step,
        };
        places.push((place(&mut steps, step), place(&mut series, name)));
    }
    (steps.len() > 1).then_some(Against {
        label: match key.as_str() {
            "layers" => "number of layers of weights".into(),
            _ => words(key),
        },
        steps,
        series,
        places,
    })
}

/// Whether two networks of the sweep have as many layers but other sizes.
fn same_depths(swept_runs: &[&SweptRun]) -> bool {
    let sizes = swept_runs
        .iter()
        .filter_map(|swept_run| swept_run.planned.point.first());
    let mut sizes: Vec<&String> = sizes.map(|(_, value)| value).collect();
    sort(&mut sizes);
    sizes.dedup();
    let mut depths: Vec<usize> = sizes.iter().map(|size| size.matches('-').count()).collect();
    depths.sort_unstable();
    depths.windows(2).any(|pair| pair[0] == pair[1])
}

fn depth(sizes: &str) -> String {
    format!("{} layers of weights ({sizes})", sizes.matches('-').count())
}

fn words(key: &str) -> String {
    match key {
        "lambda" => "λ".into(),
        "shots" => "images of each class to learn from".into(),
        "ways" => "classes of a task".into(),
        "lr" => "meta-learning rate".into(),
        "init_scale" => "scale of the initial weights".into(),
        _ => key.replace('_', " "),
    }
}

/// What the runs show, in sentences.
fn found(runs: &[Run]) -> Vec<String> {
    let last = last_of(runs);
    let sentence = |run: &Run| {
        let result = run.result(last);
        let percent = |x: f64| format!("{:.1}%", 100.0 * x);
        let mut said = match result.accuracy {
            None => return format!("{}: no result.", run.name),
            Some(accuracy) => format!("{}: accuracy {}", run.name, percent(accuracy.mean)),
        };
        if let Some(interval) = result.accuracy.and_then(|accuracy| accuracy.interval) {
            said += &format!(
                " (98% interval {} to {})",
                percent(interval.low),
                percent(interval.high)
            );
        }
        if run.terms.len() > 1 {
            said += &signs(run);
        }
        said + "."
    };
    runs.iter().map(sentence).collect()
}

/// An arm's name, and its runs with their accuracies.
type ArmRuns<'a> = (Option<&'a String>, Vec<(f64, &'a Run)>);

/// The least and the most accurate run of each arm.
fn found_by_arm(swept_runs: &[&SweptRun], runs: &[Run]) -> Vec<String> {
    let last = last_of(runs);
    let mut arms: Vec<ArmRuns<'_>> = Vec::new();
    for (swept_run, run) in swept_runs.iter().zip(runs) {
        let Some(accuracy) = run.result(last).accuracy else {
            continue;
        };
        let arm = swept_run.planned.arm.as_ref();
        match arms.iter_mut().find(|(name, _)| *name == arm) {
            Some((_, runs)) => runs.push((accuracy.mean, run)),
            None => arms.push((arm, vec![(accuracy.mean, run)])),
        }
    }
    let sentence = |(arm, mut runs): ArmRuns<'_>| {
        sort_by(&mut runs, |a, b| a.0.total_cmp(&b.0));
        let ((low, worst), (high, best)) = (runs[0], runs[runs.len() - 1]);
        let arm = arm.map_or(String::new(), |arm| format!("{arm}: "));
        format!(
            "{arm}accuracy from {:.1}% ({}) to {:.1}% ({}).",
            100.0 * low,
            worst.name,
            100.0 * high,
            best.name
        )
    };
    arms.into_iter().map(sentence).collect()
}

/// On the signs of which coefficients the trials agree, and which of them are exactly zero.
fn signs(run: &Run) -> String {
    let of = |wanted: fn(f64) -> bool| {
        let terms = run.terms.iter().enumerate().filter(|(place, _)| {
            let mut trials = run.trials.iter();
            trials.all(|trial| trial.theta.get(*place).copied().is_some_and(wanted))
        });
        let symbols: Vec<&str> = terms.map(|(_, term)| term.symbol.as_str()).collect();
        symbols.join(" ")
    };
    let or_none = |symbols: String| match symbols.is_empty() {
        true => "none".to_owned(),
        false => symbols,
    };
    let trials = match run.trials.len() {
        1 => "after its one trial".to_owned(),
        n => format!("in all {n} trials"),
    };
    let zero = match of(|theta| theta == 0.0) {
        none if none.is_empty() => none,
        symbols => format!("; exactly zero: {symbols}"),
    };
    format!(
        "; coefficients above zero {trials}: {}; below zero: {}{zero}",
        or_none(of(|theta| theta > 0.0)),
        or_none(of(|theta| theta < 0.0)),
    )
}
