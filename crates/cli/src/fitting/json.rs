//! A fit as one JSON object.

use metaplast_meta::fit::piecewise::PiecewiseFit;
use metaplast_meta::fit::{ArrayFit, Fitted, Quantity};
use metaplast_plasticity::{Rule, Term};
use metaplast_runs::settings::rule as rule_settings;
use serde_json::{Map, Value, json};

use super::tables;

/// The object of `fit --json`, with what was searched if anything was.
pub(crate) fn line(
    rule: &Rule,
    fitted: &Fitted,
    searched: Option<(&[Term], &PiecewiseFit)>,
) -> String {
    let names = rule_settings::names(rule);
    let coefficients = rule
        .coefficients()
        .zip(&fitted.theta)
        .zip(&fitted.intervals);
    let terms = coefficients.map(|((info, theta), interval)| {
        json!({
            "term": info.name(),
            "expression": info.term.and_then(Term::expression),
            "theta": theta,
            "low": interval.map(|interval| interval.low),
            "high": interval.map(|interval| interval.high),
        })
    });
    let array = |array: &ArrayFit| {
        let quantity = match array.quantity {
            Quantity::Weights => "weights",
            Quantity::Activity => "activity",
        };
        json!({
            "quantity": quantity,
            "layer": array.layer,
            "elements": array.elements,
            "residual": array.residual,
            "r_squared": array.r_squared,
        })
    };
    let troubles = fitted.troubles.iter();
    let mut object = json!({
        "rule": rule.to_string(),
        "terms": terms.collect::<Vec<_>>(),
        "r_squared": fitted.r_squared,
        "converged": fitted.converged,
        "explained_by_past": fitted.explained_by_past,
        "arrays": fitted.arrays.iter().map(array).collect::<Vec<_>>(),
        "not_told": troubles.map(|trouble| tables::in_words(trouble, &names)).collect::<Vec<_>>(),
    });
    if let (Value::Object(object), Some(searched)) = (&mut object, searched) {
        object.extend(search(searched));
    }
    object.to_string() + "\n"
}

fn search((candidates, found): (&[Term], &PiecewiseFit)) -> Map<String, Value> {
    let symbol = |&k: &usize| candidates[k].symbol();
    let symbols = |list: &[usize]| list.iter().map(symbol).collect::<Vec<_>>();
    let alone = candidates.iter().zip(&found.alone).map(|(term, alone)| {
        json!({
            "candidate": term.symbol(),
            "expression": term.expression(),
            "theta": alone.theta,
            "r_squared": alone.r_squared,
        })
    });
    let rivals = found.rivals.iter().map(|rivals| {
        json!({
            "chosen": symbol(&rivals.chosen),
            "same": symbols(&rivals.same),
            "close": symbols(&rivals.close),
        })
    });
    let entries = [
        ("chosen", json!(symbols(&found.chosen))),
        ("rivals", json!(rivals.collect::<Vec<_>>())),
        ("candidates", json!(alone.collect::<Vec<_>>())),
        ("sets", json!(found.sets)),
        ("rounds", json!(found.rounds)),
        ("elements", json!(found.elements)),
    ];
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
