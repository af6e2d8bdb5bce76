//! The clips of an experiment, and which of them are tested.

use std::path::Path;

use metaplast_experiment::{Error, ExperimentSettings};
use metaplast_numbers::sorting::sort_by_key;

use crate::clip::{ClipSplit, SpikeClips};
use crate::speech::{GeneratedSpeech, read_events, read_speech};

/// The word for patterns that are made on the spot.
pub(super) const GENERATED: &str = "generated";

/// What is held out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeldOut {
    /// The first recordings of every speaker and class.
    Recordings,
    /// All recordings of one speaker.
    Speaker(String),
}

impl HeldOut {
    pub(super) fn name(&self) -> String {
        match self {
            HeldOut::Recordings => "new recordings".into(),
            HeldOut::Speaker(speaker) => format!("new speaker {speaker}"),
        }
    }
}

/// The clips that the settings name.
pub(super) fn clips(settings: &ExperimentSettings) -> Result<SpikeClips, Error> {
    let name = settings.get_text("data");
    let path = Path::new(name);
    if name == GENERATED {
        let recordings = settings.whole_within("recordings", 2..=10_000)? as usize;
        let generated = GeneratedSpeech {
            recordings,
            ..GeneratedSpeech::default()
        };
        return Ok(generated.clips(settings.seed()));
    }
    let events = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("npz"));
    let clips = match events {
        true => read_events(path),
        false => read_speech(path),
    };
    let clips = clips.map_err(|error| Error::setting("data", error.to_string()))?;
    match clips.classes.len() {
        0 | 1 => Err(Error::setting(
            "data",
            format!("{name} has recordings of one class alone; there is nothing to tell apart"),
        )),
        _ => Ok(clips),
    }
}

/// The ways to hold out that the settings name, with what is trained and tested.
pub(super) fn splits(
    settings: &ExperimentSettings,
    clips: &SpikeClips,
) -> Result<Vec<(HeldOut, ClipSplit)>, Error> {
    let held_out = settings.whole_within("held_out", 1..=1_000_000)? as usize;
    let most = settings.get_whole("train_recordings") as usize;
    let mut splits = Vec::new();
    for name in settings.get_texts("splits") {
        match name.as_str() {
            "recordings" => {
                splits.push((HeldOut::Recordings, clips.split_by_recording(held_out)));
            }
            "speakers" => splits.extend(clips.speakers().into_iter().map(|speaker| {
                let split = clips.split_by_speaker(&speaker);
                (HeldOut::Speaker(speaker), split)
            })),
            other => {
                let reason =
                    format!("{other} is nothing to hold out; choose recordings or speakers");
                return Err(Error::setting("splits", reason));
            }
        }
    }
    for (what, split) in &mut splits {
        if most > 0 {
            split.train = first_recordings(clips, &split.train, most);
        }
        if split.train.is_empty() || split.test.is_empty() {
            let reason = format!(
                "{}: {} clips to train with and {} to test; both are needed",
                what.name(),
                split.train.len(),
                split.test.len()
            );
            return Err(Error::setting("splits", reason));
        }
    }
    match splits.is_empty() {
        true => Err(Error::setting(
            "splits",
            "none; give recordings or speakers",
        )),
        false => Ok(splits),
    }
}

/// Those of the places that are among the first `most` of their speaker and class.
fn first_recordings(clips: &SpikeClips, places: &[usize], most: usize) -> Vec<usize> {
    let key = |place: usize| (&clips.clips[place].speaker, clips.clips[place].label);
    let mut counts = std::collections::BTreeMap::new();
    let mut sorted = places.to_vec();
    sort_by_key(&mut sorted, |&place| clips.clips[place].recording);
    sorted.retain(|&place| {
        let count = counts.entry(key(place)).or_insert(0);
        *count += 1;
        *count <= most
    });
    sorted.sort_unstable();
    sorted
}
