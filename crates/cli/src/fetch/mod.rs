//! Published data sets: from their servers into the user's cache, and from there to the images.

mod archive;
mod download;
mod meter;

use std::fs;
use std::path::{Path, PathBuf};

use download::{Download, Expected};
use metaplast_runs::Error;
use metaplast_runs::data::cache::Record;
use metaplast_runs::data::digest::Digest;
use metaplast_runs::data::published::Source;
use metaplast_runs::directory::lock::Lock;
use meter::Meter;

pub(crate) use download::Patience;

const PINNED: &str = "either the file was changed on its way, or the address holds another one: name a mirror by --from URL, or set `sha256` in a file for --sources";
const RECORDED: &str = "the source has changed since it was first fetched: delete the line of this file in SHA256SUMS to take the new one";

/// What a fetch is asked for.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a Source,
    /// The directory below which each data set has its own.
    pub(crate) cache: &'a Path,
    pub(crate) patience: Patience,
    pub(crate) quiet: bool,
}

/// How a fetch ended.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) directory: PathBuf,
    /// Names of the files that are there, with their checksums.
    pub(crate) files: Vec<(String, Digest)>,
    /// Whether nothing was missing.
    pub(crate) were_there: bool,
}

impl Request<'_> {
    /// Downloads what is missing or damaged.
    pub(crate) fn run(&self) -> Result<Fetched, Error> {
        let directory = self.cache.join(self.name);
        fs::create_dir_all(&directory).map_err(|cause| Error::io(&directory, "create", cause))?;
        let _lock = Lock::take(&directory)?;
        let mut record = Record::read(&directory)?;
        let kept = self.source.kept();
        let mut were_there = true;
        if self.source.members.is_empty() {
            for name in &kept {
                let sum = self.source.files[*name].sha256.or(record.get(name));
                if !is_sound(&directory.join(name), sum)? {
                    were_there = false;
                    self.download(&directory, &mut record, name)?;
                }
            }
        } else if !all(&kept, |name| {
            is_sound(&directory.join(name), record.get(name))
        })? {
            were_there = false;
            self.download_archive(&directory, &mut record)?;
        }
        let sum = |name: &&str| record.get(name).map(|sum| (name.to_string(), sum));
        Ok(Fetched {
            files: kept.iter().filter_map(sum).collect(),
            directory,
            were_there,
        })
    }

    fn download(&self, directory: &Path, record: &mut Record, name: &str) -> Result<(), Error> {
        let file = &self.source.files[name];
        let expected = |sha256, way_out| Expected { sha256, way_out };
        let pinned = file.sha256.map(|sum| expected(sum, PINNED));
        let download = Download {
            address: &format!("{}{name}", self.source.address),
            path: &directory.join(name),
            expected: pinned.or_else(|| record.get(name).map(|sum| expected(sum, RECORDED))),
            most_bytes: file.most_bytes,
            patience: self.patience,
        };
        let meter = Meter::new(self.quiet, &format!("{}/{name}", self.name));
        let digest = download.run(&meter)?;
        record.add([(name.to_owned(), digest)])
    }

    fn download_archive(&self, directory: &Path, record: &mut Record) -> Result<(), Error> {
        let name = self.source.files.keys().next().expect("one archive");
        let archive = directory.join(name);
        // One that is whole may be there from a fetch that was stopped while it unpacked.
        let expected = self.source.files[name].sha256.or_else(|| record.get(name));
        if !archive.is_file() || expected != Some(Digest::of_file(&archive)?) {
            self.download(directory, record, name)?;
        }
        let sums = archive::unpack(&archive, &self.source.members, directory)?;
        record.add(sums)?;
        // What is needed of it is there.
        fs::remove_file(&archive).map_err(|cause| Error::io(&archive, "remove", cause))
    }
}

fn all(names: &[&str], test: impl Fn(&str) -> Result<bool, Error>) -> Result<bool, Error> {
    for name in names {
        if !test(name)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file is there and has this checksum.
fn is_sound(path: &Path, sum: Option<Digest>) -> Result<bool, Error> {
    Ok(sum.is_some() && path.is_file() && sum == Some(Digest::of_file(path)?))
}
