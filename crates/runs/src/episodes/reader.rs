//! Reader of `episodes.csv`, as [`row`](super::row) writes it.

use std::path::Path;

use metaplast_data::text::{MOST_TABLE_BYTES, read_up_to};
use metaplast_meta::train::EpisodeRecord;

use super::csv::Columns;
use crate::error::{Error, line_of};

/// A row of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeRow {
    /// The 1-based line where it is.
    pub line: usize,
    /// The line without its end.
    pub text: String,
    /// What it says.
    pub record: EpisodeRecord,
}

/// What a last row without an end of the line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRow {
    /// It is a row like the others, and damaged when it is not complete.
    Complete,
    /// It may still be written, and is left out.
    InProgress,
}

/// The episodes of one trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRows {
    /// 0-based number of the trial.
    pub number: u64,
    /// Its episodes, in order and without gaps.
    pub episodes: Vec<EpisodeRecord>,
}

/// Reads the rows of a file, of which there must be at least one.
///
/// # Errors
/// When the file cannot be read, or a line is not what `columns` ask for; with the line.
pub fn read_rows(path: &Path, columns: &Columns, last: LastRow) -> Result<Vec<EpisodeRow>, Error> {
    let at = |line: usize, reason: String| Error::File {
        path: path.into(),
        line: Some(line),
        reason,
    };
    let bytes =
        read_up_to(path, MOST_TABLE_BYTES).map_err(|cause| Error::io(path, "read", cause))?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let sound = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..sound]
            .iter()
            .filter(|&&b| b == b'\n')
            .count();
        at(line, "not text in UTF-8; name a run directory".into())
    })?;
    if last == LastRow::InProgress {
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
    }
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
    if let Some((line, header)) = lines.next() {
        columns
            .check_header(header)
            .map_err(|reason| at(line, reason))?;
    }
    let rows = lines.map(|(line, text)| {
        Ok(EpisodeRow {
            line,
            text: text.to_owned(),
            record: columns.read(text).map_err(|reason| at(line, reason))?,
        })
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    if rows.is_empty() {
        let reason = "there are no episodes in it; wait for the first, or repeat the run";
        return Err(at(
            line_of(&text, text.len().saturating_sub(1)),
            reason.into(),
        ));
    }
    Ok(rows)
}

/// Reads the episodes of a run, trial by trial.
///
/// # Errors
/// As [`read_rows`]; when rows are missing or out of order.
pub fn read_trials(path: &Path, columns: &Columns) -> Result<Vec<TrialRows>, Error> {
    let mut trials: Vec<TrialRows> = Vec::new();
    for EpisodeRow { line, record, .. } in read_rows(path, columns, LastRow::Complete)? {
        let (trial, number) = (record.trial, record.episode);
        match trials.last_mut() {
            Some(last) if last.number == trial => last.episodes.push(record),
            _ => trials.push(TrialRows {
                number: trial,
                episodes: vec![record],
            }),
        }
        let last = trials.last().expect("one was just pushed");
        let expected = last.episodes.len() as u64 - 1;
        if number != expected {
            return Err(Error::File {
                path: path.into(),
                line: Some(line),
                reason: format!(
                    "episode {number} of trial {trial} where {expected} was expected; rows are missing or out of order, repeat the run"
                ),
            });
        }
    }
    Ok(trials)
}
