//! Settings looked up: a flag wins over the file, the file over a rule to start from, and that over the
//! default.

use std::path::Path;

use super::choice::Choice;
use super::given::Settings;
use super::start_from::StartFrom;

/// Finds each setting among flags, file and defaults.
pub(super) struct Finder<'a> {
    /// What was given on the command line.
    pub(super) flags: &'a Settings,
    /// What the configuration file says,
    pub(super) file: &'a Settings,
    /// and its path, for the origins of settings.
    pub(super) path: Option<&'a Path>,
    /// What follows from a rule to start from.
    pub(super) start: Option<&'a StartFrom>,
}

impl Finder<'_> {
    /// A setting by its key in files, if it was given.
    pub(super) fn find<T: Clone>(
        &self,
        key: &str,
        get: impl Fn(&Settings) -> &Option<T>,
    ) -> Option<Choice<T>> {
        let (settings, origin) = self.giver(key, &|settings| get(settings).is_some())?;
        let value = get(settings).clone()?;
        Some(Choice::new(value, origin))
    }

    /// The settings that win among those that have one, and its origin.
    fn giver(&self, key: &str, has: &dyn Fn(&Settings) -> bool) -> Option<(&Settings, String)> {
        if has(self.flags) {
            return Some((self.flags, flag(key)));
        }
        let start = self
            .start
            .map(|start| (&start.settings, Some(&*start.path)));
        let files = [Some((self.file, self.path)), start];
        let (settings, path) = files.into_iter().flatten().find(|(file, _)| has(file))?;
        let path = path.map(|path| path.display().to_string());
        Some((settings, format!("{}: {key}", path.unwrap_or_default())))
    }

    /// A setting, or its default; the origin of the default is the flag.
    pub(super) fn or<T: Clone>(
        &self,
        key: &str,
        get: impl Fn(&Settings) -> &Option<T>,
        default: T,
    ) -> Choice<T> {
        self.find(key, get)
            .unwrap_or_else(|| Choice::new(default, flag(key)))
    }
}

/// The flag of a setting.
fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}
