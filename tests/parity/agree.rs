//! An episode against everything its fixture tells of it.

use std::slice;

use metaplast_plasticity::Feedback;
use metaplast_tensor::Scalar;
use serde_json::Value;

use crate::expected::{Expected, field, numbers};
use crate::fixture::{Episode, expected_list};
use crate::ledger::{Ledger, Tolerances};
use crate::run::{Outcome, run};

const WEIGHTS_AFTER: &str = "W_after";

/// Compares one file's quantities.
struct Comparison<'a> {
    name: &'a str,
    file: &'a Value,
    tolerances: Tolerances,
    ledger: &'a mut Ledger,
}

/// Names of the gradients that belong to a kind of feedback, and of their finite differences.
///
/// Symmetric files have more that are nobody's to match: `grad_theta_reference_as_released`, and
/// `grad_W0` without one of the names below. The released program assigns the weights' `.data` in
/// every step, which puts new storage under tensors that its autograd had saved, and so
/// differentiates all error propagation at the weights of the last step.
struct GradientNames {
    /// What marks a gradient as this one; nothing where there is only one.
    tag: &'static str,
    differences: &'static str,
}

fn gradient_names(feedback: Feedback) -> GradientNames {
    match feedback {
        Feedback::Fixed => GradientNames {
            tag: "",
            differences: "fd",
        },
        Feedback::Symmetric => GradientNames {
            tag: "_feedback_detached",
            differences: "fd_feedback_trajectory_frozen",
        },
        Feedback::Attached => GradientNames {
            tag: "_through_feedback",
            differences: "fd",
        },
        other => unreachable!("the released program has no {other} feedback"),
    }
}

/// Runs an episode with each kind of feedback that its file speaks of and compares all it finds.
pub(crate) fn check<T: Scalar>(
    name: &str,
    episode: &Episode,
    tolerances: Tolerances,
    ledger: &mut Ledger,
) -> Result<(), String> {
    let mut comparison = Comparison {
        name,
        file: &episode.file,
        tolerances,
        ledger,
    };
    comparison.inputs(episode)?;
    let checkpoints = checkpoints(&episode.file)?;
    let kinds: &[Feedback] = match episode.feedback {
        Some(_) => &[Feedback::Fixed],
        None => &[Feedback::Symmetric, Feedback::Attached],
    };
    for &feedback in kinds {
        let steps: Vec<usize> = checkpoints.iter().map(|(step, _)| *step).collect();
        let outcome = run::<T>(episode, feedback, &episode.rule, &steps);
        comparison.first_step(&outcome, episode)?;
        for (step, key) in &checkpoints {
            let expected = match key {
                None => expected_list(field(&episode.file, WEIGHTS_AFTER)?, &step.to_string())?,
                Some(key) => expected_list(&episode.file, key)?,
            };
            let actual = outcome
                .weights_after
                .get(step)
                .ok_or_else(|| format!("no step {step} to have weights after"))?;
            comparison.tensors(&format!("{WEIGHTS_AFTER}_{step}"), &expected, actual)?;
        }
        comparison.query(&outcome)?;
        comparison.gradients(&outcome, &gradient_names(feedback))?;
    }
    Ok(())
}

/// Steps after which the file tells the weights: in a map of steps, or each under a key of its own.
fn checkpoints(file: &Value) -> Result<Vec<(usize, Option<String>)>, String> {
    let mut found = Vec::new();
    for (key, value) in file.as_object().into_iter().flatten() {
        let Some(rest) = key.strip_prefix(WEIGHTS_AFTER) else {
            continue;
        };
        let step = |text: &str| {
            let step = text.parse::<usize>();
            step.map_err(|_| format!("`{key}`: `{text}` is no step"))
        };
        match (rest.strip_prefix('_'), value.as_object()) {
            (Some(text), _) => found.push((step(text)?, Some(key.clone()))),
            (None, Some(map)) => {
                for text in map.keys() {
                    found.push((step(text)?, None));
                }
            }
            _ => return Err(format!("`{key}` is not understood")),
        }
    }
    if found.is_empty() {
        return Err(format!("no `{WEIGHTS_AFTER}`"));
    }
    Ok(found)
}

