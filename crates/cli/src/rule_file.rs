//! `rule.toml`: a plasticity rule with its coefficients, and where it comes from.

use std::path::Path;

use metaplast_plasticity::{Architecture, BETA, Feedback, Rule};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::error::{Error, line_of};
use crate::file::read_text;

/// A rule as kept in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RuleFile {
    /// Terms and the mean θ of all trials.
    pub(crate) rule: Rule,
    pub(crate) feedback: Feedback,
    pub(crate) architecture: Architecture,
    /// θ of each trial; none in a file written by hand.
    pub(crate) trials: Vec<Vec<f64>>,
    pub(crate) provenance: Option<Provenance>,
}

/// How a rule was found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provenance {
    /// The data set's name.
    pub(crate) dataset: String,
    /// The value of `--data` that leads to it.
    pub(crate) data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) glyphs_per_class: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_seed: Option<u64>,
    pub(crate) data_fingerprint: String,
    pub(crate) sampling: String,
    pub(crate) ways: u64,
    pub(crate) shots: u64,
    pub(crate) queries: u64,
    pub(crate) episodes: u64,
    /// Episodes that each trial had done when the run was interrupted; none when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_after: Option<Vec<u64>>,
    pub(crate) trials: u64,
    pub(crate) meta_batch: u64,
    pub(crate) seed: u64,
    pub(crate) lambda: f64,
    pub(crate) optimizer: String,
    pub(crate) lr: f64,
    pub(crate) precision: String,
    /// Classes that meta-training did not see.
    pub(crate) held_out_classes: Vec<usize>,
    /// Of the program that wrote it.
    pub(crate) version: String,
}

#[derive(Serialize)]
struct Written<'a> {
    terms: Vec<&'a str>,
    theta: &'a [f64],
    feedback: &'a str,
    layers: &'a [usize],
    activation: Activation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trials: Vec<Trial>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: &'a Option<Provenance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    terms: Spanned<Vec<String>>,
    theta: Spanned<Vec<f64>>,
    feedback: Spanned<String>,
    layers: Option<Spanned<Vec<u64>>>,
    activation: Option<Spanned<Activation>>,
    #[serde(default)]
    trials: Vec<Spanned<Trial>>,
    provenance: Option<Provenance>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Activation {
    name: String,
    beta: f64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    theta: Vec<f64>,
}

impl RuleFile {
    /// The text of the file.
    pub(crate) fn to_toml(&self) -> String {
        let written = Written {
            terms: self.rule.infos().map(|info| info.symbol).collect(),
            theta: self.rule.theta(),
            feedback: self.feedback.name(),
            layers: self.architecture.sizes(),
            activation: Activation {
                name: "softplus".into(),
                beta: self.architecture.beta(),
            },
            trials: self
                .trials
                .iter()
                .map(|theta| Trial {
                    theta: theta.clone(),
                })
                .collect(),
            provenance: &self.provenance,
        };
        let body = toml::to_string(&written).expect("strings and numbers within TOML's range");
        format!("# {}\n\n{body}", self.rule)
    }

    /// Reads a rule, written by `meta-train` or by hand.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        RuleFile::parse(&read_text(path)?, path)
    }

    /// Reads the text of a file; `path` is for the messages.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let read: Read = toml::from_str(text).map_err(|e| Error::toml(path, text, &e))?;
        let at = |byte: usize, reason: String| Error::File {
            path: path.into(),
            line: Some(line_of(text, byte)),
            reason,
        };

        // In the order of the file; the rule keeps terms by ascending index.
        let terms_at = read.terms.span().start;
        let indices: Result<Vec<usize>, _> = read
            .terms
            .get_ref()
            .iter()
            .map(|name| Rule::term_index(name))
            .collect();
        let indices = indices.map_err(|e| at(terms_at, e.to_string()))?;
        let rule = Rule::new(&indices).map_err(|e| at(terms_at, e.to_string()))?;
        let with_theta = |theta: &[f64], byte: usize| {
            let mut pairs: Vec<_> = indices.iter().zip(theta).collect();
            pairs.sort_by_key(|(index, _)| **index);
            let sorted: Vec<f64> = pairs.into_iter().map(|(_, theta)| *theta).collect();
            // A wrong number of coefficients must not be cut down by `zip`.
            let theta = if theta.len() == sorted.len() {
                &sorted
            } else {
                theta
            };
            rule.clone()
                .try_with_theta(theta)
                .map_err(|e| at(byte, e.to_string()))
        };

        let trials = read.trials.iter().map(|trial| {
            let of_trial = with_theta(&trial.get_ref().theta, trial.span().start)?;
            Ok(of_trial.theta().to_vec())
        });
        Ok(RuleFile {
            trials: trials.collect::<Result<_, Error>>()?,
            feedback: read.feedback.get_ref().parse().map_err(
                |e: metaplast_plasticity::UnknownFeedback| {
                    at(read.feedback.span().start, e.to_string())
                },
            )?,
            architecture: read_architecture(read.layers, read.activation, at)?,
            rule: with_theta(read.theta.get_ref(), read.theta.span().start)?,
            provenance: read.provenance,
        })
    }
}

fn read_architecture(
    layers: Option<Spanned<Vec<u64>>>,
    activation: Option<Spanned<Activation>>,
    at: impl Fn(usize, String) -> Error,
) -> Result<Architecture, Error> {
    let architecture = match layers {
        None => Architecture::paper(),
        Some(layers) => {
            let byte = layers.span().start;
            crate::architecture::from_sizes(layers.get_ref()).map_err(|e| at(byte, e))?
        }
    };
    let Some(activation) = activation else {
        return Ok(architecture);
    };
    let byte = activation.span().start;
    let Activation { name, beta } = activation.into_inner();
    if name != "softplus" {
        let reason = format!(
            "unknown activation `{name}`; hidden units are \"softplus\" (with beta = {BETA} in the paper)"
        );
        return Err(at(byte, reason));
    }
    let architecture = architecture.with_beta(beta);
    architecture.map_err(|error| at(byte, error.to_string()))
}
