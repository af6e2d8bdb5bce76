//! The settings of an experiment: names, values, and what they mean.

mod bounds;

use serde_json::{Map, Value as Json, json};

use crate::error::Error;
use crate::value::Value;

/// A setting.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExperimentSetting {
    /// Its name, in words joined by `_`.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// What it means, with its unit.
    pub meaning: String,
    /// Whether somebody chose the value.
    pub chosen: bool,
}

/// The settings of an experiment, in the order in which they are shown.
///
/// Three names mean the same in every experiment that has them: `trials`, independent repetitions;
/// `seed`, from which everything random follows; `data`, images by name or path.
///
/// ```
/// use metaplast_experiment::ExperimentSettings;
///
/// let mut settings = ExperimentSettings::new()
///     .whole("trials", 5, "independent repetitions")
///     .number("eta", 0.1, "step of the beliefs");
/// settings.choose("eta", "0.2")?;
/// assert_eq!(settings.get_number("eta"), 0.2);
/// let error = settings.choose("steps", "3").unwrap_err();
/// assert_eq!(error.to_string(), "steps: there is no such setting; choose trials or eta");
/// # Ok::<(), metaplast_experiment::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExperimentSettings(Vec<ExperimentSetting>);

impl ExperimentSettings {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        ExperimentSettings::default()
    }

    /// With a setting that is a whole number.
    #[must_use]
    pub fn whole(self, name: &str, usual: u64, meaning: &str) -> Self {
        self.with(name, Value::Whole(usual), meaning)
    }

    /// With a setting that is a number.
    #[must_use]
    pub fn number(self, name: &str, usual: f64, meaning: &str) -> Self {
        self.with(name, Value::Number(usual), meaning)
    }

    /// With a setting of several numbers.
    #[must_use]
    pub fn numbers(self, name: &str, usual: &[f64], meaning: &str) -> Self {
        self.with(name, Value::Numbers(usual.to_vec()), meaning)
    }

    /// With a setting that is a word or a path.
    #[must_use]
    pub fn text(self, name: &str, usual: &str, meaning: &str) -> Self {
        self.with(name, Value::Text(usual.to_owned()), meaning)
    }

    /// With a setting of several words or paths.
    #[must_use]
    pub fn texts(self, name: &str, usual: &[&str], meaning: &str) -> Self {
        let usual = usual.iter().map(|&text| text.to_owned()).collect();
        self.with(name, Value::Texts(usual), meaning)
    }

    /// With the settings that most experiments share: `trials` and `seed`.
    #[must_use]
    pub fn trials_and_seed(self, trials: u64) -> Self {
        self.whole("trials", trials, "independent repetitions")
            .whole("seed", 1, "from which everything random follows")
    }

    fn with(mut self, name: &str, value: Value, meaning: &str) -> Self {
        assert!(
            self.find(name).is_none(),
            "settings: there is a setting {name} already"
        );
        self.0.push(ExperimentSetting {
            name: name.to_owned(),
            value,
            meaning: meaning.to_owned(),
            chosen: false,
        });
        self
    }

    /// All, in order.
    #[must_use]
    pub fn all(&self) -> &[ExperimentSetting] {
        &self.0
    }

    /// Whether there is a setting of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Chooses a value, given as text; a list is separated by commas. `-` and `_` in names are one.
    ///
    /// # Errors
    /// When there is no such setting, or the text is not of its kind.
    pub fn choose(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let setting = self.find_to_choose(name)?;
        let value = setting.value.parse_like(text);
        setting.value = value.map_err(|reason| Error::setting(name, reason))?;
        setting.chosen = true;
        Ok(())
    }

    /// Chooses several words or paths, which may have commas in them.
    ///
    /// # Errors
    /// When there is no such setting, or it is of another kind.
    pub fn choose_texts(&mut self, name: &str, texts: &[String]) -> Result<(), Error> {
        let setting = self.find_to_choose(name)?;
        if !matches!(setting.value, Value::Texts(_)) {
            return Err(Error::setting(
                name,
                "this setting does not take several words",
            ));
        }
        setting.value = Value::Texts(texts.to_vec());
        setting.chosen = true;
        Ok(())
    }

    fn find_to_choose(&mut self, name: &str) -> Result<&mut ExperimentSetting, Error> {
        let same =
            |setting: &ExperimentSetting| setting.name.replace('-', "_") == name.replace('-', "_");
        let place = self.0.iter().position(same);
        match place {
            Some(place) => Ok(&mut self.0[place]),
            None => Err(Error::setting(name, self.no_such())),
        }
    }

    fn no_such(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|setting| setting.name.as_str()).collect();
        match names.split_last() {
            None => "there are no settings".into(),
            Some((only, [])) => format!("there is no such setting; there is {only}"),
            Some((last, others)) => {
                format!(
                    "there is no such setting; choose {} or {last}",
                    others.join(", ")
                )
            }
        }
    }

    fn find(&self, name: &str) -> Option<&ExperimentSetting> {
        self.0.iter().find(|setting| setting.name == name)
    }

    #[track_caller]
    fn value(&self, name: &str) -> &Value {
        match self.find(name) {
            Some(setting) => &setting.value,
            None => panic!("settings: {name}: {}", self.no_such()),
        }
    }

    /// The value of a setting that is a whole number.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[must_use]
    #[track_caller]
    pub fn get_whole(&self, name: &str) -> u64 {
        match self.value(name) {
            Value::Whole(n) => *n,
            other => panic!("settings: {name} is no whole number but {other:?}"),
        }
    }

    /// The value of a setting that is a number.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[must_use]
    #[track_caller]
    pub fn get_number(&self, name: &str) -> f64 {
        match self.value(name) {
            Value::Number(x) => *x,
            other => panic!("settings: {name} is no number but {other:?}"),
        }
    }

    /// The value of a setting of several numbers.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[must_use]
    #[track_caller]
    pub fn get_numbers(&self, name: &str) -> &[f64] {
        match self.value(name) {
            Value::Numbers(all) => all,
            other => panic!("settings: {name} is no list of numbers but {other:?}"),
        }
    }

    /// The value of a setting that is a word or a path.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[must_use]
    #[track_caller]
    pub fn get_text(&self, name: &str) -> &str {
        match self.value(name) {
            Value::Text(text) => text,
            other => panic!("settings: {name} is no text but {other:?}"),
        }
    }

    /// The value of a setting of several words or paths.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[must_use]
    #[track_caller]
    pub fn get_texts(&self, name: &str) -> &[String] {
        match self.value(name) {
            Value::Texts(all) => all,
            other => panic!("settings: {name} is no list of texts but {other:?}"),
        }
    }

    /// The setting `trials`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn trials(&self) -> u64 {
        self.get_whole("trials")
    }

    /// The setting `seed`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn seed(&self) -> u64 {
        self.get_whole("seed")
    }

    /// With the values that a JSON object of [`to_json`](Self::to_json) has for settings of these names.
    #[must_use]
    pub fn with_values_of(mut self, json: &Json) -> Self {
        for setting in &mut self.0 {
            if let Ok(value) = serde_json::from_value(json[&setting.name].clone()) {
                setting.value = value;
            }
        }
        self
    }

    /// As a JSON object, by name.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let entries = self
            .0
            .iter()
            .map(|setting| (setting.name.clone(), json!(setting.value)));
        Json::Object(entries.collect::<Map<String, Json>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(3)
            .number("eta", 0.1, "step")
            .numbers("steps", &[1.0, 2.0], "steps")
            .text("data", "glyphs", "images")
            .texts("others", &[], "more images")
    }

    #[test]
    fn a_value_keeps_the_kind_of_the_usual_one() {
        let mut chosen = settings();
        for (name, text) in [
            ("trials", "7"),
            ("eta", "1e-3"),
            ("steps", "4, 5.5"),
            ("data", "a,b"),
            ("others", "a,b"),
        ] {
            chosen.choose(name, text).unwrap();
        }
        assert_eq!((chosen.trials(), chosen.seed()), (7, 1));
        assert_eq!(chosen.get_number("eta"), 1e-3);
        assert_eq!(chosen.get_numbers("steps"), [4.0, 5.5]);
        assert_eq!(chosen.get_text("data"), "a,b");
        assert_eq!(chosen.get_texts("others"), ["a", "b"]);
        assert!(chosen.all()[0].chosen && !chosen.all()[1].chosen);
        assert_eq!(chosen.to_json()["steps"], json!([4.0, 5.5]));
        let read = settings().with_values_of(&chosen.to_json());
        assert_eq!(read.to_json(), chosen.to_json());
    }

    #[test]
    fn errors_name_the_setting_and_a_way_out() {
        for (name, text, message) in [
            (
                "trials",
                "-1",
                "trials: \"-1\" is no whole number; give one such as 3",
            ),
            ("eta", "x", "eta: \"x\" is no number; give one such as 0.1"),
            (
                "eta",
                "inf",
                "eta: \"inf\" is no number; give one such as 0.1",
            ),
            (
                "steps",
                "1,",
                "steps: \"\" is no number; give one such as 1,2",
            ),
        ] {
            assert_eq!(
                settings().choose(name, text).unwrap_err().to_string(),
                message
            );
        }
    }
}
