//! What is said of a recording, in words and as JSON.

use std::fmt::Write as _;

use metaplast_identify::naming::{NamedRule, NamingSettings};
use metaplast_identify::virtual_networks::{Condition, RuleClass};
use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;
use serde_json::{Value, json};

use crate::terminal::table::table;

/// Rules and statistics that are shown.
const SHOWN: usize = 5;

/// The answer for a terminal.
pub(super) fn in_words(
    named: &NamedRule,
    classes: &[RuleClass],
    settings: &NamingSettings,
) -> String {
    let name = |k: usize| classes[k].name.as_str();
    let mut text = String::new();
    let (family, p) = named.families[0];
    let _ = writeln!(text, "family: {family} (p {})", digits(p));
    let _ = writeln!(
        text,
        "rule: {} (p {}), then {} (p {})",
        name(named.named),
        digits(named.posterior[named.named]),
        name(named.second),
        digits(named.posterior[named.second])
    );
    if !named.not_excluded.contains(&named.named) || named.not_excluded.len() > 1 {
        let possible: Vec<&str> = named.not_excluded.iter().map(|&k| name(k)).collect();
        let which = match possible.is_empty() {
            true => "none; it is unlike the networks of every rule".into(),
            false => possible.join(", "),
        };
        let _ = writeln!(text, "not excluded at {}: {which}", settings.alpha);
    }
    text.push('\n');
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|&a, &b| named.posterior[b].total_cmp(&named.posterior[a]));
    let mut rows = vec![
        ["rule", "family", "prior", "p", "conformal p-value"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let prior: f64 = settings.prior.iter().sum();
    for &k in order.iter().take(SHOWN) {
        rows.push(vec![
            name(k).to_owned(),
            classes[k].family.to_string(),
            digits(settings.prior[k] / prior),
            digits(named.posterior[k]),
            digits(named.p_values[k]),
        ]);
    }
    text += &table(&rows);
    let _ = writeln!(
        text,
        "\nOf {} networks seen alike {} are named right, {} to their family.",
        named.networks,
        estimate(&named.accuracy),
        estimate(&named.family_accuracy)
    );
    if let Some(right) = &named.right_when_as_sure {
        let _ = writeln!(
            text,
            "Of those whose first rule is about as probable, {} are.",
            estimate(right)
        );
    }
    let _ = writeln!(
        text,
        "Expected calibration error of the probabilities: {}.",
        digits(named.calibration_error)
    );
    let seen = ["weights", "activity"]
        .iter()
        .zip(named.conditions)
        .zip(named.noise);
    for ((what, condition), noise) in seen {
        let noise = noise.map_or("not known, taken for 0".into(), |noise| {
            format!("{} sd", digits(noise))
        });
        if let Some(condition) = condition {
            let _ = writeln!(
                text,
                "{what}: noise {noise}; networks seen with {}",
                words(condition)
            );
        }
    }
    text += "\nwhat spoke for the first rule against the second\n";
    let mut rows = vec![["statistic", "log odds"].map(str::to_owned).to_vec()];
    for spoke in named.spoke.iter().take(SHOWN) {
        rows.push(vec![spoke.statistic.to_string(), digits(spoke.log_odds)]);
    }
    text += &table(&rows);
    text.push('\n');
    for (warp, rule) in &named.warped {
        if *rule != named.named {
            let _ = writeln!(
                text,
                "If learning ran as time to the power {warp}, it would be {}: the times decide.",
                name(*rule)
            );
        }
    }
    if let Some(unlike) = &named.unlikeness {
        let alarm = if unlike.as_far <= 0.05 {
            "Unlike the networks of all rules"
        } else {
            "Not unlike other networks"
        };
        let _ = writeln!(
            text,
            "{alarm}: {} of networks are at least as far from all rules. At 5% false alarms this notices {} of networks of a rule that is not among these.",
            digits(unlike.as_far),
            digits(unlike.power)
        );
    }
    text += "A rule that is not among these is hardly noticed here. What can refuse a rule is `metaplast fit`, by its R², where the inputs and labels of each step were recorded too.\n";
    text
}

fn words(condition: Condition) -> String {
    condition.to_string()
}

fn digits(x: f64) -> String {
    significant(x, 2)
}

fn estimate(estimate: &Estimate) -> String {
    match estimate.interval {
        Some(ends) => format!(
            "{} ({} to {})",
            digits(estimate.mean),
            digits(ends.low),
            digits(ends.high)
        ),
        None => digits(estimate.mean),
    }
}

/// The answer for a program.
pub(super) fn object(named: &NamedRule, classes: &[RuleClass]) -> Value {
    let interval = |e: &Estimate| json!({ "mean": e.mean, "low": e.interval.map(|i| i.low), "high": e.interval.map(|i| i.high) });
    let rules = classes.iter().enumerate().map(|(k, class)| {
        json!({
            "rule": class.name,
            "family": class.family.to_string(),
            "p": named.posterior[k],
            "conformal_p_value": named.p_values[k],
            "excluded": !named.not_excluded.contains(&k),
        })
    });
    let families = named.families.iter();
    let families = families.map(|(family, p)| json!({ "family": family.to_string(), "p": p }));
    let spoke = named.spoke.iter();
    let spoke =
        spoke.map(|s| json!({ "statistic": s.statistic.to_string(), "log_odds": s.log_odds }));
    let warped = named.warped.iter();
    let warped = warped.map(|(warp, k)| json!({ "power": warp, "rule": classes[*k].name }));
    json!({
        "rule": classes[named.named].name,
        "second": classes[named.second].name,
        "families": families.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "accuracy": interval(&named.accuracy),
        "family_accuracy": interval(&named.family_accuracy),
        "right_when_as_sure": named.right_when_as_sure.as_ref().map(interval),
        "calibration_error": named.calibration_error,
        "noise": { "weights": named.noise[0], "activity": named.noise[1] },
        "spoke": spoke.collect::<Vec<_>>(),
        "times": warped.collect::<Vec<_>>(),
        "unlike": named.unlikeness.map(|u| json!({ "as_far": u.as_far, "power": u.power })),
        "networks": named.networks,
    })
}
