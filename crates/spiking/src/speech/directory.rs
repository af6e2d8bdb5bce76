//! Directories of WAV files.

use std::fs;
use std::path::{Path, PathBuf};

use metaplast_numbers::sorting::{sort, sort_by, sort_by_key};

use super::error::SpeechError;
use super::front_end::MelFrontEnd;
use super::wav::read_wav;
use crate::clip::{SpikeClip, SpikeClips};

/// Reads every WAV file of a directory through the [front end](MelFrontEnd::new).
///
/// Files are named CLASS_SPEAKER_NUMBER.wav, as in the Free Spoken Digit Dataset, or stand as
/// SPEAKER_NUMBER.wav, or by any name, in a directory for each class. A recording without a number gets
/// the next one of its speaker and class. Other files and hidden ones are passed over. Classes are in
/// the order of their names; those that are all numbers, by number.
///
/// # Errors
/// When the directory or a file cannot be read, a file's name says no class, there is no recording,
/// or one is recorded with too few samples a second.
pub fn read_speech(directory: &Path) -> Result<SpikeClips, SpeechError> {
    let mut recordings = Vec::new();
    for path in entries(directory)? {
        if path.is_dir() {
            let class = name_of(&path);
            for path in entries(&path)?.into_iter().filter(|path| is_wav(path)) {
                let stem = stem_of(&path);
                recordings.push(Recording::new(path, class.clone(), &stem));
            }
        } else if is_wav(&path) {
            let stem = stem_of(&path);
            let Some((class, rest)) = stem.split_once('_') else {
                return Err(SpeechError::NoClass { path });
            };
            recordings.push(Recording::new(path, class.to_owned(), rest));
        }
    }
    if recordings.is_empty() {
        return Err(SpeechError::NoRecordings {
            path: directory.into(),
        });
    }
    // By number where there is one, so that recording 10 follows 9.
    sort_by(&mut recordings, |a, b| a.order().cmp(&b.order()));
    let classes = classes(&recordings);
    let mut clips = Vec::with_capacity(recordings.len());
    let mut sizes = None;
    for recording in &recordings {
        let sound = read_wav(&recording.path)?;
        let front_end = MelFrontEnd::new(sound.rate).map_err(|reason| SpeechError::Sound {
            path: recording.path.clone(),
            reason,
        })?;
        let scaled = front_end.scaled(&front_end.log_energies(&sound.samples));
        sizes = Some((front_end.steps, front_end.bands));
        let label = classes.iter().position(|class| *class == recording.class);
        let same =
            |clip: &&SpikeClip| clip.speaker == recording.speaker && Some(clip.label) == label;
        let next = || {
            clips
                .iter()
                .filter(same)
                .map(|clip| clip.recording + 1)
                .max()
        };
        clips.push(SpikeClip {
            spikes: front_end.spikes(&scaled),
            label: label.expect("the classes are those of the recordings"),
            speaker: recording.speaker.clone(),
            recording: recording.number.or_else(next).unwrap_or(0),
        });
    }
    let (steps, channels) = sizes.expect("there is a recording");
    Ok(SpikeClips {
        steps,
        channels,
        classes,
        clips,
    })
}

struct Recording {
    path: PathBuf,
    class: String,
    speaker: String,
    number: Option<usize>,
}

impl Recording {
    /// `rest` is SPEAKER_NUMBER, either of them, or anything.
    fn new(path: PathBuf, class: String, rest: &str) -> Self {
        let (speaker, number) = match rest.rsplit_once('_') {
            Some((speaker, number)) if number.parse::<usize>().is_ok() => {
                (speaker, number.parse().ok())
            }
            _ => match rest.parse() {
                Ok(number) => ("", Some(number)),
                Err(_) => (rest, None),
            },
        };
        Recording {
            path,
            class,
            speaker: speaker.to_owned(),
            number,
        }
    }

    fn order(&self) -> (&str, &str, usize, &Path) {
        let number = self.number.unwrap_or(usize::MAX);
        (&self.class, &self.speaker, number, &self.path)
    }
}

fn classes(recordings: &[Recording]) -> Vec<String> {
    let mut classes: Vec<String> = recordings.iter().map(|one| one.class.clone()).collect();
    classes.dedup();
    let number = |class: &String| class.parse::<u64>().ok();
    if classes.iter().all(|class| number(class).is_some()) {
        sort_by_key(&mut classes, number);
    }
    classes
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, SpeechError> {
    let failed = |cause| SpeechError::Read {
        path: directory.into(),
        cause,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    sort(&mut paths);
    Ok(paths)
}

fn is_wav(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("wav"))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn stem_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
