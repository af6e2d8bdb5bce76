//! Directories for results: made, locked, and removed again when nothing came of them.

pub mod file;
pub mod lock;
pub mod names;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Error;
use file::{is_leftover, write_whole};
use lock::Lock;
use names::{CHECKPOINT, LOCK, PREVIOUS_CHECKPOINT, RUNS};

/// Checks that a run directory can be made at `out`, or finds a free name `runs/LABEL-N`.
/// Nothing is created.
///
/// # Errors
/// When something else is at the path, or above it.
pub fn choose(out: Option<&Path>, label: &str) -> Result<PathBuf, Error> {
    let path = match out {
        Some(path) if path.as_os_str().is_empty() => {
            return Err(Error::setting(
                "--out",
                "the name is empty; name a directory",
            ));
        }
        Some(path) => path.to_owned(),
        None => (1..)
            .map(|n| Path::new(RUNS).join(format!("{label}-{n}")))
            .find(|path| path.symlink_metadata().is_err())
            .expect("some number is free"),
    };
    let wrong = |reason: &str| Error::setting(format!("--out {}", path.display()), reason);
    if let Ok(entry) = path.symlink_metadata() {
        if !path.is_dir() {
            let what = if entry.is_file() {
                "a file"
            } else {
                "not a directory"
            };
            return Err(wrong(&format!("this is {what}; name a new directory")));
        }
        if path.join(CHECKPOINT).is_file() {
            return Err(wrong(&format!(
                "a run is there; name a new directory, or go on with it by meta-train --resume {}",
                path.display()
            )));
        }
        if !is_vacant(&path)? {
            return Err(wrong(
                "the directory is not empty; name a new one, or empty it",
            ));
        }
    }
    let above = path
        .ancestors()
        .skip(1)
        .find(|p| p.symlink_metadata().is_ok());
    if let Some(above) = above.filter(|above| !above.is_dir()) {
        let reason = format!(
            "{} is not a directory; name a path below a directory",
            above.display()
        );
        return Err(wrong(&reason));
    }
    Ok(path)
}

/// [`choose`]s a directory and does what is to be done in it. Where nobody named it and another process
/// takes the free name first, the next one is tried.
///
/// # Errors
/// As [`choose`], and as `work`, which must fail with [`Error::Busy`] before it has done anything.
pub fn in_chosen<R>(
    out: Option<&Path>,
    label: &str,
    mut work: impl FnMut(PathBuf) -> Result<R, Error>,
) -> Result<R, Error> {
    loop {
        match work(choose(out, label)?) {
            Err(Error::Busy { .. }) if out.is_none() => {}
            result => return result,
        }
    }
}

/// Whether there is nothing in a directory but what a process that was killed may have left.
fn is_vacant(path: &Path) -> Result<bool, Error> {
    let unreadable = |cause| Error::io(path, "read", cause);
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy();
        if name != LOCK && !is_leftover(&name) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what a process that was killed left of files it wrote. Only who holds the lock may, or knows
/// otherwise that nobody is at work there.
///
/// # Errors
/// When the directory cannot be read.
pub fn remove_leftovers(path: &Path) -> Result<(), Error> {
    let unreadable = |cause| Error::io(path, "read", cause);
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if is_leftover(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// A run directory that removes itself, and whatever was made for it, unless it is kept.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    /// Directories that were not there before, outermost first.
    created: Vec<PathBuf>,
    files: Vec<PathBuf>,
    keep: bool,
    _lock: Option<Lock>,
}

impl RunDirectory {
    /// Makes the directory that [`choose`] found possible.
    ///
    /// # Errors
    /// When it cannot be made, or another process was faster.
    pub fn create(path: PathBuf) -> Result<Self, Error> {
        let mut missing: Vec<PathBuf> = path
            .ancestors()
            .filter(|p| !p.as_os_str().is_empty() && p.symlink_metadata().is_err())
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        let mut directory = RunDirectory {
            path,
            created: Vec::new(),
            files: Vec::new(),
            keep: false,
            _lock: None,
        };
        for path in missing {
            match fs::create_dir(&path) {
                Ok(()) => directory.created.push(path),
                // Another process may make `runs` at the same time.
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(cause) => return Err(Error::io(&path, "create", cause)),
            }
        }
        let lock = Lock::take(&directory.path)?;
        directory.file(LOCK);
        // Another process may have been faster since the name was chosen.
        if !is_vacant(&directory.path)? {
            directory.keep();
            return Err(Error::Busy {
                directory: directory.path.clone(),
                reason: "another process wrote to this directory just now; name a new one".into(),
            });
        }
        directory._lock = Some(lock);
        remove_leftovers(&directory.path)?;
        Ok(directory)
    }

    /// Makes a directory, or enters one that holds files of earlier work, such as runs of a sweep. What
    /// was there stays whatever happens.
    ///
    /// # Errors
    /// When it cannot be made, or another process is at work in it.
    pub fn enter(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Ok(RunDirectory {
                path: path.into(),
                created: Vec::new(),
                files: Vec::new(),
                keep: true,
                _lock: Some(Lock::take(path)?),
            });
        }
        RunDirectory::create(path.into())
    }

    /// Opens the directory of a run that has begun, and keeps it whatever happens.
    ///
    /// # Errors
    /// When it holds no checkpoint, or another process is at work in it.
    pub fn reopen(path: PathBuf) -> Result<Self, Error> {
        if !path.join(CHECKPOINT).is_file() && !path.join(PREVIOUS_CHECKPOINT).is_file() {
            return Err(Error::setting(
                format!("--resume {}", path.display()),
                "no checkpoint is there; name a run directory of meta-train, or start one with --out",
            ));
        }
        let lock = Lock::take(&path)?;
        remove_leftovers(&path)?;
        Ok(RunDirectory {
            path,
            created: Vec::new(),
            files: Vec::new(),
            keep: true,
            _lock: Some(lock),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path for a file of the run, which goes too when the directory goes.
    pub fn file(&mut self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        self.files.push(path.clone());
        path
    }

    /// Writes a file of the run as a whole.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn write(&mut self, name: &str, contents: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        write_whole(&path, contents)
    }

    /// Whether it holds something of worth.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.keep
    }

    /// From now on it holds something of worth.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        // Removes only what is empty.
        for directory in self.created.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let mut directory = RunDirectory::create(path.clone()).unwrap();
        directory.write("x", b"x").unwrap();
        drop(directory);
        assert!(!place.path().join("a").exists());

        let mut directory = RunDirectory::create(path.clone()).unwrap();
        directory.write("x", b"x").unwrap();
        directory.keep();
        drop(directory);
        assert_eq!(fs::read(path.join("x")).unwrap(), b"x");
        assert!(choose(Some(&path), "x").is_err());
        assert!(choose(Some(&path.join("x/y")), "x").is_err());
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let leftover = place.path().join(".checkpoint.toml.1.tmp");
        fs::write(&leftover, b"half").unwrap();
        drop(RunDirectory::create(place.path().to_owned()).unwrap());
        assert!(!leftover.exists());

        fs::write(&leftover, b"half").unwrap();
        fs::write(place.path().join(PREVIOUS_CHECKPOINT), b"whole").unwrap();
        drop(RunDirectory::reopen(place.path().to_owned()).unwrap());
        assert!(!leftover.exists());
    }
}
