//! The directory in which fetched data sets lie, and the record of their checksums.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use metaplast_data::text::{MOST_BYTES, read_up_to};

use super::digest::Digest;
use super::published::built_in;
use crate::directory::file::write_whole;
use crate::error::Error;

/// The name of another directory than the usual one.
pub const CACHE_VARIABLE: &str = "METAPLAST_CACHE";
/// The record of checksums, as `sha256sum` writes and checks it.
const RECORD: &str = "SHA256SUMS";

/// The directory below which each data set has its own: `given`, or what the environment says, or
/// `metaplast` in the user's cache directory.
///
/// # Errors
/// When nothing names a directory and the user has no home.
pub fn directory(given: Option<&Path>) -> Result<PathBuf, Error> {
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
pub struct Record {
    path: PathBuf,
    sums: BTreeMap<String, Digest>,
}

impl Record {
    /// Reads the record of a directory; it is empty when there is none.
    ///
    /// # Errors
    /// When the record cannot be read, or a line of it is none.
    pub fn read(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(RECORD);
        let text = match read_up_to(&path, MOST_BYTES) {
            // What is not text is no line of the record.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
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

    /// The recorded checksum of a file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Digest> {
        self.sums.get(name).copied()
    }

    /// Remembers checksums, on the disk as well.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn add(&mut self, sums: impl IntoIterator<Item = (String, Digest)>) -> Result<(), Error> {
        self.sums.extend(sums);
        let lines = self
            .sums
            .iter()
            .map(|(name, sum)| format!("{sum}  {name}\n"));
        write_whole(&self.path, lines.collect::<String>().as_bytes())
    }
}

/// The file of images of a fetched data set's part, or an error that says how to fetch it.
///
/// # Errors
/// When the data set was not fetched, or a file of it is missing.
pub fn images(name: &str, part: &str) -> Result<PathBuf, Error> {
    let source = &built_in()[name];
    let directory = directory(None)?.join(name);
    let record = Record::read(&directory)?;
    let is_there = |file: &str| record.get(file).is_some() && directory.join(file).is_file();
    if !source.kept().into_iter().all(is_there) {
        return Err(Error::setting(
            format!("--data {name}"),
            format!(
                "not in {}; fetch it by: metaplast data fetch {name}",
                directory.display()
            ),
        ));
    }
    Ok(directory.join(&source.parts[part]))
}
