//! Clips: spikes of input channels over time, with what was said and by whom.

use metaplast_numbers::sorting::sort;
use metaplast_tensor::{Scalar, Tensor};

/// Spikes of one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeClip {
    /// 1 where a channel spikes, 0 where it does not; `[steps, channels]`, row-major.
    pub spikes: Vec<u8>,
    /// Its class, as a place in [`SpikeClips::classes`].
    pub label: usize,
    /// Who speaks; empty where nobody knows.
    pub speaker: String,
    /// The number of the recording among those of its speaker and class.
    pub recording: usize,
}

/// Clips of one length and of the same channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeClips {
    /// Steps of each.
    pub steps: usize,
    /// Channels of each.
    pub channels: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The clips.
    pub clips: Vec<SpikeClip>,
}

/// Clips to train with and clips to test with, as places in [`SpikeClips::clips`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSplit {
    /// To train with.
    pub train: Vec<usize>,
    /// To test with.
    pub test: Vec<usize>,
}

impl SpikeClips {
    /// Clips at these places as a batch, `[steps, batch, channels]`, and their labels.
    ///
    /// # Panics
    /// When there is no clip at one of them.
    #[must_use]
    #[track_caller]
    pub fn batch<T: Scalar>(&self, places: &[usize]) -> (Tensor<T>, Vec<usize>) {
        let (row, batch) = (self.channels, places.len());
        let mut data = vec![T::ZERO; self.steps * batch * row];
        for (column, &place) in places.iter().enumerate() {
            let spikes = &self.clips[place].spikes;
            for (t, step) in spikes.chunks(row.max(1)).enumerate() {
                let into = &mut data[(t * batch + column) * row..][..row];
                for (x, &spike) in into.iter_mut().zip(step) {
                    if spike != 0 {
                        *x = T::ONE;
                    }
                }
            }
        }
        let labels = places.iter().map(|&place| self.clips[place].label);
        (
            Tensor::new([self.steps, batch, row], data),
            labels.collect(),
        )
    }

    /// The first `held_out` recordings of every speaker and class are tested, the rest trained with.
    /// The official split of the Free Spoken Digit Dataset is that with 5.
    #[must_use]
    pub fn split_by_recording(&self, held_out: usize) -> ClipSplit {
        self.split(|clip| clip.recording < held_out)
    }

    /// The clips of one speaker are tested, all others trained with.
    #[must_use]
    pub fn split_by_speaker(&self, held_out: &str) -> ClipSplit {
        self.split(|clip| clip.speaker == held_out)
    }

    fn split(&self, is_test: impl Fn(&SpikeClip) -> bool) -> ClipSplit {
        let all = 0..self.clips.len();
        let (test, train) = all.partition(|&place| is_test(&self.clips[place]));
        ClipSplit { train, test }
    }

    /// The speakers, sorted, each once.
    #[must_use]
    pub fn speakers(&self) -> Vec<String> {
        let mut names: Vec<String> = self.clips.iter().map(|clip| clip.speaker.clone()).collect();
        sort(&mut names);
        names.dedup();
        names
    }

    /// Spikes of a clip, on average; NaN of no clips.
    #[must_use]
    pub fn mean_spikes(&self) -> f64 {
        let count = |clip: &SpikeClip| clip.spikes.iter().filter(|&&spike| spike != 0).count();
        let all: usize = self.clips.iter().map(count).sum();
        all as f64 / self.clips.len() as f64
    }
}

/// Steps and clips of a batch of input spikes, `[steps, batch, inputs]`.
#[track_caller]
pub(crate) fn check_batch<T: Scalar>(op: &str, spikes: &Tensor<T>, inputs: usize) -> [usize; 2] {
    match *spikes.dims() {
        [steps, batch, channels] if channels == inputs && steps > 0 && batch > 0 => [steps, batch],
        _ => panic!(
            "{op}: spikes of shape {}, not [steps, batch, {inputs}]",
            spikes.shape()
        ),
    }
}
