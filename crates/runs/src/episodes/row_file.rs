//! Row file: a file that grows by whole rows, and is cut back to some of them.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::error::Error;

/// A file that grows by whole rows.
#[derive(Debug)]
pub(super) struct RowFile {
    pub(super) path: PathBuf,
    file: File,
}

impl RowFile {
    /// Opens a file, or creates it, and cuts it to `bytes`, which must be there.
    pub(super) fn open(path: PathBuf, bytes: u64) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let attempt = options.open(&path).and_then(|mut file| {
            if file.metadata()?.len() < bytes {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the file is shorter than the checkpoint says",
                ));
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        });
        match attempt {
            Ok(file) => Ok(RowFile { path, file }),
            Err(cause) => Err(Error::io(&path, "write", cause)),
        }
    }

    pub(super) fn append(&mut self, text: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(text)
            .map_err(|cause| Error::io(&self.path, "write", cause))
    }

    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(|cause| Error::io(&self.path, "write", cause))
    }
}
