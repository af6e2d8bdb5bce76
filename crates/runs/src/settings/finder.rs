//! Settings looked up: a flag wins over the file, the file over the default.

use std::path::Path;

use super::choice::Choice;
use super::given::Settings;

/// Finds each setting among flags, file and defaults.
pub struct Finder<'a> {
    pub flags: &'a Settings,
    pub file: &'a Settings,
    pub path: Option<&'a Path>,
}

impl Finder<'_> {
    pub fn find<T: Clone>(
        &self,
        key: &str,
        get: impl Fn(&Settings) -> &Option<T>,
    ) -> Option<Choice<T>> {
        let flag = || Choice::new((), format!("--{}", key.replace('_', "-"))).origin;
        if let Some(value) = get(self.flags) {
            return Some(Choice::new(value.clone(), flag()));
        }
        let value = get(self.file).clone()?;
        let file = self.path.map(|path| path.display().to_string());
        Some(Choice::new(
            value,
            format!("{}: {key}", file.unwrap_or_default()),
        ))
    }

    pub fn or<T: Clone>(
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
