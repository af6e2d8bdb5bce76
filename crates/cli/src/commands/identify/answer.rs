//! What is said of a recording, in words and as JSON.

use std::fmt::Write as _;

use metaplast_identify::naming::{
    CheckError, CheckedRules, MergedRules, NamedRule, NamingSettings,
};
use metaplast_identify::virtual_networks::RuleClass;
use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;
use metaplast_numbers::sorting::sort_by;
use serde_json::{Value, json};

use crate::terminal::table::table;

/// Rules and statistics that are shown.
const SHOWN: usize = 5;

/// What is said of a recording.
pub(super) struct Answer<'a> {
    pub(super) named: &'a NamedRule,
    /// Which rules explain it, where that could be checked.
    pub(super) check: Result<CheckedRules, CheckError>,
    pub(super) classes: &'a [RuleClass],
    pub(super) settings: &'a NamingSettings,
}

impl Answer<'_> {
    fn name(&self, rule: usize) -> &str {
        &self.classes[rule].name
    }

    /// `sgd, momentum`
    fn names(&self, rules: impl IntoIterator<Item = usize>) -> String {
        let names: Vec<&str> = rules.into_iter().map(|k| self.name(k)).collect();
        names.join(", ")
    }

    /// The answer for a terminal.
    pub(super) fn in_words(&self) -> String {
        let parts = [
            self.first_lines(),
            self.rules(),
            self.how_sure(),
            self.what_spoke(),
            self.doubts(),
            self.checked(),
        ];
        parts.join("\n")
    }

    fn first_lines(&self) -> String {
        let named = self.named;
        let (family, p) = named.families[0];
        let mut text = format!("family: {family} (p {})\n", digits(p));
        let _ = writeln!(
            text,
            "rule: {} (p {}), then {} (p {})",
            self.name(named.named),
            digits(named.posterior[named.named]),
            self.name(named.second),
            digits(named.posterior[named.second])
        );
        if named.merged.rules.len() > 1 {
            text += &self.merged(&named.merged);
        }
        if !named.not_excluded.contains(&named.named) || named.not_excluded.len() > 1 {
            let which = match named.not_excluded.is_empty() {
                true => "none; it is unlike the networks of every rule".into(),
                false => self.names(named.not_excluded.iter().copied()),
            };
            let _ = writeln!(text, "not excluded at {}: {which}", self.settings.alpha);
        }
        text
    }

    /// Rules that can hardly be told apart.
    fn merged(&self, merged: &MergedRules) -> String {
        let names: Vec<&str> = merged.rules.iter().map(|&k| self.name(k)).collect();
        let apart = merged
            .told_apart
            .as_ref()
            .map_or_else(String::new, |apart| {
                let told = match apart.interval.is_none_or(|ends| ends.low > 0.5) {
                    true => "they are told apart",
                    false => "they cannot be told apart here: it is the right one",
                };
                format!("; {told} in {} of networks seen alike", estimate(apart))
            });
        format!(
            "{}: p {} together{apart}\n",
            names.join(" or "),
            digits(merged.posterior)
        )
    }

    fn rules(&self) -> String {
        let named = self.named;
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        sort_by(&mut order, |&a, &b| {
            named.posterior[b].total_cmp(&named.posterior[a])
        });
        let head = ["rule", "family", "prior", "p", "conformal p-value"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let prior: f64 = self.settings.prior.iter().sum();
        for &k in order.iter().take(SHOWN) {
            rows.push(vec![
                self.name(k).to_owned(),
                self.classes[k].family.to_string(),
                digits(self.settings.prior[k] / prior),
                digits(named.posterior[k]),
                digits(named.p_values[k]),
            ]);
        }
        table(&rows)
    }

    fn how_sure(&self) -> String {
        let named = self.named;
        let mut text = format!(
            "Of {} networks seen alike {} are named right, {} to their family, {} where rules that can hardly be told apart count as one.\n",
            named.networks,
            estimate(&named.accuracy),
            estimate(&named.family_accuracy),
            estimate(&named.merged.accuracy)
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
                    "{what}: noise {noise}; networks seen with {condition}"
                );
            }
        }
        text
    }

    fn what_spoke(&self) -> String {
        let mut rows = vec![["statistic", "log odds"].map(str::to_owned).to_vec()];
        for spoke in self.named.spoke.iter().take(SHOWN) {
            rows.push(vec![spoke.statistic.to_string(), digits(spoke.log_odds)]);
        }
        format!(
            "what spoke for the first rule against the second\n{}",
            table(&rows)
        )
    }

    fn doubts(&self) -> String {
        let named = self.named;
        let mut text = String::new();
        for (warp, rule) in &named.warped {
            if *rule != named.named {
                let _ = writeln!(
                    text,
                    "If learning ran as time to the power {warp}, it would be {}: the times decide.",
                    self.name(*rule)
                );
            }
        }
        if let Some(unlike) = &named.unlikeness {
            let alarm = match unlike.as_far <= 0.05 {
                true => "Unlike the networks of all rules",
                false => "Not unlike other networks",
            };
            let _ = writeln!(
                text,
                "{alarm}: {} of networks are at least as far from all rules. At 5% false alarms this notices {} of networks of a rule that is not among these.",
                digits(unlike.as_far),
                digits(unlike.power)
            );
        }
        text
    }

    /// What `fit` says of the rules.
    fn checked(&self) -> String {
        let check = match &self.check {
            Err(error) => {
                return format!(
                    "A rule that is not among these is hardly noticed so. What can refuse a rule is `fit`, by its R², but {error}; see docs/identify.md.\n"
                );
            }
            Ok(check) => check,
        };
        let head = ["rule", "R²", "R² within noise", ""];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let explaining: Vec<usize> = check.explaining().iter().map(|c| c.rule).collect();
        for found in &check.checks {
            let verdict = match explaining.contains(&found.rule) {
                true => "explains it",
                false => "refused",
            };
            rows.push(vec![
                self.name(found.rule).to_owned(),
                significant(found.r_squared, 5),
                significant(found.attainable, 5),
                verdict.to_owned(),
            ]);
        }
        let mut text = format!(
            "what each rule explains of the weights' changes in {} steps, by `fit`\n{}",
            check.steps,
            table(&rows)
        );
        text += &self.verdict(check, &explaining);
        for (rule, why) in &check.unchecked {
            let _ = writeln!(text, "not checked: {}: {why}", self.name(*rule));
        }
        text
    }

    fn verdict(&self, check: &CheckedRules, explaining: &[usize]) -> String {
        let named = self.name(self.named.named);
        if explaining.is_empty() {
            let best = check.checks.first().map_or_else(String::new, |best| {
                let r_squared = significant(best.r_squared, 3);
                format!(
                    ": the best, {}, has an R² of {r_squared}",
                    self.name(best.rule)
                )
            });
            return format!(
                "No rule that could be checked explains the recording{best}. It learned by a rule that was not checked, or β or the outputs are others.\n"
            );
        }
        let said = match check.of(self.named.named) {
            None => format!("{named}, which was named, could not be checked"),
            Some(_) if explaining.contains(&self.named.named) => {
                format!("{named}, which was named, explains the recording")
            }
            Some(_) => format!("{named}, which was named, is refused"),
        };
        format!(
            "{said}. Explained by: {}.\n",
            self.names(explaining.iter().copied())
        )
    }

    /// The answer for a program.
    pub(super) fn object(&self) -> Value {
        let named = self.named;
        let interval = |e: &Estimate| json!({ "mean": e.mean, "low": e.interval.map(|i| i.low), "high": e.interval.map(|i| i.high) });
        let rules = self.classes.iter().enumerate().map(|(k, class)| {
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
        let warped = warped.map(|(warp, k)| json!({ "power": warp, "rule": self.name(*k) }));
        let merged = named.merged.rules.iter().map(|&k| self.name(k));
        json!({
            "rule": self.name(named.named),
            "second": self.name(named.second),
            "merged": {
                "rules": merged.collect::<Vec<_>>(),
                "p": named.merged.posterior,
                "accuracy": interval(&named.merged.accuracy),
                "told_apart": named.merged.told_apart.as_ref().map(interval),
            },
            "families": families.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
            "accuracy": interval(&named.accuracy),
            "family_accuracy": interval(&named.family_accuracy),
            "right_when_as_sure": named.right_when_as_sure.as_ref().map(interval),
            "calibration_error": named.calibration_error,
            "temperature": named.temperature,
            "noise": { "weights": named.noise[0], "activity": named.noise[1] },
            "spoke": spoke.collect::<Vec<_>>(),
            "times": warped.collect::<Vec<_>>(),
            "unlike": named.unlikeness.map(|u| json!({ "as_far": u.as_far, "power": u.power })),
            "networks": named.networks,
            "check": match &self.check {
                Err(error) => json!({ "not_possible": error.to_string() }),
                Ok(check) => self.check_object(check),
            },
        })
    }

    fn check_object(&self, check: &CheckedRules) -> Value {
        let explaining: Vec<usize> = check.explaining().iter().map(|c| c.rule).collect();
        let checks = check.checks.iter().map(|found| {
            let theta = found.theta.iter();
            let theta = theta.map(|(term, theta)| json!({ "term": term, "theta": theta }));
            json!({
                "rule": self.name(found.rule),
                "r_squared": found.r_squared,
                "attainable": found.attainable,
                "explains": explaining.contains(&found.rule),
                "theta": theta.collect::<Vec<_>>(),
            })
        });
        let unchecked = check.unchecked.iter();
        let unchecked = unchecked
            .map(|(rule, why)| json!({ "rule": self.name(*rule), "why": why.to_string() }));
        json!({
            "steps": check.steps,
            "rules": checks.collect::<Vec<_>>(),
            "unchecked": unchecked.collect::<Vec<_>>(),
        })
    }
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
