//! Streams of events as NumPy archives.

use std::collections::BTreeMap;
use std::path::Path;

use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::{self, npz};

use super::error::SpeechError;
use crate::clip::{SpikeClip, SpikeClips};

/// Most spikes or silences that are held: clips times steps times channels.
const MOST: f64 = 1e9;

/// Reads clips from events: a NumPy archive (`.npz`) with the arrays
///
/// | array | shape | what |
/// |---|---|---|
/// | `shape` | (2) | steps and channels of a clip |
/// | `labels` | (clips) | classes, counted from 0 |
/// | `clip`, `step`, `channel` | (events) | where each event belongs, counted from 0 |
/// | `speakers` | (clips), optional | numbers of the speakers, who are then called by them |
/// | `recordings` | (clips), optional | numbers of the recordings; else counted by speaker and class |
///
/// Several events in one cell are one spike.
///
/// # Errors
/// When the file cannot be read, an array is missing or of another shape, or an event lies outside.
pub fn read_events(path: &Path) -> Result<SpikeClips, SpeechError> {
    let arrays = npz::read::<f64>(path)?;
    let archive = Archive { path, arrays };
    let shape = archive.whole("shape", None, f64::INFINITY)?;
    let [steps, channels] = shape[..] else {
        return Err(archive.wrong(format!("shape has {} numbers, not 2", shape.len())));
    };
    let labels = archive.whole("labels", None, 1e4)?;
    let count = labels.len();
    let cells = steps as f64 * channels as f64 * count as f64;
    if steps == 0 || channels == 0 || count == 0 || cells > MOST {
        return Err(archive.wrong(format!(
            "{count} clips of {steps} steps and {channels} channels, at least one of each and {MOST:e} cells at most"
        )));
    }
    let at = archive.whole("clip", None, count as f64)?;
    let step = archive.whole("step", Some(at.len()), steps as f64)?;
    let channel = archive.whole("channel", Some(at.len()), channels as f64)?;
    let optional = |name: &str| match archive.arrays.contains_key(name) {
        true => archive.whole(name, Some(count), 1e9).map(Some),
        false => Ok(None),
    };
    let (speakers, recordings) = (optional("speakers")?, optional("recordings")?);
    let mut clips: Vec<SpikeClip> = Vec::with_capacity(count);
    let mut counted = BTreeMap::new();
    for (k, &label) in labels.iter().enumerate() {
        let speaker = speakers
            .as_ref()
            .map_or_else(String::new, |all| all[k].to_string());
        let before = counted.entry((speaker.clone(), label)).or_insert(0);
        let recording = recordings.as_ref().map_or(*before, |all| all[k]);
        *before += 1;
        clips.push(SpikeClip {
            spikes: vec![0; steps * channels],
            label,
            speaker,
            recording,
        });
    }
    for ((&clip, &step), &channel) in at.iter().zip(&step).zip(&channel) {
        clips[clip].spikes[step * channels + channel] = 1;
    }
    let classes = labels.iter().max().map_or(0, |most| most + 1);
    Ok(SpikeClips {
        steps,
        channels,
        classes: (0..classes).map(|class| class.to_string()).collect(),
        clips,
    })
}

/// Writes clips as events, for [`read_events`] and for NumPy; speakers by their place among
/// [`SpikeClips::speakers`].
///
/// # Errors
/// When the file cannot be written.
pub fn write_events(path: &Path, clips: &SpikeClips) -> Result<(), exchange::Error> {
    let mut events = [(); 3].map(|()| Vec::new());
    for (k, clip) in clips.clips.iter().enumerate() {
        let cells = clip
            .spikes
            .iter()
            .enumerate()
            .filter(|(_, spike)| **spike != 0);
        for (cell, _) in cells {
            for (list, value) in
                events
                    .iter_mut()
                    .zip([k, cell / clips.channels, cell % clips.channels])
            {
                list.push(value as f64);
            }
        }
    }
    let speakers = clips.speakers();
    let place = |clip: &SpikeClip| speakers.iter().position(|name| *name == clip.speaker);
    let of = |f: &dyn Fn(&SpikeClip) -> usize| -> Vec<f64> {
        clips.clips.iter().map(|clip| f(clip) as f64).collect()
    };
    let [clip, step, channel] = events;
    let arrays = [
        ("shape", vec![clips.steps as f64, clips.channels as f64]),
        ("labels", of(&|clip| clip.label)),
        ("speakers", of(&|clip| place(clip).unwrap_or(0))),
        ("recordings", of(&|clip| clip.recording)),
        ("clip", clip),
        ("step", step),
        ("channel", channel),
    ];
    let tensors = arrays.map(|(name, values)| (name, Tensor::new([values.len()], values)));
    npz::write(path, tensors.iter().map(|(name, tensor)| (*name, tensor)))
}

struct Archive<'a> {
    path: &'a Path,
    arrays: BTreeMap<String, Tensor<f64>>,
}

impl Archive<'_> {
    fn wrong(&self, reason: String) -> SpeechError {
        SpeechError::Events {
            path: self.path.into(),
            reason,
        }
    }

    /// Whole numbers below a bound, of an array of one axis and so many entries.
    fn whole(&self, name: &str, len: Option<usize>, below: f64) -> Result<Vec<usize>, SpeechError> {
        let Some(array) = self.arrays.get(name) else {
            return Err(self.wrong(format!("there is no array {name}")));
        };
        if array.rank() != 1 || len.is_some_and(|len| array.len() != len) {
            let wanted = len.map_or_else(String::new, |len| format!(", not ({len})"));
            return Err(self.wrong(format!("{name} has the shape {}{wanted}", array.shape())));
        }
        let fits = |x: f64| x >= 0.0 && x.fract() == 0.0 && x < below && x < 1e15;
        match array.data().iter().position(|&x| !fits(x)) {
            None => Ok(array.data().iter().map(|&x| x as usize).collect()),
            Some(place) => Err(self.wrong(format!(
                "entry {place} of {name} is {}, not a whole number from 0 to below {below}",
                array.data()[place]
            ))),
        }
    }
}
