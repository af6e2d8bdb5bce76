//! Origins of settings: whether a flag or a key of the configuration file said what is wrong.
//!
//! Much is checked where it is used, long after the settings were read: how many threads there can be,
//! whether the images have enough classes. There it is known by its flag; here the name becomes that of
//! the file and key where it was.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Table;

use super::given::Settings;
use crate::error::Error;
use crate::toml_text;

/// Which settings come from a file.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    file: String,
    /// With hyphens, as in flags.
    keys: BTreeSet<String>,
}

impl Origins {
    /// Of settings of which `flags` win over `file`, which was read from `path`.
    #[must_use]
    pub fn new(flags: &Settings, file: &Settings, path: Option<&Path>) -> Self {
        let file = keys(file).unwrap_or_default();
        // Flags that no file could hold are to blame themselves.
        let given = keys(flags).unwrap_or_else(|| file.clone());
        Origins {
            file: path.map_or(String::new(), |path| path.display().to_string()),
            keys: file.difference(&given).cloned().collect(),
        }
    }

    /// The same error, about the key of the file where it speaks of the flag.
    #[must_use]
    pub fn name(&self, error: Error) -> Error {
        let Error::Setting { origin, reason } = error else {
            return error;
        };
        let flag = origin.strip_prefix("--").unwrap_or_default();
        let flag = flag.split_once(' ').map_or(flag, |(flag, _)| flag);
        match self.keys.contains(flag) {
            true => Error::setting(format!("{}: {}", self.file, flag.replace('-', "_")), reason),
            false => Error::Setting { origin, reason },
        }
    }
}

/// The settings that were given; none where a number is beyond what TOML can hold.
fn keys(settings: &Settings) -> Option<BTreeSet<String>> {
    let (out, start) = (settings.out.is_some(), settings.start_from.is_some());
    // A path need not be text, and then makes no table.
    let others = Settings {
        out: None,
        start_from: None,
        ..settings.clone()
    };
    let table: Table = toml_text::parse(&toml_text::write(&others)).ok()?;
    let keys = table.keys().map(|key| key.replace('_', "-"));
    let paths = [(out, "out"), (start, "start-from")].into_iter();
    let paths = paths
        .filter(|(given, _)| *given)
        .map(|(_, key)| key.to_owned());
    Some(keys.chain(paths).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_where_the_setting_was() {
        let file = Settings {
            threads: Some(0),
            ways: Some(9),
            ..Settings::default()
        };
        let flags = Settings {
            ways: Some(7),
            ..Settings::default()
        };
        let origins = Origins::new(&flags, &file, Some(Path::new("c.toml")));
        let named = |origin: &str| origins.name(Error::setting(origin, "no")).to_string();
        assert_eq!(named("--threads"), "c.toml: threads: no");
        assert_eq!(named("--ways"), "--ways: no");
        assert_eq!(named("--out x"), "--out x: no");
    }
}
