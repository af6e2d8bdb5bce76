//! Tables and JSON of an evaluation.

use metaplast_meta::evaluate::{CONFIDENCE, Evaluation, PairedDifference};
use metaplast_meta::query::QueryScore;
use metaplast_meta::{Model, QueryLoss};
use metaplast_plasticity::digits::significant;
use metaplast_runs::numbers::theta_in_words;
use metaplast_runs::settings::rule as rule_settings;
use serde_json::{Map, Value, json};

use crate::terminal::table::table;

/// A rule and how it did.
pub(crate) struct EvaluatedRule {
    pub(crate) name: String,
    pub(crate) model: Model,
    /// Task by task.
    pub(crate) scores: Vec<QueryScore>,
    pub(crate) evaluation: Evaluation,
    /// The mean of another query loss than the cross-entropy, where the rule was learned by it; NaN where no task
    /// has one that is finite.
    pub(crate) other_loss: Option<(QueryLoss, f64)>,
}

/// Each rule but the first, and by how much it is better than that.
fn differences(rows: &[EvaluatedRule], seed: u64) -> Vec<(&EvaluatedRule, PairedDifference)> {
    let Some((first, others)) = rows.split_first() else {
        return Vec::new();
    };
    let minus = |row: &EvaluatedRule| PairedDifference::of(&row.scores, &first.scores, seed);
    others.iter().map(|row| (row, minus(row))).collect()
}

/// The rules.
pub(crate) fn as_table(rows: &[EvaluatedRule]) -> String {
    let head = [
        "rule",
        "θ",
        "accuracy",
        "98% interval",
        "query loss",
        "exploded",
    ];
    let mut head = head.map(str::to_owned).to_vec();
    let other_loss = rows.iter().find_map(|row| row.other_loss);
    head.extend(other_loss.map(|(loss, _)| loss.to_string()));
    let mut cells = vec![head];
    for row in rows {
        let Evaluation {
            accuracy,
            interval,
            cross_entropy,
            diverged,
        } = row.evaluation;
        let rule = &row.model.rule;
        let symbols = rule_settings::names(rule);
        cells.push(vec![
            row.name.clone(),
            theta_in_words(&symbols, rule.theta()),
            format!("{accuracy:.3}"),
            format!("{:.3} to {:.3}", interval.low, interval.high),
            significant(cross_entropy, 4),
            diverged.to_string(),
        ]);
        let others = cells.last_mut().expect("a row");
        others.extend(row.other_loss.map(|(_, mean)| significant(mean, 4)));
    }
    table(&cells)
}

/// The differences from the first rule.
pub(crate) fn differences_as_table(rows: &[EvaluatedRule], seed: u64) -> String {
    let head = ["minus the first", "accuracy", "98% interval, paired"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for (row, difference) in differences(rows, seed) {
        let signed = |x: f64| format!("{x:+.3}").replace('-', "−");
        let (low, high) = (difference.interval.low, difference.interval.high);
        cells.push(vec![
            row.name.clone(),
            signed(difference.accuracy),
            format!("{} to {}", signed(low), signed(high)),
        ]);
    }
    table(&cells)
}

/// Everything as one object.
pub(crate) fn as_json(tasks: u64, rows: &[EvaluatedRule], seed: u64) -> String {
    let rules = rows.iter().map(|row| {
        let rule = &row.model.rule;
        let pairs = rule_settings::names(rule).into_iter().zip(rule.theta());
        let theta: Map<String, Value> = pairs.map(|(name, &theta)| (name, json!(theta))).collect();
        let mut of_rule = json!({
            "rule": row.name,
            "theta": theta,
            "feedback": row.model.feedback.name(),
            "accuracy": row.evaluation.accuracy,
            "interval": [row.evaluation.interval.low, row.evaluation.interval.high],
            "query_ce": row.evaluation.cross_entropy,
            "exploded": row.evaluation.diverged,
        });
        if let Some((loss, mean)) = row.other_loss {
            of_rule["query_loss"] = json!({ "name": loss.name(), "mean": mean });
        }
        of_rule
    });
    let differences = differences(rows, seed)
        .into_iter()
        .map(|(row, difference)| {
            json!({
                "rule": row.name,
                "minus": rows[0].name,
                "accuracy": difference.accuracy,
                "interval": [difference.interval.low, difference.interval.high],
            })
        });
    json!({
        "tasks": tasks,
        "confidence": CONFIDENCE,
        "rules": rules.collect::<Vec<_>>(),
        "differences": differences.collect::<Vec<_>>(),
    })
    .to_string()
}
