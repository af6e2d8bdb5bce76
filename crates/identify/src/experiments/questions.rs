//! What is asked of the networks: one measurement each.

use metaplast_experiment::{Error, Measurement};

use super::judged::Judged;
use crate::features::{FeatureScale, FeatureSet};
use crate::statistics::{Observable, RELEASED};
use crate::virtual_networks::{ARCHITECTURES, CONDITIONS, LearningTask};

type Ask<'a> = Box<dyn Fn(&Judged<'_>) -> Result<Measurement, Error> + Sync + Send + 'a>;

/// A question with the name of its answer.
pub(super) struct Question<'a> {
    pub(super) name: String,
    pub(super) ask: Ask<'a>,
}

fn question<'a>(
    name: impl Into<String>,
    ask: impl Fn(&Judged<'_>) -> Measurement + Sync + Send + 'a,
) -> Question<'a> {
    Question {
        name: name.into(),
        ask: Box::new(move |judged| Ok(ask(judged))),
    }
}

/// A set of features with its name.
pub(super) fn feature_sets() -> Vec<(&'static str, FeatureSet)> {
    let observable = |observable| FeatureSet::of(&[observable]);
    let behaviour = FeatureSet {
        behaviour: true,
        ..FeatureSet::of(&[])
    };
    vec![
        ("all", FeatureSet::all()),
        ("weights", observable(Observable::Weights)),
        ("activity", observable(Observable::Activity)),
        ("activity change", observable(Observable::ActivityChange)),
        ("all, raw", FeatureSet::all().scaled(FeatureScale::Raw)),
        ("behaviour", behaviour),
        (
            "time 0",
            FeatureSet::all().scaled(FeatureScale::Raw).at(vec![0.0]),
        ),
    ]
}

/// The set of this name.
fn set(name: &str) -> FeatureSet {
    let found = feature_sets().into_iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("no features {name}")).1
}

/// Fractions of the networks of which the classifier learns.
pub(super) const PARTS: [f64; 5] = [1.0 / 12.0, 1.0 / 6.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];

/// Courses by their names: places of the times that are seen.
pub(super) fn courses() -> Vec<(&'static str, Vec<f64>)> {
    let even = |n: u32, end: f64| -> Vec<f64> {
        (1..=n).map(|k| end * f64::from(k) / f64::from(n)).collect()
    };
    vec![
        ("first and last", even(1, 1.0)),
        ("three", even(2, 1.0)),
        ("five", even(4, 1.0)),
        ("all 21", even(20, 1.0)),
        ("first quarter", even(5, 0.25)),
    ]
}

/// What is left out of training, by name: `architecture 60-60`.
pub(super) fn held_out_sets() -> Vec<(&'static str, String, HeldOut)> {
    let mut all: Vec<(&'static str, String, HeldOut)> = Vec::new();
    for (k, sizes) in ARCHITECTURES.iter().enumerate() {
        let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        all.push(("architecture", sizes.join("-"), HeldOut::Architecture(k)));
    }
    for task in LearningTask::ALL {
        all.push(("task", task.name().into(), HeldOut::Task(task)));
    }
    for batch in [8, 32] {
        all.push(("batch", batch.to_string(), HeldOut::Batch(batch)));
    }
    for beta in [3.0, 10.0] {
        all.push(("β", beta.to_string(), HeldOut::Beta(beta)));
    }
    for (name, low, high) in [
        ("middle third", 1.0 / 3.0, 2.0 / 3.0),
        ("lower half", 0.0, 0.5),
        ("upper half", 0.5, 1.0),
    ] {
        all.push(("rates", name.into(), HeldOut::Rates(low, high)));
    }
    all
}

/// What is left out of training.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeldOut {
    Architecture(usize),
    Task(LearningTask),
    Batch(usize),
    Beta(f64),
    Rates(f64, f64),
}

/// All questions, in any order.
pub(super) fn all() -> Vec<Question<'static>> {
    let mut all = Vec::new();
    for (name, set) in feature_sets() {
        all.push(question(format!("observables: {name}"), move |judged| {
            judged.cross_validated(&set, (0, 0))
        }));
    }
    all.push(question("observables: labels shuffled", |judged| {
        judged.shuffled_labels(&set("all"))
    }));
    for (name, scale) in [
        ("relative", FeatureScale::Relative),
        ("raw", FeatureScale::Raw),
    ] {
        all.push(question(format!("layers: {name}"), move |judged| {
            judged.by_layers(&set("all").scaled(scale))
        }));
    }
    #[cfg(feature = "forest")]
    for (name, set) in feature_sets() {
        all.push(Question {
            name: format!("forest: {name}"),
            ask: Box::new(move |judged| judged.forest(&set).map_err(Error::other)),
        });
    }
    for part in PARTS {
        all.push(question(format!("networks: {part:.3}"), move |judged| {
            let n = (judged.labels.len() as f64 * part).round() as usize;
            let n = n / judged.classes * judged.classes;
            judged.first(n).cross_validated(&set("all"), (0, 0))
        }));
    }
    for (kind, name, held_out) in held_out_sets() {
        for features in features_for(kind) {
            all.push(question(
                format!("held out: {kind} {name}, {features}"),
                move |judged| {
                    judged.held_out(&set(features), |plan| match held_out {
                        HeldOut::Architecture(k) => plan.architecture == k,
                        HeldOut::Task(task) => plan.task == task,
                        HeldOut::Batch(batch) => plan.batch == batch,
                        HeldOut::Beta(beta) => plan.beta == beta,
                        HeldOut::Rates(low, high) => (low..high).contains(&plan.rate_place),
                    })
                },
            ));
        }
    }
    for observable in ["weights", "activity"] {
        for condition in conditions() {
            let trained_alike = [false, true];
            for alike in trained_alike
                .into_iter()
                .filter(|alike| !alike || condition > 0)
            {
                let trained = if alike { condition } else { 0 };
                let name = condition_question(observable, condition, alike);
                all.push(question(name, move |judged| {
                    judged.cross_validated(&set(observable), (trained, condition))
                }));
            }
        }
        for (name, places) in courses() {
            all.push(question(
                format!("times: {observable}, {name}"),
                move |judged| judged.cross_validated(&set(observable).at(places.clone()), (0, 0)),
            ));
        }
    }
    for (k, statistic) in RELEASED.iter().enumerate() {
        all.push(question(format!("statistic: {statistic}"), move |judged| {
            let alone = FeatureSet {
                statistics: vec![k],
                ..set("all")
            };
            judged.cross_validated(&alone, (0, 0))
        }));
    }
    all
}

/// The features with which a kind of held-out networks is judged.
pub(super) fn features_for(kind: &str) -> &'static [&'static str] {
    match kind {
        "architecture" | "task" => &["all", "all, raw", "activity"],
        _ => &["all"],
    }
}

/// The conditions of the table of robustness, by their numbers.
pub(super) fn conditions() -> Vec<usize> {
    let shown = |k: &usize| {
        let condition = CONDITIONS[*k];
        let shown = condition.units.is_none()
            || condition.noise == 0.0
            || (condition.units == Some(10) && condition.noise == 1.0);
        shown && condition.probes.is_none()
    };
    (0..CONDITIONS.len()).filter(shown).collect()
}

/// The name of a question of robustness.
pub(super) fn condition_question(observable: &str, condition: usize, alike: bool) -> String {
    let trained = if alike {
        "trained alike"
    } else {
        "trained on full"
    };
    format!("{observable}: {}, {trained}", CONDITIONS[condition])
}
