//! Naming the rule of a recording.
//!
//! | file | what |
//! |---|---|
//! | `recording` | a recording: activity, weights, behaviour, any part of them |
//! | `seen` | the statistics of a recording, and its noise |
//! | `name` | the classifier that is trained alike, and its answer |
//! | `merged` | rules that can hardly be told apart |
//! | `unlike` | whether a recording is unlike all networks, and what that is worth |
//! | `view` | which features are taken of a recording, and of networks seen alike |
//! | `steps` | what a recorded network learned from in each step |
//! | `check` | which rules explain a recording: `fit` as the check that can refuse |
//! | `recorded_network` | what a recording holds of the steps that rules are fitted to |
//! | `make` | recordings of virtual networks |

mod check;
mod make;
mod merged;
mod name;
mod recorded_network;
mod recording;
mod seen;
mod steps;
mod unlike;
mod view;

pub(crate) use merged::{MERGED, is_merged};

pub use check::{CheckError, CheckSettings, CheckedRules, RuleCheck, Unchecked, check_rules};
pub use make::{RecordedPart, record};
pub use name::{
    MergedRules, NETWORKS_PER_RULE, NameError, NamedRule, NamingSettings, RuleNamer, Spoke,
    name_rule,
};
pub use recording::{AreaRecording, ExperimentRecording, RecordingError};
pub use seen::SeenRecording;
pub use steps::RecordedSteps;
pub use unlike::Unlikeness;
