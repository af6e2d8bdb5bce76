//! Checkpoints: where each trial of a run is, as the text of a file.
//!
//! TOML, like the other files of a run directory: open to people and programs, and its numbers
//! parse back to the same bits, infinities included. The last line is a comment with the CRC-32 of
//! everything before it, which any change of up to 32 neighbouring bits alters. `format` counts the
//! versions of the layout; another version than `FORMAT` is refused by its number.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metaplast_data::text::{MOST_TABLE_BYTES, read_up_to};
use metaplast_meta::train::TrialState;
use serde::{Deserialize, Serialize};

use crate::directory::file::{sync_directory, write_beside};
use crate::directory::names::{CHECKPOINT, DAMAGED_CHECKPOINT, PREVIOUS_CHECKPOINT};
use crate::error::Error;
use crate::settings::Settings;
use crate::toml_text;

/// The version of the layout.
const FORMAT: u64 = 1;
const TITLE: &str = "# Where a run stands; `metaplast meta-train --resume` goes on from here.\n";
const CHECKSUM: &str = "# crc32 ";

/// All that a run needs to go on.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    format: u64,
    /// Of the program that wrote it.
    pub version: String,
    /// Bytes of each trial's rows in `episodes.csv` and the files of waiting rows.
    pub rows: Vec<u64>,
    /// The CRC-32 of each trial's rows; none in a checkpoint of an earlier version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub row_sums: Vec<u32>,
    /// Every choice of the run, as in `config.toml`.
    pub settings: Settings,
    /// Each trial's state, in the order of their numbers.
    pub trials: Vec<TrialState>,
}

/// Why a text is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Something happened to it on the way.
    Damaged(String),
    /// It is whole, but not of this program.
    Foreign(String),
}

/// A checkpoint that was found, and what is to be said about it.
#[derive(Debug)]
pub struct Found {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The file where it was.
    pub path: PathBuf,
    /// Why it is not the latest one.
    pub note: Option<String>,
}

impl Checkpoint {
    /// Of a run with these settings.
    #[must_use]
    pub fn new(
        settings: Settings,
        rows: Vec<u64>,
        row_sums: Vec<u32>,
        trials: Vec<TrialState>,
    ) -> Self {
        Checkpoint {
            format: FORMAT,
            version: crate::VERSION.into(),
            rows,
            row_sums,
            settings,
            trials,
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let body = toml_text::write(self);
        let mut text = format!("{TITLE}{body}");
        let checksum = crc32fast::hash(text.as_bytes());
        text.push_str(&format!("{CHECKSUM}{checksum:08x}\n"));
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// With what is wrong: damage, another format, or keys that do not fit.
    pub fn from_text(text: &[u8]) -> Result<Self, Unreadable> {
        let damaged = |what: &str| Unreadable::Damaged(what.to_owned());
        let text = std::str::from_utf8(text).map_err(|_| damaged("it is not text"))?;
        let end = text
            .trim_end_matches('\n')
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let (body, last) = text.split_at(end);
        let checksum = last
            .strip_prefix(CHECKSUM)
            .and_then(|c| c.strip_suffix('\n'));
        let checksum = checksum.ok_or_else(|| damaged("its end is missing"))?;
        if checksum != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err(damaged("its checksum is wrong"));
        }
        let foreign = |what: String| Unreadable::Foreign(what);
        let table: toml::Table = toml_text::parse(body).map_err(|e| foreign(e.message().into()))?;
        let number = table.get("format").and_then(toml::Value::as_integer);
        if number != Some(FORMAT as i64) {
            let number = number.map_or("none".into(), |n| n.to_string());
            let by = match table.get("version").and_then(toml::Value::as_str) {
                Some(version) => format!(", written by metaplast {version}"),
                None => String::new(),
            };
            return Err(foreign(format!(
                "its format is {number}{by}, and metaplast {} reads format {FORMAT}; go on with the version that wrote it",
                crate::VERSION
            )));
        }
        toml_text::parse(body).map_err(|e| foreign(e.message().into()))
    }

    /// Writes it into a run directory; the latest one so far becomes the previous one.
    ///
    /// At any moment one whole checkpoint has one of the two names.
    ///
    /// # Errors
    /// When a file cannot be written or renamed.
    pub fn save(&self, directory: &Path) -> Result<(), Error> {
        let path = directory.join(CHECKPOINT);
        let temporary = write_beside(&path, self.to_text().as_bytes())?;
        let attempt = match fs::rename(&path, directory.join(PREVIOUS_CHECKPOINT)) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
            _ => fs::rename(&temporary, &path).and_then(|()| sync_directory(&path)),
        };
        attempt.map_err(|cause| {
            let _ = fs::remove_file(&temporary);
            Error::io(&path, "write", cause)
        })
    }

