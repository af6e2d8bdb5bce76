//! The rows of a run on disk, in the order (trial, episode) whatever thread was faster.
//!
//! The first trial that has not ended writes to `episodes.csv` itself. Those after it write to files
//! of their own, named by [`waiting_rows`], which are added to `episodes.csv` when their turn comes. These
//! files stay to the end of the run, since an earlier checkpoint may still count on them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::checksum;
use super::row_file::RowFile;
use crate::directory::names::{EPISODES, waiting_rows};
use crate::error::Error;

/// Writes the rows of all trials of a run.
#[derive(Debug)]
pub struct EpisodeLog {
    directory: PathBuf,
    all: RowFile,
    /// The trial that writes to `all`.
    current: u64,
    /// Files of trials after it that are at work.
    waiting: BTreeMap<u64, RowFile>,
    /// Bytes of each trial's rows,
    bytes: Vec<u64>,
    /// and their checksums.
    sums: Vec<u32>,
}

impl EpisodeLog {
    /// Opens the files of a run and cuts them to `bytes` of rows for each trial; 0 for a new run.
    /// `current` is the first trial that has not ended. `header` is the first line.
    ///
    /// # Errors
    /// When a file cannot be written, or is shorter than `bytes` says.
    pub fn open(
        directory: &Path,
        header: &str,
        bytes: &[u64],
        current: u64,
    ) -> Result<Self, Error> {
        let path = directory.join(EPISODES);
        let written: u64 = bytes.iter().take(current as usize + 1).sum();
        let all = if written == 0 {
            let mut all = RowFile::open(path, 0)?;
            all.append(header.as_bytes())?;
            all
        } else {
            RowFile::open(path, header.len() as u64 + written)?
        };
        all.sync()?;
        let mut log = EpisodeLog {
            directory: directory.into(),
            all,
            current,
            waiting: BTreeMap::new(),
            bytes: bytes.to_vec(),
            sums: Vec::new(),
        };
        let mut before = header.len() as u64;
        for (trial, &bytes) in (0..).zip(bytes) {
            let (path, begin) = match trial <= current {
                true => (log.all.path.clone(), before),
                false => (log.path_of(trial), 0),
            };
            before += bytes;
            let sum = checksum::of_file(&path, begin, bytes);
            log.sums
                .push(sum.map_err(|cause| Error::io(&path, "read", cause))?);
        }
        for (trial, &bytes) in (0..).zip(bytes).skip(current as usize + 1) {
            // Without rows there may be no file, or one of an attempt that no checkpoint knows of.
            if bytes > 0 {
                RowFile::open(log.path_of(trial), bytes)?;
            } else {
                log.remove(trial)?;
            }
        }
        Ok(log)
    }

    /// Whether the files hold what `open` would cut them to, with these checksums of each trial's rows;
    /// of checkpoints from before there were any, `sums` is empty.
    ///
    /// # Errors
    /// With the file that holds too little, or other rows than were written.
    pub fn holds(
        directory: &Path,
        header: &str,
        bytes: &[u64],
        sums: &[u32],
        current: u64,
    ) -> Result<(), String> {
        let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        let written: u64 = bytes.iter().take(current as usize + 1).sum();
        let all = directory.join(EPISODES);
        if written > 0 {
            let mut start = vec![0; header.len()];
            let read = File::open(&all).and_then(|mut file| file.read_exact(&mut start));
            if length(&all) < header.len() as u64 + written
                || read.is_err()
                || start != header.as_bytes()
            {
                return Err(format!("{} does not hold its episodes", all.display()));
            }
        }
        for (trial, &bytes) in (0..).zip(bytes).skip(current as usize + 1) {
            let path = directory.join(waiting_rows(trial));
            if length(&path) < bytes {
                return Err(format!("{} does not hold its episodes", path.display()));
            }
        }
        let mut before = header.len() as u64;
        for (trial, (&bytes, &sum)) in (0..).zip(bytes.iter().zip(sums)) {
            let (path, begin) = match trial <= current {
                true => (all.clone(), before),
                false => (directory.join(waiting_rows(trial)), 0),
            };
            before += bytes;
            if checksum::of_file(&path, begin, bytes).ok() != Some(sum) {
                return Err(format!(
                    "{}: rows of trial {trial} were changed since they were written; put them back",
                    path.display()
                ));
            }
        }
        Ok(())
    }

