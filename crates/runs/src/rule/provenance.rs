//! Provenance: how a rule was found.

use metaplast_data::{Grouping, Sampling};
use metaplast_meta::{Precision, QueryLoss};
use serde::{Deserialize, Serialize};

/// How a rule was found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The data set's name.
    pub dataset: String,
    /// The value of `--data` that leads to it.
    pub data: String,
    /// Glyphs of each class, where glyphs were drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyphs_per_class: Option<u64>,
    /// Their seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_seed: Option<u64>,
    /// Pixels to which images were brought; none where they had their own size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<String>,
    /// Colour mode of the images; none for gray.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_mode: Option<String>,
    /// Whether the classes of a task were of one group; none where they were of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// Of the images; see [`fingerprint`](crate::data::fingerprint).
    pub data_fingerprint: String,
    /// How the images of a task were drawn.
    pub sampling: String,
    /// Classes of a task.
    pub ways: u64,
    /// Images of each class to learn from.
    pub shots: u64,
    /// Images of each class to be examined on.
    pub queries: u64,
    /// Online steps of an episode; none where each support image was seen once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// What episodes were scored by; none where it was the cross-entropy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_loss: Option<String>,
    /// Episodes of each trial.
    pub episodes: u64,
    /// Episodes that each trial had done when the run was interrupted; none when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_after: Option<Vec<u64>>,
    /// Whole meta-trainings with different random streams.
    pub trials: u64,
    /// Episodes averaged for one step of θ.
    pub meta_batch: u64,
    /// From which everything random but the glyphs followed.
    pub seed: u64,
    /// Weight λ of the penalty `λ‖θ‖₁`.
    pub lambda: f64,
    /// How the penalty moved θ: `proximal`, or nothing where there was none or it was the subgradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<String>,
    /// The meta-optimiser,
    pub optimizer: String,
    /// and its step size.
    pub lr: f64,
    /// Floating-point type.
    pub precision: String,
    /// Classes that meta-training did not see.
    pub held_out_classes: Vec<usize>,
    /// Of the program that wrote it.
    pub version: String,
}

impl Provenance {
    /// The key whose value names nothing that is known, and what would be right.
    pub(super) fn wrong_name(&self) -> Option<(&'static str, String)> {
        let sampling = self.sampling.parse::<Sampling>();
        let precision = self.precision.parse::<Precision>();
        let groups = self.groups.as_ref().map(|name| name.parse::<Grouping>());
        let loss = self.query_loss.as_ref();
        let loss = loss.map(|name| name.parse::<QueryLoss>());
        let wrong = [
            ("sampling", sampling.err().map(|e| e.to_string())),
            ("precision", precision.err().map(|e| e.to_string())),
            (
                "groups",
                groups.and_then(Result::err).map(|e| e.to_string()),
            ),
            (
                "query_loss",
                loss.and_then(Result::err).map(|e| e.to_string()),
            ),
        ];
        let mut wrong = wrong.into_iter();
        wrong.find_map(|(key, error)| Some((key, error?)))
    }
}
