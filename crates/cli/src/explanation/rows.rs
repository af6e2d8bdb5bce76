//! Explanations for programs: `explanation.csv` and `--json`.

use std::fmt::Write;

use metaplast_experiment::Cell;
use metaplast_meta::explain::{ExplainedStretch, WeightExplanation};
use metaplast_plasticity::Rule;
use serde_json::{Value, json};

use super::averages::ExplanationAverages;

/// A row for each task, stretch, layer and term; the whole of each task comes first.
pub(crate) fn csv(rule: &Rule, explanations: &[WeightExplanation]) -> String {
    let mut csv = "task,from,to,layer,term,size,path,share,change,cancelled\n".to_owned();
    for (task, explanation) in explanations.iter().enumerate() {
        let whole = [&explanation.whole].into_iter();
        for stretch in whole.chain(&explanation.stretches) {
            write_stretch(&mut csv, rule, task, stretch);
        }
    }
    csv
}

fn write_stretch(csv: &mut String, rule: &Rule, task: usize, stretch: &ExplainedStretch) {
    for (layer, explained) in (1..).zip(&stretch.layers) {
        for (term, part) in rule.terms().iter().zip(&explained.terms) {
            let _ = writeln!(
                csv,
                "{task},{},{},{layer},{},{:?},{:?},{},{:?},{}",
                stretch.from,
                stretch.to,
                term.symbol(),
                part.size,
                part.path,
                number(part.share),
                explained.change,
                number(explained.cancelled()),
            );
        }
    }
}

/// Empty where nothing moved, so that there is no number.
fn number(x: f64) -> String {
    match x.is_finite() {
        true => format!("{x:?}"),
        false => String::new(),
    }
}

/// One object with the means over tasks.
pub(crate) fn json(rule: &Rule, averages: &ExplanationAverages<'_>) -> String {
    let mean = |estimate| Cell::mean(estimate, 3).to_json();
    let layer = |layer: usize| -> Value {
        let term = |(place, term): (usize, &metaplast_plasticity::Term)| {
            json!({
                "term": term.symbol(),
                "size": mean(averages.of(layer, |l| l.terms[place].size)),
                "path": mean(averages.of(layer, |l| l.terms[place].path)),
                "share": mean(averages.of(layer, |l| l.terms[place].share)),
            })
        };
        let opposed = averages.most_opposed(layer).map(|(a, b, cosine)| {
            json!({
                "terms": [rule.terms()[a].symbol(), rule.terms()[b].symbol()],
                "cosine": mean(Some(cosine)),
            })
        });
        json!({
            "layer": layer + 1,
            "change": mean(averages.of(layer, |l| l.change)),
            "cancelled": mean(averages.of(layer, |l| l.cancelled())),
            "terms": rule.terms().iter().enumerate().map(term).collect::<Vec<_>>(),
            "most_opposed": opposed,
        })
    };
    let layers: Vec<Value> = (0..averages.layers()).map(layer).collect();
    let object = json!({
        "rule": rule.to_string(),
        "tasks": averages.whole.len(),
        "steps": averages.whole.first().map_or(0, |whole| whole.to),
        "layers": layers,
    });
    object.to_string() + "\n"
}
