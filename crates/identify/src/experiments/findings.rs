//! What the numbers say.

use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;

use super::questions::condition_question;
use super::tables::Answers;
use crate::virtual_networks::Condition;

/// Sentences with intervals.
pub(super) fn findings(answers: &Answers<'_>) -> Vec<String> {
    let of = |question: &str| answers.accuracy(question);
    let shown = |estimate: Option<Estimate>| match estimate {
        None => "–".to_owned(),
        Some(Estimate { mean, interval }) => {
            let ends = interval.map(|i| format!(" ({} to {})", digits(i.low), digits(i.high)));
            format!("{}{}", digits(mean), ends.unwrap_or_default())
        }
    };
    let degraded = Condition {
        units: Some(10),
        noise: 1.0,
        probes: None,
    };
    let degraded = degraded.nearest();
    let [weights, activity] =
        ["weights", "activity"].map(|o| of(&condition_question(o, degraded, true)));
    let (all, raw) = (of("observables: all"), of("observables: all, raw"));
    let difference = |a: Option<Estimate>, b: Option<Estimate>| {
        a.zip(b).map_or(f64::NAN, |(a, b)| a.mean - b.mean)
    };
    let chance = 1.0 / answers.classes.len() as f64;
    vec![
        format!(
            "With all observables {} of the networks are named right; chance is {}.",
            shown(all),
            digits(chance)
        ),
        format!(
            "Relative to time 0 statistics name {} more than as they are ({}).",
            digits(difference(all, raw)),
            shown(raw)
        ),
        format!(
            "Of 10 units a layer with noise of 1 sd, when trained alike: activity {}, weights {}; a difference of {}.",
            shown(activity),
            shown(weights),
            digits(difference(activity, weights))
        ),
        format!(
            "Time 0 alone names {}, shuffled labels {}.",
            shown(of("observables: time 0")),
            shown(of("observables: labels shuffled"))
        ),
    ]
}

fn digits(x: f64) -> String {
    significant(x, 3)
}
