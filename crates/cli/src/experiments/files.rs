//! Finished measurements as files of a directory.

use std::fs;
use std::path::PathBuf;

use metaplast_experiment::{Error, Store};
use metaplast_runs::Error as RunError;
use metaplast_runs::directory::file::{read_text, write_whole};

/// A directory with a file for each measurement; made with the first.
pub(super) struct MeasurementFiles(pub(super) PathBuf);

impl Store for MeasurementFiles {
    fn get(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.0.join(name);
        match path.is_file() {
            true => match read_text(&path) {
                Ok(text) => Ok(Some(text)),
                // No text, so none of ours: it is measured again.
                Err(RunError::File { .. }) => Ok(None),
                Err(error) => Err(Error::other(error)),
            },
            false => Ok(None),
        }
    }

    fn put(&self, name: &str, text: &str) -> Result<(), Error> {
        let made = fs::create_dir_all(&self.0);
        made.map_err(|cause| Error::other(RunError::io(&self.0, "create", cause)))?;
        write_whole(&self.0.join(name), text.as_bytes()).map_err(Error::other)
    }
}