impl Comparison<'_> {
    /// Generated inputs against their fingerprints, which are exact in any precision.
    fn inputs(&mut self, episode: &Episode) -> Result<(), String> {
        let Tolerances { tensor, .. } = Tolerances::F64;
        let pixels = |rows: &[Vec<u8>]| -> Vec<f64> {
            rows.iter()
                .flatten()
                .map(|&pixel| f64::from(pixel))
                .collect()
        };
        let sets = [
            pixels(&episode.support.pixels),
            pixels(&episode.query.pixels),
        ];
        let lists = [
            ("x_u8_fingerprint", &sets[..]),
            ("W0", &episode.weights[..]),
            ("B", episode.feedback.as_deref().unwrap_or(&[])),
        ];
        for (key, actual) in lists {
            if !actual.is_empty() && self.file.get(key).is_some() {
                let expected = expected_list(self.file, key)?;
                self.tensors_within(key, &expected, actual, tensor)?;
            }
        }
        if let Some(sum) = self.file.get("x_u8_sum").and_then(Value::as_f64) {
            let actual: f64 = sets[0].iter().sum();
            let error = (actual - sum).abs() / sum;
            self.ledger.compare(self.name, "x_u8_sum", error, tensor);
        }
        Ok(())
    }

    fn first_step(&mut self, outcome: &Outcome, episode: &Episode) -> Result<(), String> {
        let layers = episode.architecture.layers();
        let compact = self.file.get("x_u8").is_none();
        for (key, actual) in [("y_step1", &outcome.y), ("e_step1", &outcome.e)] {
            if compact && self.file.get(key).is_none() {
                continue;
            }
            let expected = expected_list(self.file, key)?;
            // Compact files leave out the input's, which is no layer of the network.
            let skip = usize::from(expected.len() == layers);
            self.tensors(key, &expected, &actual[skip..])?;
        }
        if self.file.get("e0_step1").is_some() {
            let expected = expected_list(self.file, "e0_step1")?;
            self.tensors("e0_step1", &expected, &outcome.e[..1])?;
        }
        Ok(())
    }

    fn query(&mut self, outcome: &Outcome) -> Result<(), String> {
        let tolerance = self.tolerances.tensor;
        if let Some(value) = self.file.get("query_logits") {
            self.tensor(
                "query_logits",
                &Expected::read(value, 0)?,
                &outcome.logits,
                tolerance,
            )?;
        }
        if let Some(value) = self.file.get("query_logits_first_row") {
            let expected = Expected::read(value, 0)?;
            let first = &outcome.logits[..numbers(value)?.len()];
            self.tensor("query_logits_first_row", &expected, first, tolerance)?;
        }
        if self.file.get("query_logits_probe").is_some() {
            let expected = expected_list(self.file, "query_logits_probe")?;
            self.tensors(
                "query_logits_probe",
                &expected,
                slice::from_ref(&outcome.logits),
            )?;
        }
        for (key, actual) in [
            ("query_ce", outcome.cross_entropy),
            ("query_loss", outcome.loss),
            ("query_acc", outcome.accuracy),
        ] {
            let expected = Expected::read(field(self.file, key)?, 0)?;
            self.tensor(key, &expected, &[actual], tolerance)?;
        }
        let expected = Expected::read(field(self.file, "E1")?, 0)?;
        self.tensor("E1", &expected, &outcome.orthonormality, tolerance)?;
        self.angles(&outcome.angles)
    }

    fn angles(&mut self, actual: &[f64]) -> Result<(), String> {
        let expected = numbers(field(self.file, "angles_deg")?)?;
        if expected.len() != actual.len() {
            return Err(format!(
                "{} angles instead of {}",
                actual.len(),
                expected.len()
            ));
        }
        for (l, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
            let (key, error) = (format!("angles_deg[{l}]"), (actual - expected).abs());
            self.ledger
                .compare(self.name, &key, error, self.tolerances.angle);
        }
        Ok(())
    }

    fn gradients(&mut self, outcome: &Outcome, names: &GradientNames) -> Result<(), String> {
        let theta = format!("grad_theta{}", names.tag);
        let tolerance = self.tolerances.meta_gradient;
        self.theta_gradient(&theta, field(self.file, &theta)?, outcome, tolerance)?;
        if let Some(differences) = self.file.get(names.differences) {
            let richardson = field(differences, "richardson")?;
            // They are no better than two step sizes agree, for instance across softplus' switch.
            let coarse = Expected::read(field(differences, "central_2h")?, 0)?;
            let doubt = coarse.error(&numbers(field(differences, "central_h")?)?)?;
            let tolerance = self.tolerances.differences.max(doubt);
            self.theta_gradient(names.differences, richardson, outcome, tolerance)?;
        }
        // Full tensors or, with `probe` in the name, fingerprints.
        let keys = self
            .file
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key);
        for key in keys.filter(|key| key.starts_with("grad_W0") && key.contains(names.tag)) {
            let expected = expected_list(self.file, key)?;
            self.tensors(key, &expected, &outcome.weights_gradient)?;
        }
        Ok(())
    }

    /// A file may leave out the gradients of trailing coefficients that it does not use, or give
    /// zeros for ones that exist in the release only.
    fn theta_gradient(
        &mut self,
        key: &str,
        expected: &Value,
        outcome: &Outcome,
        tolerance: f64,
    ) -> Result<(), String> {
        let given = numbers(expected)?.len();
        let mut actual = outcome.theta_gradient.clone();
        actual.resize(given, 0.0);
        self.tensor(key, &Expected::read(expected, 0)?, &actual, tolerance)
    }

    fn tensors(
        &mut self,
        key: &str,
        expected: &[Expected],
        actual: &[Vec<f64>],
    ) -> Result<(), String> {
        self.tensors_within(key, expected, actual, self.tolerances.tensor)
    }

    fn tensors_within(
        &mut self,
        key: &str,
        expected: &[Expected],
        actual: &[Vec<f64>],
        tolerance: f64,
    ) -> Result<(), String> {
        if expected.len() != actual.len() {
            return Err(format!(
                "`{key}`: {} tensors, the fixture has {}",
                actual.len(),
                expected.len()
            ));
        }
        for (place, (expected, actual)) in expected.iter().zip(actual).enumerate() {
            self.tensor(&format!("{key}[{place}]"), expected, actual, tolerance)?;
        }
        Ok(())
    }

    fn tensor(
        &mut self,
        key: &str,
        expected: &Expected,
        actual: &[f64],
        tolerance: f64,
    ) -> Result<(), String> {
        let error = expected.error(actual);
        let error = error.map_err(|message| format!("`{key}`: {message}"))?;
        self.ledger.compare(self.name, key, error, tolerance);
        Ok(())
    }
}
