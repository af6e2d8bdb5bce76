//! WAV files.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::error::SpeechError;

/// Longest recording that is read, in samples of all channels: ten minutes at 48 kHz in stereo.
const LONGEST: u32 = 10 * 60 * 48_000 * 2;

/// A recording: samples between −1 and 1, its channels averaged.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    /// Samples.
    pub samples: Vec<f64>,
}

/// Reads a WAV file of integers of 8 to 32 bits, or of floats.
///
/// # Errors
/// When the file cannot be read, is no such file, has a sample that is no number, or is longer than ten
/// minutes of stereo sound at 48 kHz.
pub fn read_wav(path: &Path) -> Result<Sound, SpeechError> {
    let file = File::open(path).map_err(|cause| SpeechError::Read {
        path: path.into(),
        cause,
    })?;
    let wrong = |reason: String| SpeechError::Wav {
        path: path.into(),
        reason,
    };
    let damaged = |error: hound::Error| wrong(error.to_string());
    let reader = WavReader::new(BufReader::new(file)).map_err(damaged)?;
    let spec = reader.spec();
    if reader.len() > LONGEST {
        return Err(wrong(format!(
            "{} samples, more than the {LONGEST} that are read",
            reader.len()
        )));
    }
    let values: Vec<f64> = match spec.sample_format {
        SampleFormat::Int => {
            let full = (1_u64 << spec.bits_per_sample.saturating_sub(1)) as f64;
            let all = reader.into_samples::<i32>();
            let all = all.map(|sample| sample.map(|sample| f64::from(sample) / full));
            all.collect::<Result<_, _>>().map_err(damaged)?
        }
        SampleFormat::Float => {
            let all = reader.into_samples::<f32>();
            let all = all.map(|sample| sample.map(f64::from));
            all.collect::<Result<_, _>>().map_err(damaged)?
        }
    };
    if let Some(place) = values.iter().position(|sample| !sample.is_finite()) {
        return Err(wrong(format!("sample {place} is {}", values[place])));
    }
    let channels = usize::from(spec.channels).max(1);
    let means = values.chunks(channels);
    Ok(Sound {
        rate: spec.sample_rate,
        samples: means
            .map(|frame| frame.iter().sum::<f64>() / frame.len() as f64)
            .collect(),
    })
}
