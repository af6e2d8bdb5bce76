//! Settings of an experiment with what flags choose.

use std::path::Path;

use metaplast_experiment::ExperimentSettings;

use crate::error::Error;
use crate::shell::quoted;

/// Settings with what was chosen by flags, and the flags that choose it again.
pub(crate) struct ChosenSettings {
    pub(crate) settings: ExperimentSettings,
    pub(crate) flags: String,
}

impl ChosenSettings {
    /// With nothing chosen yet.
    pub(crate) fn new(settings: ExperimentSettings) -> Self {
        ChosenSettings {
            settings,
            flags: String::new(),
        }
    }

    /// The setting that has a flag of its own, if it is given.
    pub(crate) fn flag(&mut self, name: &str, value: Option<&str>) -> Result<(), Error> {
        let Some(value) = value else {
            return Ok(());
        };
        let chosen = self.settings.choose(name, value);
        chosen.map_err(|error| refused(&format!("--{name}"), error))?;
        self.flags += &format!(" --{name} {}", quoted(Path::new(value)));
        Ok(())
    }

    /// The same of a number.
    pub(crate) fn number(&mut self, name: &str, value: Option<u64>) -> Result<(), Error> {
        self.flag(name, value.map(|value| value.to_string()).as_deref())
    }

    /// Settings that are given by name, each as `NAME=VALUE`.
    pub(crate) fn set(&mut self, given: &[String]) -> Result<(), Error> {
        for set in given {
            let Some((name, value)) = set.split_once('=') else {
                let reason = "this is no setting; write NAME=VALUE";
                return Err(Error::setting(format!("--set {set}"), reason));
            };
            let chosen = self.settings.choose(name, value);
            chosen.map_err(|error| refused(&format!("--set {name}"), error))?;
            self.flags += &format!(" --set {}", quoted(Path::new(set)));
        }
        Ok(())
    }

    /// A list whose values are given one by one, each by a flag.
    pub(crate) fn list(&mut self, flag: &str, name: &str, values: &[String]) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        let chosen = self.settings.choose_texts(name, values);
        chosen.map_err(|error| refused(flag, error))?;
        for value in values {
            self.flags += &format!(" {flag} {}", quoted(Path::new(value)));
        }
        Ok(())
    }

    /// The settings with their meanings, a line for each.
    pub(crate) fn shown(&self) -> String {
        let lines = self.settings.all().iter().map(|setting| {
            let name = setting.name.replace('_', "-");
            let assigned = format!("{name}={}", setting.value.to_text());
            format!("{assigned:<32}  {}\n", setting.meaning)
        });
        lines.collect()
    }
}

/// An error of a setting, by the flag that named it.
fn refused(origin: &str, error: metaplast_experiment::Error) -> Error {
    match error {
        metaplast_experiment::Error::Setting { reason, .. } => Error::setting(origin, reason),
        other => Error::Failed(other.to_string()),
    }
}
