//! `rule.toml`: a plasticity rule with its coefficients, and where it comes from.

use std::collections::BTreeMap;
use std::path::Path;

use metaplast_plasticity::{
    Activation, Architecture, BETA, Feedback, KnownRule, Memory, MemoryLibrary, NamedSignal,
    Output, Rule, Term, UnknownName,
};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::coefficients::{Coefficients, ThetaTable, is_per_layer};
use super::provenance::Provenance;
use crate::directory::file::read_text;
use crate::directory::names::RULE;
use crate::error::{Error, line_of};
use crate::settings::LayersSetting;
use crate::settings::network::{check_learns, from_setting, unusual_leak};
use crate::settings::rule::{self as rule_choice, Libraries};
use crate::toml_text;

/// A rule as kept in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFile {
    /// Terms and the mean θ of all trials.
    pub rule: Rule,
    /// How errors travel back.
    pub feedback: Feedback,
    /// The network that the rule was found for.
    pub architecture: Architecture,
    /// θ of each trial; none in a file written by hand.
    pub trials: Vec<Vec<f64>>,
    /// How it was found; none in a file written by hand.
    pub provenance: Option<Provenance>,
}

#[derive(Serialize)]
struct Written<'a> {
    terms: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remember: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reward_delay: Option<u64>,
    theta: Vec<Coefficients>,
    feedback: &'a str,
    layers: LayersSetting,
    #[serde(skip_serializing_if = "Option::is_none")]
    leak: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_scale: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    activation: ActivationTable,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    own_terms: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    constants: BTreeMap<String, Coefficients>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trials: Vec<ThetaTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: &'a Option<Provenance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    terms: Spanned<Vec<String>>,
    /// The rule's memories, in their order.
    #[serde(default)]
    remember: Vec<Spanned<String>>,
    /// Steps from an action to its reward.
    reward_delay: Option<Spanned<u64>>,
    theta: Spanned<Vec<Coefficients>>,
    feedback: Spanned<String>,
    layers: Option<Spanned<LayersSetting>>,
    /// Of recurrent units.
    leak: Option<Spanned<f64>>,
    init_scale: Option<Spanned<f64>>,
    output: Option<Spanned<String>>,
    activation: Option<Spanned<ActivationTable>>,
    /// The texts of the terms in `terms` that are not of the pool.
    #[serde(default)]
    own_terms: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Of the memories.
    #[serde(default)]
    constants: BTreeMap<String, Coefficients>,
    #[serde(default)]
    trials: Vec<Spanned<ThetaTable>>,
    provenance: Option<Provenance>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ActivationTable {
    name: String,
    /// Of softplus.
    #[serde(skip_serializing_if = "Option::is_none")]
    beta: Option<f64>,
}

impl RuleFile {
    /// The text of the file.
    pub fn to_toml(&self) -> String {
        let ThetaTable { theta, constants } = ThetaTable::of(&self.rule, self.rule.theta());
        let written = Written {
            terms: self.rule.terms().iter().map(Term::symbol).collect(),
            remember: self.rule.memories().iter().map(Memory::to_string).collect(),
            reward_delay: rule_choice::unusual_delay(&self.rule),
            theta,
            feedback: self.feedback.name(),
            layers: LayersSetting::of(&self.architecture),
            leak: unusual_leak(&self.architecture),
            init_scale: Some(self.architecture.init_scale()).filter(|&scale| scale != 1.0),
            output: Some(self.architecture.output())
                .filter(|&output| output != Output::Softmax)
                .map(Output::name),
            activation: ActivationTable {
                name: self.architecture.activation().to_string(),
                beta: Some(self.architecture.beta()).filter(|&beta| {
                    self.architecture.activation() == Activation::Softplus || beta != BETA
                }),
            },
            own_terms: self
                .rule
                .terms()
                .iter()
                .filter_map(|term| Some((term.symbol(), term.own_expression()?)))
                .collect(),
            constants,
            trials: self
                .trials
                .iter()
                .map(|theta| ThetaTable::of(&self.rule, theta))
                .collect(),
            provenance: &self.provenance,
        };
        let body = toml_text::write(&written);
        format!("# {}\n\n{body}", self.rule)
    }