    /// Adds a row, a line with its end, of a trial. True when it went to `episodes.csv`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn append(&mut self, trial: u64, row: &str) -> Result<bool, Error> {
        let its_turn = trial == self.current;
        let file = if its_turn {
            &mut self.all
        } else if let Some(file) = self.waiting.get_mut(&trial) {
            file
        } else {
            let file = RowFile::open(self.path_of(trial), self.bytes[trial as usize])?;
            self.waiting.entry(trial).or_insert(file)
        };
        file.append(row.as_bytes())?;
        self.bytes[trial as usize] += row.len() as u64;
        let sum = &mut self.sums[trial as usize];
        *sum = checksum::with_rows(*sum, row.as_bytes());
        Ok(its_turn)
    }

    /// Bytes of a trial's rows so far.
    #[must_use]
    pub fn bytes_of(&self, trial: u64) -> u64 {
        self.bytes[trial as usize]
    }

    /// The checksum of a trial's rows so far.
    #[must_use]
    pub fn sum_of(&self, trial: u64) -> u32 {
        self.sums[trial as usize]
    }

    /// A trial has ended; closes its file, for a run may have more trials than a process has files.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn end(&mut self, trial: u64) -> Result<(), Error> {
        match self.waiting.remove(&trial) {
            Some(file) => file.sync(),
            None => Ok(()),
        }
    }

    /// Makes `current` the trial whose turn it is: adds the rows of those that waited until now to
    /// `episodes.csv` and hands them to `each`, without the ends of their lines.
    ///
    /// # Errors
    /// When a file cannot be read or written, or by `each`.
    pub fn turn_to(
        &mut self,
        current: u64,
        each: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while self.current < current {
            self.current += 1;
            self.waiting.remove(&self.current);
            let Some(&bytes) = self.bytes.get(self.current as usize) else {
                continue;
            };
            if bytes == 0 {
                continue;
            }
            let path = self.path_of(self.current);
            let lines = lines(&path, 0, bytes)?;
            for line in lines {
                let line = line.map_err(|cause| Error::io(&path, "read", cause))?;
                each(&line)?;
                self.all.append((line + "\n").as_bytes())?;
            }
        }
        Ok(())
    }

    /// The rows of a trial that are in the files, each without the end of its line.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn rows_of(
        &self,
        header: &str,
        trial: u64,
        each: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let bytes = self.bytes[trial as usize];
        let (path, begin) = self.place_of(header, trial);
        if bytes == 0 {
            return Ok(());
        }
        for line in lines(&path, begin, bytes)? {
            each(&line.map_err(|cause| Error::io(&path, "read", cause))?);
        }
        Ok(())
    }

    /// Makes sure that all rows are on the disk.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn sync(&self) -> Result<(), Error> {
        self.all.sync()?;
        self.waiting.values().try_for_each(RowFile::sync)
    }

    /// Removes the files of waiting rows; nothing can go on from an earlier checkpoint afterwards.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clean(&mut self) -> Result<(), Error> {
        self.waiting.clear();
        (0..self.bytes.len() as u64).try_for_each(|trial| self.remove(trial))
    }

    fn remove(&self, trial: u64) -> Result<(), Error> {
        let path = self.path_of(trial);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&path, "remove", cause))
            }
            _ => Ok(()),
        }
    }

    /// The file that holds a trial's rows, and where in it they begin.
    fn place_of(&self, header: &str, trial: u64) -> (PathBuf, u64) {
        match trial <= self.current {
            true => {
                let before: u64 = self.bytes[..trial as usize].iter().sum();
                (self.all.path.clone(), header.len() as u64 + before)
            }
            false => (self.path_of(trial), 0),
        }
    }

    fn path_of(&self, trial: u64) -> PathBuf {
        self.directory.join(waiting_rows(trial))
    }
}

