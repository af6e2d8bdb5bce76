//! The directory in which fetched data sets lie, and the record of their checksums.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::digest::Digest;
use crate::error::Error;
use crate::file::write_whole;

/// The name of another directory than the usual one.
pub(crate) const CACHE_VARIABLE: &str = "METAPLAST_CACHE";
/// The record of checksums, as `sha256sum` writes and checks it.
const RECORD: &str = "SHA256SUMS";

/// The directory below which each data set has its own: `given`, or what the environment says, or
/// `metaplast` in the user's cache directory.
pub(crate) fn directory(given: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(given) = given {
        return Ok(given.into());
    }
    if let Some(named) = std::env::var_os(CACHE_VARIABLE).filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    match etcetera::choose_base_strategy() {
        Ok(strategy) => Ok(strategy.cache_dir().join("metaplast")),
        Err(_) => Err(Error::setting(
            "cache directory",
            format!("no home directory is known; name a directory by {CACHE_VARIABLE}"),
        )),
    }
}

/// The checksums of what was fetched into a directory, the archives that are gone included.
#[derive(Debug, Default)]
pub(crate) struct Record {
    path: PathBuf,
    sums: BTreeMap<String, Digest>,
}

impl Record {
    /// Reads the record of a directory; it is empty when there is none.
    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(RECORD);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(Error::io(&path, "read", cause)),
        };
        let mut sums = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let entry = line
                .split_once("  ")
                .ok_or("no checksum and name".to_owned());
            let entry = entry.and_then(|(sum, name)| Ok((name.to_owned(), sum.parse()?)));
            let (name, sum) = entry.map_err(|reason: String| Error::File {
                path: path.clone(),
                line: Some(number + 1),
                reason: format!("{reason}; delete the line, and fetch again"),
            })?;
            sums.insert(name, sum);
        }
        Ok(Record { path, sums })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Digest> {
        self.sums.get(name).copied()
    }

    /// Remembers checksums, on the disk as well.
    pub(crate) fn add(
        &mut self,
        sums: impl IntoIterator<Item = (String, Digest)>,
    ) -> Result<(), Error> {
        self.sums.extend(sums);
        let lines = self
            .sums
            .iter()
            .map(|(name, sum)| format!("{sum}  {name}\n"));
        write_whole(&self.path, lines.collect::<String>().as_bytes())
    }
}
