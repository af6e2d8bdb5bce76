//! Rows withdrawn from `episodes.csv`, so that those of earlier trials can grow before them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::directory::file::write_whole;
use crate::directory::names::{EPISODES, waiting_rows};
use crate::error::Error;

/// Copies the rows of trials after `from`, up to `to`, whose turn it was last, from `episodes.csv` to
/// files of their own: for a log that is opened with an earlier
/// trial, which cuts them off there.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn withdraw(
    directory: &Path,
    header: &str,
    bytes: &[u64],
    from: u64,
    to: u64,
) -> Result<(), Error> {
    let all = directory.join(EPISODES);
    let mut begin = header.len() as u64;
    for (trial, &bytes) in (0..=to).zip(bytes) {
        if trial > from && bytes > 0 {
            let mut rows = Vec::new();
            let mut read = || {
                let mut file = File::open(&all)?;
                file.seek(SeekFrom::Start(begin))?;
                file.take(bytes).read_to_end(&mut rows)
            };
            read().map_err(|cause| Error::io(&all, "read", cause))?;
            write_whole(&directory.join(waiting_rows(trial)), &rows)?;
        }
        begin += bytes;
    }
    Ok(())
}