    /// Reads a rule of built-in terms, or terms as text, and a built-in feedback pathway, written by
    /// `meta-train` or by hand.
    ///
    /// # Errors
    /// When the file cannot be read, or is no rule. Of a directory the rule is read that a run wrote there.
    pub fn read(path: &Path) -> Result<Self, Error> {
        RuleFile::read_with(path, &Libraries::default())
    }

    /// Reads a rule whose terms, memories and feedback pathway may be any of `libraries`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with(path: &Path, libraries: &Libraries) -> Result<Self, Error> {
        let inside = path.join(RULE);
        if path.is_dir() && !inside.is_file() {
            let reason =
                "there is no rule.toml in this directory; name a rule, as meta-train writes it";
            return Err(Error::setting(path.display().to_string(), reason));
        }
        let path = if path.is_dir() { &inside } else { path };
        RuleFile::parse_with(&read_text(path)?, path, libraries)
    }

    /// Reads the text of a file as [`read`](Self::read) does; `path` is for the messages.
    ///
    /// # Errors
    /// With the line, when the text is no rule.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        RuleFile::parse_with(text, path, &Libraries::default())
    }

    /// Reads the text of a file as [`read_with`](Self::read_with) does; `path` is for the messages.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, path: &Path, libraries: &Libraries) -> Result<Self, Error> {
        let read: Read = toml_text::parse_file(text, path)?;
        let at = |byte: usize, reason: String| Error::File {
            path: path.into(),
            line: Some(line_of(text, byte)),
            reason,
        };

        if let Some((key, reason)) = read.provenance.as_ref().and_then(Provenance::wrong_name) {
            let origin = format!("{}: provenance.{key}", path.display());
            return Err(Error::setting(origin, reason));
        }
        let terms_at = read.terms.span().start;
        let wrong_terms = |reason: String| at(terms_at, reason);
        let known = &libraries.memories;
        let memories = read_memories(&read.remember, known, path, |byte| line_of(text, byte))?;
        let signals = Memory::signals(&memories);
        let own = read_own_terms(&read.own_terms, &signals, path, |byte| line_of(text, byte))?;
        let listed = read.terms.get_ref();
        for name in read.own_terms.keys() {
            if !listed.contains(name.get_ref()) {
                let reason = format!("`{0}` is not in `terms`; add \"{0}\" there", name.get_ref());
                return Err(at(name.span().start, reason));
            }
        }
        let term = |name: &String| match own.iter().find(|term| term.symbol() == name) {
            Some(term) => Ok(term.clone()),
            None => libraries
                .terms
                .find(name)
                .map_err(|e| wrong_terms(format!("{e}, and [own_terms] is for others"))),
        };
        let terms: Vec<Term> = listed.iter().map(term).collect::<Result<_, Error>>()?;
        let rule = Rule::new(terms.iter().cloned())
            .and_then(|rule| rule.with_memories(memories))
            .map_err(|e| wrong_terms(e.to_string()))?;
        let rule = match read.reward_delay {
            None => rule,
            Some(delay) => {
                let wrong = |reason| at(delay.span().start, reason);
                rule_choice::delayed(rule, *delay.get_ref()).map_err(wrong)?
            }
        };
        // The rule has an order of its own, the file any.
        let place = |term: &Term| terms.iter().position(|listed| listed == term);
        let places: Vec<usize> = rule.terms().iter().filter_map(place).collect();
        let layers_at = read.layers.as_ref().map_or(0, |layers| layers.span().start);
        let architecture = read_architecture(read.layers, read.init_scale, read.activation, at)?;
        let architecture = match read.leak {
            None => architecture,
            Some(leak) => {
                let leaky = architecture.with_leak(*leak.get_ref());
                leaky.map_err(|error| at(leak.span().start, error.to_string()))?
            }
        }
        .with_output(read_output(read.output, at)?);
        let per_layer = read.theta.get_ref().iter().any(is_per_layer);
        let layers = per_layer.then(|| architecture.layers());
        let count = read.theta.get_ref().len();
        let rule = match layers {
            // What else is wrong is told below.
            Some(layers) if count == places.len() => rule.per_layer(layers),
            _ => rule,
        };
        let with_theta = |table: &ThetaTable, byte: usize| {
            let theta = table.theta_of(&rule, &places);
            let theta = theta.map_err(|reason| at(byte, reason))?;
            rule.clone()
                .try_with_theta(&theta)
                .map_err(|e| at(byte, e.to_string()))
        };

        let trials = read.trials.iter().map(|trial| {
            let of_trial = with_theta(trial.get_ref(), trial.span().start)?;
            Ok(of_trial.theta().to_vec())
        });
        let theta_at = read.theta.span().start;
        let mean = ThetaTable {
            theta: read.theta.into_inner(),
            constants: read.constants,
        };
        let feedback = libraries.feedback.find(read.feedback.get_ref());
        let feedback = feedback.map_err(|e| at(read.feedback.span().start, e.to_string()))?;
        check_learns(&architecture, &rule, &feedback).map_err(|e| at(layers_at, e))?;
        Ok(RuleFile {
            trials: trials.collect::<Result<_, Error>>()?,
            feedback,
            architecture,
            rule: with_theta(&mean, theta_at)?,
            provenance: read.provenance,
        })
    }
}

