//! The sweep file, `SWEEP.toml`: its keys, each checked alone.

use metaplast_runs::Error;
use metaplast_runs::settings::Settings;
use metaplast_runs::toml_text;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::entries::{Entries, SettingChange, SourceText};
use super::random::RandomFile;
use super::target::Target;

/// Fresh tasks on which a rule is tried.
const TASKS: u64 = 100;
/// Upper bound, against typing errors.
const MOST_TASKS: u64 = 100_000;
/// Settings that a sweep decides for its runs, or that do not change results.
const NOT_SWEPT: [&str; 8] = [
    "out",
    "quiet",
    "json",
    "threads",
    "episode_threads",
    "checkpoint_every",
    "data_fingerprint",
    "config",
];

/// What a sweep file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SweepFile {
    pub(super) title: Option<String>,
    pub(super) question: Option<String>,
    pub(super) published: Option<String>,
    #[serde(default)]
    pub(super) base: Entries<Value>,
    #[serde(default)]
    pub(super) arm: Vec<Spanned<Entries<Value>>>,
    #[serde(default)]
    pub(super) grid: Entries<Vec<Spanned<Value>>>,
    pub(super) random: Option<Spanned<RandomFile>>,
    /// On what the rules are tried when they are found.
    #[serde(default)]
    pub(super) target: Vec<Spanned<Target>>,
    /// Fresh tasks for each of them.
    pub(super) tasks: Option<Spanned<u64>>,
    /// For `reproduce --quick`.
    #[serde(default)]
    pub(super) quick: Entries<Value>,
    #[serde(default)]
    pub(super) quick_grid: Entries<Vec<Spanned<Value>>>,
    pub(super) quick_tasks: Option<Spanned<u64>>,
}

/// The name of an arm and its settings.
pub(super) type Arm = (String, Vec<SettingChange>);

/// Checks key and value of one setting.
pub(super) fn check(source: &SourceText<'_>, change: &SettingChange) -> Result<(), Error> {
    let byte = change.byte.unwrap_or(0);
    let (key, value) = (&change.key, &change.value);
    if NOT_SWEPT.contains(&key.as_str()) {
        let reason =
            format!("{key} cannot be a setting of a sweep; give it as a flag, if there is one");
        return Err(source.wrong(byte, reason));
    }
    let alone = Table::from_iter([(key.clone(), value.clone())]);
    let fits = toml_text::from_table::<Settings>(&alone)
        .map_err(|error| source.wrong(byte, format!("{key}: {}", error.message())));
    fits.map(|_| ())
}

/// The settings of a table.
pub(super) fn settings(
    source: &SourceText<'_>,
    entries: Entries<Value>,
) -> Result<Vec<SettingChange>, Error> {
    let changes = entries.0.into_iter().map(|(key, value)| {
        let change = SettingChange {
            byte: Some(key.span().start),
            key: key.into_inner(),
            value: value.into_inner(),
        };
        check(source, &change).map(|()| change)
    });
    changes.collect()
}

/// A swept setting and its values.
pub(super) type SweptSetting = (String, Vec<SettingChange>);

/// The axes of a grid.
pub(super) fn axes(
    source: &SourceText<'_>,
    entries: Entries<Vec<Spanned<Value>>>,
) -> Result<Vec<SweptSetting>, Error> {
    let mut axes = Vec::new();
    for (key, values) in entries.0 {
        let byte = key.span().start;
        let key = key.into_inner();
        let mut changes = Vec::new();
        for value in values.into_inner() {
            let change = SettingChange {
                byte: Some(value.span().start),
                key: key.clone(),
                value: value.into_inner(),
            };
            check(source, &change)?;
            changes.push(change);
        }
        if changes.is_empty() {
            let reason = format!("{key} has no values; list some, or delete the key");
            return Err(source.wrong(byte, reason));
        }
        axes.push((key, changes));
    }
    Ok(axes)
}

/// An arm.
pub(super) fn arm(source: &SourceText<'_>, arm: Spanned<Entries<Value>>) -> Result<Arm, Error> {
    let byte = arm.span().start;
    let (name, rest): (Vec<_>, Vec<_>) = arm
        .into_inner()
        .0
        .into_iter()
        .partition(|(key, _)| key.get_ref() == "name");
    let name = name.into_iter().next().map(|(_, value)| value.into_inner());
    let Some(Value::String(name)) = name.filter(|name| name.as_str() != Some("")) else {
        return Err(source.wrong(byte, "an [[arm]] needs a name, such as name = \"FA\""));
    };
    Ok((name, settings(source, Entries(rest))?))
}

/// The targets, whose names differ.
pub(super) fn targets(
    source: &SourceText<'_>,
    targets: Vec<Spanned<Target>>,
) -> Result<Vec<Target>, Error> {
    let mut read: Vec<Target> = Vec::new();
    for target in targets {
        let byte = target.span().start;
        let target = target.into_inner();
        if target.name.is_empty() || read.iter().any(|other| other.name == target.name) {
            let reason = format!(
                "a [[target]] needs a name of its own, not {:?}",
                target.name
            );
            return Err(source.wrong(byte, reason));
        }
        read.push(target);
    }
    Ok(read)
}

/// The number of fresh tasks.
pub(super) fn tasks(source: &SourceText<'_>, tasks: Option<&Spanned<u64>>) -> Result<u64, Error> {
    let Some(tasks) = tasks else {
        return Ok(TASKS);
    };
    match *tasks.get_ref() {
        n if (1..=MOST_TASKS).contains(&n) => Ok(n),
        n => {
            let reason = format!("{n} tasks; choose 1 to {MOST_TASKS}");
            Err(source.wrong(tasks.span().start, reason))
        }
    }
}
