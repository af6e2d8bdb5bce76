//! Episodes as JSON, one object on a line.

use metaplast_meta::train::{Divergence, EpisodeRecord};
use serde_json::{Map, Value, json};

/// One episode.
pub(crate) fn episode_line(symbols: &[String], record: &EpisodeRecord) -> String {
    let theta: Map<String, Value> = symbols
        .iter()
        .zip(&record.theta)
        .map(|(symbol, &theta)| (symbol.clone(), json!(theta)))
        .collect();
    let diagnostics = &record.diagnostics;
    let layers = diagnostics.weight_norms.len();
    json!({
        "trial": record.trial,
        "episode": record.episode,
        "meta_loss": record.meta_loss,
        "query_ce": record.query.cross_entropy,
        "query_accuracy": record.query.accuracy,
        "theta": theta,
        "alpha": diagnostics.angles[1..layers],
        "orthonormality": diagnostics.orthonormality,
        "weight_norm": diagnostics.weight_norms,
        "diverged": record.diverged,
        "diverged_so_far": record.diverged_so_far,
        "divergence": record.divergence.as_ref().map(|Divergence { cause, location }| json!({
            "cause": cause.name(),
            "step": location.step,
            "layer": location.layer,
            "term": location.term,
            "relative_update": location.relative_update,
        })),
    })
    .to_string()
}