    /// Finds the latest checkpoint of a run that is whole and passes `check`.
    ///
    /// A damaged one is put aside, so that it does not take the place of the one before it.
    ///
    /// # Errors
    /// When neither checkpoint can be used.
    pub fn find(
        directory: &Path,
        check: impl Fn(&Checkpoint) -> Result<(), String>,
    ) -> Result<Found, Error> {
        let mut complaint: Option<(PathBuf, String)> = None;
        for name in [CHECKPOINT, PREVIOUS_CHECKPOINT] {
            let path = directory.join(name);
            let text = match read_up_to(&path, MOST_TABLE_BYTES) {
                Ok(text) => text,
                Err(cause) if cause.kind() == ErrorKind::NotFound => continue,
                Err(cause) => return Err(Error::io(&path, "read", cause)),
            };
            let reason = match Checkpoint::from_text(&text) {
                Ok(checkpoint) => match check(&checkpoint) {
                    Ok(()) => {
                        let note = complaint.map(|(path, why)| {
                            format!("{}: {why}; going on from {name}", path.display())
                        });
                        if note.is_some() {
                            let _ = fs::rename(
                                directory.join(CHECKPOINT),
                                directory.join(DAMAGED_CHECKPOINT),
                            );
                        }
                        return Ok(Found {
                            checkpoint,
                            path,
                            note,
                        });
                    }
                    Err(reason) => reason,
                },
                Err(Unreadable::Damaged(reason)) => format!("the checkpoint is damaged: {reason}"),
                Err(Unreadable::Foreign(reason)) => {
                    return Err(Error::File {
                        path,
                        line: None,
                        reason: format!("no checkpoint for this program: {reason}"),
                    });
                }
            };
            complaint.get_or_insert((path, reason));
        }
        Err(match complaint {
            Some((path, reason)) => Error::File {
                path,
                line: None,
                reason: format!("{reason}; no other one can be used, so start the run again"),
            },
            None => Error::setting(
                directory.display().to_string(),
                "no checkpoint is there; name a run directory of meta-train",
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let settings = Settings {
            episodes: Some(7),
            lr: Some(0.1 + 0.2),
            ..Settings::default()
        };
        Checkpoint::new(settings, vec![12, 0], vec![7, 0], Vec::new())
    }

    fn take(directory: &Path) -> Result<Found, Error> {
        Checkpoint::find(directory, |_| Ok(()))
    }

    #[test]
    fn any_changed_bit_and_any_cut_is_seen() {
        let text = checkpoint().to_text().into_bytes();
        assert_eq!(Checkpoint::from_text(&text), Ok(checkpoint()));
        for byte in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[byte] ^= 1 << bit;
                assert!(
                    matches!(Checkpoint::from_text(&other), Err(Unreadable::Damaged(_))),
                    "byte {byte} bit {bit}"
                );
            }
            let cut = Checkpoint::from_text(&text[..byte]);
            assert!(matches!(cut, Err(Unreadable::Damaged(_))), "cut at {byte}");
        }
    }

    #[test]
    fn another_format_is_refused_by_its_number() {
        let mut newer = checkpoint();
        newer.format = 2;
        newer.version = "9.1.0".into();
        match Checkpoint::from_text(newer.to_text().as_bytes()) {
            Err(Unreadable::Foreign(reason)) => {
                assert!(
                    reason.contains("format is 2, written by metaplast 9.1.0"),
                    "{reason}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_damaged_one_gives_way_to_the_previous_one() {
        let place = tempfile::tempdir().unwrap();
        let message = take(place.path()).unwrap_err().to_string();
        assert!(message.contains("no checkpoint is there"), "{message}");

        let first = checkpoint();
        let second = Checkpoint {
            rows: vec![24, 12],
            ..checkpoint()
        };
        first.save(place.path()).unwrap();
        second.save(place.path()).unwrap();
        let found = take(place.path()).unwrap();
        assert_eq!((found.checkpoint, found.note), (second.clone(), None));

        let path = place.path().join(CHECKPOINT);
        let mut text = fs::read(&path).unwrap();
        text[100] ^= 4;
        fs::write(&path, text).unwrap();
        let found = take(place.path()).unwrap();
        assert_eq!(found.checkpoint, first);
        let note = found.note.unwrap();
        assert!(
            note.contains("checksum") && note.contains(PREVIOUS_CHECKPOINT),
            "{note}"
        );
        // The damaged one must not become the previous one.
        second.save(place.path()).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(take(place.path()).unwrap().checkpoint, first);

        fs::write(place.path().join(PREVIOUS_CHECKPOINT), "").unwrap();
        let message = take(place.path()).unwrap_err().to_string();
        assert!(message.contains("start the run again"), "{message}");
    }
}
