//! What can be wrong with recordings and streams of events.

use std::path::PathBuf;

use metaplast_tensor::exchange;

/// Why recordings or events could not be read. Each message is one line: where, what is wrong, and a way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The operating system refused to read.
    #[error("{}: cannot read: {cause}; check the path, and who may read there", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file is no WAV file, or damaged.
    #[error("{}: no WAV file that can be read: {reason}; convert it to PCM, or remove it", path.display())]
    Wav {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// A recording cannot go through the front end.
    #[error("{}: {reason}", path.display())]
    Sound {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A directory without recordings whose classes can be told.
    #[error(
        "{}: no recordings here; name a directory with WAV files named CLASS_SPEAKER_NUMBER.wav, or with one directory of WAV files for each class",
        path.display()
    )]
    NoRecordings {
        /// The directory.
        path: PathBuf,
    },
    /// A WAV file whose name says no class.
    #[error(
        "{}: the name does not say the class; name it CLASS_SPEAKER_NUMBER.wav, or put it into a directory named by its class",
        path.display()
    )]
    NoClass {
        /// The file.
        path: PathBuf,
    },
    /// An archive that is no NumPy archive.
    #[error("{0}")]
    Archive(#[from] exchange::Error),
    /// An archive whose arrays are not those of a stream of events.
    #[error(
        "{}: {reason}; wanted are the arrays shape (steps, channels), labels (clips), and clip, step and channel (events)",
        path.display()
    )]
    Events {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