/// The lines in `bytes` bytes of a file.
fn lines(
    path: &Path,
    begin: u64,
    bytes: u64,
) -> Result<impl Iterator<Item = io::Result<String>>, Error> {
    let open = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(begin))?;
        Ok(BufReader::new(file.take(bytes)).lines())
    };
    open().map_err(|cause| Error::io(path, "read", cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "trial,episode\n";

    fn nothing(_: &str) -> Result<(), Error> {
        Ok(())
    }

    fn text(directory: &Path) -> String {
        fs::read_to_string(directory.join(EPISODES)).unwrap()
    }

    #[test]
    fn any_interleaving_comes_out_in_order() {
        let place = tempfile::tempdir().unwrap();
        let mut log = EpisodeLog::open(place.path(), HEADER, &[0, 0, 0], 0).unwrap();
        let mut out = String::new();
        let mut turn = |log: &mut EpisodeLog, current| {
            log.turn_to(current, &mut |line| {
                out.push_str(&format!("{line};"));
                Ok(())
            })
            .unwrap();
        };
        assert!(!log.append(2, "2,0\n").unwrap());
        assert!(log.append(0, "0,0\n").unwrap());
        log.append(1, "1,0\n").unwrap();
        log.append(2, "2,1\n").unwrap();
        log.end(2).unwrap();
        log.append(0, "0,1\n").unwrap();
        turn(&mut log, 1);
        assert!(log.append(1, "1,1\n").unwrap());
        turn(&mut log, 3);
        assert_eq!(out, "1,0;2,0;2,1;");
        assert_eq!(
            text(place.path()),
            "trial,episode\n0,0\n0,1\n1,0\n1,1\n2,0\n2,1\n"
        );
        let mut rows = Vec::new();
        log.rows_of(HEADER, 1, &mut |row| rows.push(row.to_owned()))
            .unwrap();
        assert_eq!(rows, ["1,0", "1,1"]);
        log.clean().unwrap();
        let names: Vec<_> = place.path().read_dir().unwrap().collect();
        assert_eq!(names.len(), 1);
    }

    #[test]
    fn it_goes_on_from_any_earlier_place() {
        let place = tempfile::tempdir().unwrap();
        let mut log = EpisodeLog::open(place.path(), HEADER, &[0, 0], 0).unwrap();
        log.append(0, "0,0\n").unwrap();
        log.append(1, "1,0\n").unwrap();
        let bytes = [log.bytes_of(0), log.bytes_of(1)];
        let sums = [log.sum_of(0), log.sum_of(1)];
        // What no checkpoint knows of: the rest of a trial, the next one's turn, half a line.
        log.append(0, "0,1\n").unwrap();
        log.turn_to(1, &mut nothing).unwrap();
        log.append(1, "1,").unwrap();
        drop(log);

        let holds = |sums: &[u32]| EpisodeLog::holds(place.path(), HEADER, &bytes, sums, 0);
        assert_eq!(holds(&sums), Ok(()));
        assert_eq!(holds(&[]), Ok(()));
        assert!(
            holds(&[sums[0], sums[1] ^ 1])
                .unwrap_err()
                .contains("trial 1")
        );
        let mut log = EpisodeLog::open(place.path(), HEADER, &bytes, 0).unwrap();
        log.append(1, "1,1\n").unwrap();
        log.append(0, "0,1\n").unwrap();
        log.turn_to(1, &mut nothing).unwrap();
        assert_eq!(text(place.path()), "trial,episode\n0,0\n0,1\n1,0\n1,1\n");
    }

    #[test]
    fn rows_that_are_gone_are_missed() {
        let place = tempfile::tempdir().unwrap();
        assert!(EpisodeLog::holds(place.path(), HEADER, &[4], &[], 0).is_err());
        assert!(EpisodeLog::open(place.path(), HEADER, &[4], 0).is_err());
        fs::write(place.path().join(EPISODES), "trial,episod\n0,0\n\n").unwrap();
        assert!(EpisodeLog::holds(place.path(), HEADER, &[4], &[], 0).is_err());
        assert!(EpisodeLog::holds(place.path(), HEADER, &[0, 4], &[], 0).is_err());
    }
}
