//! Naming the rule of a recording.
//!
//! | file | what |
//! |---|---|
//! | `recording` | a recording: activity, weights, behaviour, any part of them |
//! | `seen` | the statistics of a recording, and its noise |
//! | `name` | the classifier that is trained alike, and its answer |
//! | `unlike` | whether a recording is unlike all networks, and what that is worth |
//! | `view` | which features are taken of a recording, and of networks seen alike |
//! | `make` | recordings of virtual networks |

mod make;
mod name;
mod recording;
mod seen;
mod unlike;
mod view;

pub use make::{RecordedPart, record};
pub use name::{NameError, NamedRule, NamingSettings, RuleNamer, Spoke, name_rule};
pub use recording::{AreaRecording, ExperimentRecording, RecordingError};
pub use seen::SeenRecording;
pub use unlike::Unlikeness;
