//! The record of a search: a table of everything that was tried.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::error::SearchError;
use crate::game::{Game, TriedCandidate};

/// Columns before the further numbers of a game.
const COLUMNS: [&str; 5] = ["search", "number", "choices", "candidate", "reward"];

/// A CSV file with a row for each candidate, in the order in which they were tried.
///
/// | column | what |
/// |---|---|
/// | `search` | what was searched and how, the same in all rows: `puct, seed 1, retention` |
/// | `number` | 1 for the first candidate |
/// | `choices` | its choices as numbers, with spaces between |
/// | `candidate` | the same in words |
/// | `reward` | what it is worth, with all digits |
/// | others | the game's further numbers |
///
/// Rows are added once a batch is measured and are then on the disk. What a process that was killed left of a row
/// is dropped.
#[derive(Debug)]
pub struct SearchRecord {
    path: PathBuf,
    name: String,
    file: File,
    tried: Vec<TriedCandidate>,
}

impl SearchRecord {
    /// Opens a record, or begins one, of the search of this name over a game.
    ///
    /// # Errors
    /// [`SearchError::Io`]; [`SearchError::OtherSearch`]; [`SearchError::Record`] when the file is no record.
    pub fn open(path: &Path, name: &str, game: &dyn Game) -> Result<Self, SearchError> {
        let io = |action| move |cause| SearchError::io(path, action, cause);
        let mut options = OpenOptions::new();
        let opened = options.read(true).append(true).create(true).open(path);
        let mut file = opened.map_err(io("open"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read"))?;
        // A row counts once its end of line is there.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n');
        let whole = whole.map_or(0, |last| last + 1);
        let name = name.replace(['\n', '\r'], " ");
        let mut columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        columns.extend(game.further());
        let head = row(columns.iter().map(String::as_str));
        let mut record = SearchRecord {
            path: path.into(),
            name,
            file,
            tried: Vec::new(),
        };
        if whole > 0 {
            record.read(&bytes[..whole], &columns)?;
        } else if !head.starts_with(&bytes) {
            let reason = "this is no record of a search; name another file";
            return Err(SearchError::record(path, 1, reason));
        }
        if whole < bytes.len() {
            record.file.set_len(whole as u64).map_err(io("shorten"))?;
        }
        if whole == 0 {
            record.write(&head)?;
        }
        Ok(record)
    }

    /// What was tried before it was opened, and since.
    #[must_use]
    pub fn tried(&self) -> &[TriedCandidate] {
        &self.tried
    }

    /// An error of the row of this place, counted from 0.
    pub(crate) fn wrong(&self, place: usize, reason: impl Into<String>) -> SearchError {
        SearchError::record(&self.path, place + 2, reason)
    }

    /// Adds candidates.
    pub(crate) fn append(
        &mut self,
        game: &dyn Game,
        tried: &[TriedCandidate],
    ) -> Result<(), SearchError> {
        let mut rows = Vec::new();
        for candidate in tried {
            self.tried.push(candidate.clone());
            let choices: Vec<String> = candidate.choices.iter().map(usize::to_string).collect();
            let words = game.describe(&candidate.choices).replace(['\n', '\r'], " ");
            let mut cells = vec![
                self.name.clone(),
                self.tried.len().to_string(),
                choices.join(" "),
                words,
                candidate.reward.to_string(),
            ];
            cells.extend(candidate.further.iter().map(f64::to_string));
            rows.extend(row(cells.iter().map(String::as_str)));
        }
        self.write(&rows)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SearchError> {
        let written = self.file.write_all(bytes);
        let written = written.and_then(|()| self.file.sync_data());
        written.map_err(|cause| SearchError::io(&self.path, "write", cause))
    }

    fn read(&mut self, bytes: &[u8], columns: &[String]) -> Result<(), SearchError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        for (line, cells) in reader.records().enumerate() {
            let wrong = |reason: String| SearchError::record(&self.path, line + 1, reason);
            let cells = cells.map_err(|error| wrong(format!("{error}; name another file")))?;
            if line == 0 {
                if cells.iter().ne(columns) {
                    let reason = "this is not the head of a record of this game; name another file";
                    return Err(wrong(reason.into()));
                }
                continue;
            }
            let tried = parse(&cells, columns.len())
                .ok_or_else(|| wrong("this is no row of a record; name another file".into()))?;
            if cells[0] != *self.name {
                return Err(SearchError::OtherSearch {
                    path: self.path.clone(),
                    found: cells[0].to_owned(),
                    wanted: self.name.clone(),
                });
            }
            self.tried.push(tried);
        }
        Ok(())
    }
}

fn parse(cells: &csv::StringRecord, columns: usize) -> Option<TriedCandidate> {
    if cells.len() != columns {
        return None;
    }
    let choices = cells[2]
        .split_whitespace()
        .map(|choice| choice.parse().ok());
    let numbers = cells.iter().skip(COLUMNS.len());
    Some(TriedCandidate {
        choices: choices.collect::<Option<_>>()?,
        reward: cells[4].parse().ok()?,
        further: numbers
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?,
    })
}

/// A row with its end of line.
fn row<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).expect("nothing fails in memory");
    writer.into_inner().expect("nothing fails in memory")
}
