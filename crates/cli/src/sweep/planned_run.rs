//! A run of a sweep: one meta-training, with every setting known.

use metaplast_runs::Error;
use metaplast_runs::rule::rule_name;
use metaplast_runs::settings::{Config, Settings};
use metaplast_runs::toml_text;
use toml::Table;

use super::entries::{SettingChange, SourceText};
use super::names::{directory_name, shown};

use crate::libraries;

/// One meta-training of a sweep.
#[derive(Clone, Debug)]
pub(crate) struct PlannedRun {
    /// The name of its directory.
    pub(crate) name: String,
    /// The arm it belongs to.
    pub(crate) arm: Option<String>,
    /// The swept settings, as they are shown.
    pub(crate) point: Vec<(String, String)>,
    pub(crate) config: Config,
}

impl PlannedRun {
    /// With the settings of the base, then of its arm, then of its point of the grid.
    pub(super) fn new(
        source: &SourceText<'_>,
        base: &[SettingChange],
        arm: Option<&String>,
        of_arm: &[SettingChange],
        point: &[SettingChange],
    ) -> Result<Self, Error> {
        let mut table = Table::new();
        let mut places: Vec<&SettingChange> = Vec::new();
        for change in base.iter().chain(of_arm).chain(point) {
            // What comes later wins, and of two names for the same thing too.
            for other in rivals(&change.key) {
                table.remove(*other);
            }
            table.insert(change.key.clone(), change.value.clone());
            places.retain(|other| other.key != change.key);
            places.push(change);
        }
        let settings = toml_text::from_table::<Settings>(&table).expect("each was checked alone");
        let none = Settings::default();
        let libraries = libraries::all();
        let config = Config::resolve_with(&none, &settings, Some(source.path), &libraries);
        let config = config.map_err(|error| with_line(source, &places, error))?;
        let shown = |change: &SettingChange| (change.key.clone(), shown(&change.value));
        let point: Vec<(String, String)> = point.iter().map(shown).collect();
        Ok(PlannedRun {
            name: directory_name(arm, &point),
            arm: arm.cloned(),
            point,
            config,
        })
    }

    /// What legends and tables call it.
    pub(crate) fn title(&self) -> String {
        let point = self.point.iter().map(|(key, value)| match key.as_str() {
            "lambda" => format!("λ = {value}"),
            "layers" => value.clone(),
            key => format!("{} = {value}", key.replace('_', " ")),
        });
        let parts: Vec<String> = self.arm.clone().into_iter().chain(point).collect();
        parts.join(", ")
    }

    /// What its rule is called.
    pub(crate) fn config_name(&self) -> String {
        rule_name(&self.config.rule, &self.config.feedback)
    }
}

/// Settings that say the same as another one.
fn rivals(key: &str) -> &'static [&'static str] {
    match key {
        "preset" => &["terms", "feedback"],
        "terms" => &["preset"],
        _ => &[],
    }
}

/// Adds the line to an error that names a key of the file.
fn with_line(source: &SourceText<'_>, places: &[&SettingChange], error: Error) -> Error {
    let Error::Setting { origin, reason } = &error else {
        return error;
    };
    let file = format!("{}: ", source.path.display());
    let key = origin.strip_prefix(&file).map(str::to_owned);
    let key = key.or_else(|| origin.strip_prefix("--").map(|flag| flag.replace('-', "_")));
    let place = places
        .iter()
        .find(|change| Some(&change.key) == key.as_ref());
    match place.and_then(|change| change.byte) {
        Some(byte) => source.wrong(byte, format!("{}: {reason}", key.unwrap_or_default())),
        None => error,
    }
}
