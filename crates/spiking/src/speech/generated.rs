//! Spoken-digit-like spike patterns, generated.

use metaplast_numbers::streams;
use metaplast_tensor::{Random, Scalar};

use super::front_end::{MelFrontEnd, mel};
use super::phones::{DIGITS, Phone};
use crate::clip::{SpikeClip, SpikeClips};

/// The purposes for which speakers and recordings are drawn, in the names of streams.
const SPEAKER: u64 = 3;
const RECORDING: u64 = 4;
/// Width of a formant's peak, in mel.
const WIDTH: f64 = 90.0;
/// Levels of the formants.
const LEVELS: [f64; 3] = [1.0, 0.85, 0.6];
/// The part of a sound at whose end it turns into the next one.
const TRANSITION: f64 = 0.4;

/// Patterns that stand in for recordings of the ten English digits: the formants and noises of their
/// sounds, by speakers with vocal tracts, tempi and tilts of their own, never the same twice, through the
/// integrators of [`MelFrontEnd`]. They are not speech; what is learned from them says little about it.
///
/// ```
/// use metaplast_spiking::GeneratedSpeech;
///
/// let clips = GeneratedSpeech::default().clips(1);
/// assert_eq!((clips.clips.len(), clips.classes.len(), clips.speakers().len()), (3000, 10, 6));
/// assert_eq!((clips.steps, clips.channels), (64, 40));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneratedSpeech {
    /// Speakers.
    pub speakers: usize,
    /// Recordings of each speaker and digit.
    pub recordings: usize,
    /// Deviation of the noise in each cell, where the loudest cell is 1.
    pub noise: f64,
}

impl Default for GeneratedSpeech {
    /// As many as in the Free Spoken Digit Dataset: 50 recordings of each digit by each of 6 speakers.
    fn default() -> Self {
        GeneratedSpeech {
            speakers: 6,
            recordings: 50,
            noise: 0.12,
        }
    }
}

/// How somebody speaks, or spoke once.
#[derive(Clone, Copy)]
struct Voice {
    /// Factor of formants.
    tract: f64,
    /// Factor of durations.
    tempo: f64,
    /// Loss of level from the lowest band to the highest.
    tilt: f64,
    /// Steps of silence before.
    onset: f64,
}

impl GeneratedSpeech {
    /// The clips of a seed, all of one digit and speaker together.
    #[must_use]
    pub fn clips(&self, seed: u64) -> SpikeClips {
        let front_end = MelFrontEnd::new(8000).expect("the rate is high enough");
        let centres: Vec<f64> = front_end.corners()[1..].iter().copied().map(mel).collect();
        let mut clips = Vec::new();
        for (label, digit) in DIGITS.iter().enumerate() {
            for speaker in 0..self.speakers {
                let mut random = Random::new(streams::seed(&[seed, SPEAKER, speaker as u64]));
                let habit = Voice {
                    tract: 0.85 + 0.4 * random.uniform(),
                    tempo: 0.75 + 0.5 * random.uniform(),
                    tilt: 0.4 * random.uniform(),
                    onset: 0.0,
                };
                for recording in 0..self.recordings {
                    let name = [
                        seed,
                        RECORDING,
                        label as u64,
                        speaker as u64,
                        recording as u64,
                    ];
                    let mut random = Random::new(streams::seed(&name));
                    let voice = Voice {
                        tract: habit.tract * (1.0 + 0.05 * random.normal()),
                        tempo: habit.tempo * (1.0 + 0.12 * random.normal()).max(0.5),
                        tilt: habit.tilt + 0.1 * random.normal(),
                        onset: 6.0 * random.uniform(),
                    };
                    let mut scaled = Vec::with_capacity(front_end.steps * front_end.bands);
                    for t in 0..front_end.steps {
                        let sound = sound_at(digit, &voice, t as f64);
                        for (band, &centre) in centres[..front_end.bands].iter().enumerate() {
                            let up = band as f64 / front_end.bands as f64;
                            let level = sound.map_or(0.0, |sound| level(&sound, &voice, centre));
                            let noise = self.noise * random.normal();
                            scaled.push((level * (1.0 - voice.tilt * up) + noise).clamp(0.0, 1.0));
                        }
                    }
                    clips.push(SpikeClip {
                        spikes: front_end.spikes(&scaled),
                        label,
                        speaker: format!("speaker {}", speaker + 1),
                        recording,
                    });
                }
            }
        }
        SpikeClips {
            steps: front_end.steps,
            channels: front_end.bands,
            classes: (0..DIGITS.len()).map(|digit| digit.to_string()).collect(),
            clips,
        }
    }
}

/// What sounds at a step: a sound, or something between it and the next; nothing before and after.
fn sound_at(digit: &[Phone], voice: &Voice, step: f64) -> Option<Phone> {
    let mut left = (step - voice.onset) / voice.tempo;
    if left < 0.0 {
        return None;
    }
    for (place, phone) in digit.iter().enumerate() {
        if left < phone.steps {
            let into = (left / phone.steps - (1.0 - TRANSITION)) / TRANSITION;
            return Some(match digit.get(place + 1) {
                Some(next) if into > 0.0 => between(phone, next, into),
                _ => *phone,
            });
        }
        left -= phone.steps;
    }
    None
}

fn between(a: &Phone, b: &Phone, part: f64) -> Phone {
    let mix = |a: f64, b: f64| a + (b - a) * part;
    Phone {
        formants: [0, 1, 2].map(|k| mix(a.formants[k], b.formants[k])),
        voice: mix(a.voice, b.voice),
        noise: mix(a.noise, b.noise),
        noise_from: if a.noise > b.noise {
            a.noise_from
        } else {
            b.noise_from
        },
        steps: a.steps,
    }
}

/// Level of a band whose centre is given in mel.
fn level(sound: &Phone, voice: &Voice, centre: f64) -> f64 {
    let mut level: f64 = 0.0;
    for (formant, of) in sound.formants.iter().zip(LEVELS) {
        let away = (centre - mel(formant * voice.tract)) / WIDTH;
        level = level.max(sound.voice * of * Scalar::exp(-0.5 * away * away));
    }
    let above = (centre - mel(sound.noise_from * voice.tract)) / WIDTH;
    level.max(sound.noise * crate::surrogate::logistic(above))
}
