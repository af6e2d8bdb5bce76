//! From sound to spikes: WAV files, a mel front end, neurons that turn its bands into spikes; streams of
//! events; and generated patterns for those who have no recordings.

mod directory;
mod error;
mod events;
mod front_end;
mod generated;
mod phones;
mod wav;

pub use directory::read_speech;
pub use error::SpeechError;
pub use events::{read_events, write_events};
pub use front_end::MelFrontEnd;
pub use generated::GeneratedSpeech;
pub use wav::{Sound, read_wav};
