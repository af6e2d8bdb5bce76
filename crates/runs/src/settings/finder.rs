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
        let flag = || Choice::new((), format!("--{}", key.replace('_', "-"))).origin;
        if let Some(value) = get(self.flags) {
            return Some(Choice::new(value.clone(), flag()));
        }
        let of_start = || {
            Some((
                get(&self.start?.settings).clone()?,
                Some(&*self.start?.path),
            ))
        };
        let (value, path) = match get(self.file).clone() {
            Some(value) => (value, self.path),
            None => of_start()?,
        };
        let file = path.map(|path| path.display().to_string());
        Some(Choice::new(
            value,
            format!("{}: {key}", file.unwrap_or_default()),
        ))
    }

    /// A setting, or its default; the origin of the default is the flag.
    pub(super) fn or<T: Clone>(
        &self,
        key: &str,
        get: impl Fn(&Settings) -> &Option<T>,
        default: T,
    ) -> Choice<T> {
        let flag = format!("--{}", key.replace('_', "-"));
        self.find(key, get)
            .unwrap_or_else(|| Choice::new(default, flag))
    }
}
