//! One process at a time in a run directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::names::LOCK;
use crate::error::Error;

/// A directory that no other process works in as long as this lives.
///
/// The operating system gives the lock back when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks a directory.
    ///
    /// # Errors
    /// When another process holds it, or the file of the lock cannot be written.
    pub fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|cause| Error::io(&path, "write", cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let _ = (&file).take(32).read_to_string(&mut process);
                let process = match process.trim() {
                    "" => String::new(),
                    number => format!(" (process {number})"),
                };
                return Err(Error::Busy {
                    directory: directory.into(),
                    reason: format!(
                        "another metaplast{process} is at work in this directory; wait for it to end, or name another directory"
                    ),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(Error::io(&path, "lock", cause)),
        }
        // Who it is helps the next one's message and nothing else.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        Ok(Lock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let place = tempfile::tempdir().unwrap();
        let first = Lock::take(place.path()).unwrap();
        let second = Lock::take(place.path()).unwrap_err().to_string();
        let process = format!("(process {})", std::process::id());
        assert!(second.contains(&process), "{second}");
        drop(first);
        Lock::take(place.path()).unwrap();
    }
}
