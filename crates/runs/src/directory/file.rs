//! Files that are there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use metaplast_data::text::{MOST_BYTES, read_up_to};

use crate::error::Error;

/// Writes a file under a temporary name beside it, makes sure that it is on the disk, then gives it
/// its own name.
///
/// # Errors
/// When the operating system refuses; no temporary file is left.
pub fn write_whole(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let temporary = write_beside(path, contents)?;
    let attempt = fs::rename(&temporary, path).and_then(|()| sync_directory(path));
    attempt.map_err(|cause| {
        let _ = fs::remove_file(&temporary);
        Error::io(path, "write", cause)
    })
}

/// The first half of [`write_whole`]: returns the temporary name.
///
/// # Errors
/// When the operating system refuses; no temporary file is left.
pub fn write_beside(path: &Path, contents: &[u8]) -> Result<PathBuf, Error> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let attempt = File::create(&temporary).and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_all()
    });
    match attempt {
        Ok(()) => Ok(temporary),
        Err(cause) => {
            let _ = fs::remove_file(&temporary);
            Err(Error::io(path, "write", cause))
        }
    }
}

/// Whether a file is what a process that was killed left of [`write_whole`].
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".tmp")
}

/// Makes sure that the names in the directory of `path` are on the disk.
///
/// # Errors
/// When the operating system refuses.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    // Only Unix has a way to.
    if cfg!(unix) {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// Reads a file of text.
///
/// # Errors
/// When it cannot be read, is longer than [`MOST_BYTES`], or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = read_up_to(path, MOST_BYTES).map_err(|cause| Error::io(path, "read", cause))?;
    String::from_utf8(bytes).map_err(|_| Error::File {
        path: path.into(),
        line: None,
        reason: "not a text file in UTF-8; name a TOML file".into(),
    })
}