fn read_memories(
    texts: &[Spanned<String>],
    known: &MemoryLibrary,
    path: &Path,
    line_of: impl Fn(usize) -> usize,
) -> Result<Vec<Memory>, Error> {
    let mut memories = Vec::new();
    for text in texts {
        let memory = known.read(text.get_ref(), &memories);
        let memory = memory.map_err(|error| Error::Term {
            place: format!(
                "{}: line {}: remember",
                path.display(),
                line_of(text.span().start)
            ),
            error,
        })?;
        memories.push(memory);
    }
    Ok(memories)
}

fn read_own_terms(
    own_terms: &BTreeMap<Spanned<String>, Spanned<String>>,
    signals: &[NamedSignal],
    path: &Path,
    line_of: impl Fn(usize) -> usize,
) -> Result<Vec<Term>, Error> {
    let read = own_terms.iter().map(|(name, expression)| {
        let line = line_of(expression.span().start);
        let term = Term::read_with(name.get_ref(), expression.get_ref(), signals);
        term.map_err(|error| Error::Term {
            place: format!(
                "{}: line {line}: own_terms.{}",
                path.display(),
                name.get_ref()
            ),
            error,
        })
    });
    Ok(KnownRule::recognise(read.collect::<Result<_, _>>()?))
}

fn read_output(
    output: Option<Spanned<String>>,
    at: impl Fn(usize, String) -> Error,
) -> Result<Output, Error> {
    let Some(output) = output else {
        return Ok(Output::default());
    };
    let byte = output.span().start;
    let output = output.get_ref().parse();
    output.map_err(|error: UnknownName| at(byte, error.to_string()))
}

fn read_architecture(
    layers: Option<Spanned<LayersSetting>>,
    init_scale: Option<Spanned<f64>>,
    activation: Option<Spanned<ActivationTable>>,
    at: impl Fn(usize, String) -> Error,
) -> Result<Architecture, Error> {
    let architecture = match layers {
        None => Architecture::paper(),
        Some(layers) => {
            let byte = layers.span().start;
            from_setting(layers.get_ref()).map_err(|e| at(byte, e))?
        }
    };
    let architecture = match init_scale {
        None => architecture,
        Some(scale) => {
            let scaled = architecture.with_init_scale(*scale.get_ref());
            scaled.map_err(|error| at(scale.span().start, error.to_string()))?
        }
    };
    let Some(activation) = activation else {
        return Ok(architecture);
    };
    let byte = activation.span().start;
    let ActivationTable { name, beta } = activation.into_inner();
    let activation: Result<Activation, UnknownName> = name.parse();
    let activation = activation.map_err(|error| at(byte, error.to_string()))?;
    let architecture = architecture
        .with_activation(activation)
        .with_beta(beta.unwrap_or(BETA));
    architecture.map_err(|error| at(byte, error.to_string()))
}
