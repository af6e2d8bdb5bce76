//! Rules and terms.

use std::path::PathBuf;

use metaplast_plasticity::text::TermError;
use metaplast_plasticity::{
    self as plasticity, KnownRule, Memory, NamedSignal, Preset, Term, UnknownName, pool,
};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::names::presets;
use metaplast_runs::settings::rule::FIRST_CONSTANT;
use pyo3::prelude::*;

use crate::errors::{of_run, value};
use crate::network::Network;

/// Terms with coefficients.
#[pyclass(frozen, module = "metaplast._metaplast")]
#[derive(Clone)]
pub(crate) struct Rule(pub(crate) plasticity::Rule);

#[pymethods]
impl Rule {
    #[new]
    #[pyo3(signature = (terms, theta=None, per_layer=None, remember=Vec::new()))]
    fn new(
        terms: Vec<String>,
        theta: Option<Vec<f64>>,
        per_layer: Option<usize>,
        remember: Vec<String>,
    ) -> PyResult<Self> {
        let mut memories = Vec::new();
        for text in &remember {
            let memory = Memory::parse(text, &memories).map_err(|error| pictured(&error))?;
            memories.push(memory);
        }
        let signals = Memory::signals(&memories);
        let terms: PyResult<Vec<Term>> = terms.iter().map(|text| term(text, &signals)).collect();
        let rule = plasticity::Rule::new(terms?).and_then(|rule| rule.with_memories(memories));
        let mut rule = rule.map_err(value)?;
        let mut start = rule.theta().to_vec();
        start[rule.term_coefficients()..].fill(FIRST_CONSTANT);
        rule = rule.try_with_theta(&start).map_err(value)?;
        if let Some(layers) = per_layer {
            if layers > MOST_LAYERS {
                return Err(value(format!(
                    "per_layer: {layers} layers; at most {MOST_LAYERS} are possible"
                )));
            }
            rule = rule.try_per_layer(layers).map_err(value)?;
        }
        match theta {
            Some(theta) => with_theta(rule, &theta),
            None => Ok(Rule(rule)),
        }
    }

    /// A rule by name: one of the paper, coefficients zero, or a known one, with those to begin with.
    #[staticmethod]
    fn preset(name: &str) -> PyResult<Rule> {
        if let Some(known) = KnownRule::find(name) {
            return Ok(Rule(known.rule()));
        }
        let names = presets();
        let choices = names.iter().map(String::as_str);
        let preset: Preset =
            (name.parse()).map_err(|_| value(UnknownName::among("preset", name, choices)))?;
        Ok(Rule(plasticity::Rule::preset(preset)))
    }

    /// The rule of a file, and its network.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<(Rule, Network)> {
        let libraries = metaplast_cli::libraries::all();
        let file = RuleFile::read_with(&path, &libraries).map_err(|error| of_run(&error))?;
        let network = Network {
            architecture: file.architecture,
            feedback: file.feedback,
        };
        Ok((Rule(file.rule), network))
    }

    /// Writes a file that `read` reads.
    fn write(&self, path: PathBuf, network: &Network) -> PyResult<()> {
        let file = RuleFile {
            rule: self.0.clone(),
            feedback: network.feedback.clone(),
            architecture: network.architecture.clone(),
            trials: Vec::new(),
            provenance: None,
        };
        write_whole(&path, file.to_toml().as_bytes()).map_err(|error| of_run(&error))
    }

    fn with_theta(&self, theta: Vec<f64>) -> PyResult<Self> {
        with_theta(self.0.clone(), &theta)
    }

    fn with_reward_delay(&self, steps: usize) -> PyResult<Self> {
        match (steps, self.0.reads_reward()) {
            (0, _) => {}
            (_, false) => return Err(value("no term or memory of the rule reads `reward`")),
            (..=LONGEST_DELAY, true) => {}
            (_, true) => return Err(value(format!("steps: choose {LONGEST_DELAY} or less"))),
        }
        Ok(Rule(self.0.clone().with_reward_delay(steps)))
    }

    #[getter]
    fn reward_delay(&self) -> usize {
        self.0.reward_delay()
    }

    #[getter]
    fn theta(&self) -> Vec<f64> {
        self.0.theta().to_vec()
    }

    /// Of each coefficient.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.coefficients().map(|c| c.name()).collect()
    }

    /// As texts that `new` takes.
    #[getter]
    fn terms(&self) -> Vec<String> {
        let text = |term: &Term| match (term.pool_number(), term.expression()) {
            (None, Some(expression)) => format!("{} = {expression}", term.symbol()),
            _ => term.symbol().to_owned(),
        };
        self.0.terms().iter().map(text).collect()
    }

    /// As texts that `new` takes.
    #[getter]
    fn remember(&self) -> Vec<String> {
        self.0.memories().iter().map(Memory::to_string).collect()
    }

    /// Names of the memories' constants.
    #[getter]
    fn constants(&self) -> Vec<String> {
        let constants = self.0.constants().iter();
        constants
            .map(|constant| constant.name().to_owned())
            .collect()
    }

    #[getter]
    fn per_layer(&self) -> Option<usize> {
        self.0.layers()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// Upper bound, against typing errors: each step of a delay is a number that is kept.
const LONGEST_DELAY: usize = 100_000;
/// Upper bound, against typing errors.
const MOST_LAYERS: usize = 1 << 16;

fn with_theta(rule: plasticity::Rule, theta: &[f64]) -> PyResult<Rule> {
    rule.try_with_theta(theta).map(Rule).map_err(value)
}

/// `F2`, or `hebb = y * y_pre^T`.
fn term(text: &str, signals: &[NamedSignal]) -> PyResult<Term> {
    if !text.contains('=') {
        return plasticity::TermLibrary::default().find(text).map_err(value);
    }
    Term::parse_with(text, signals).map_err(|error| pictured(&error))
}

fn pictured(error: &TermError) -> PyErr {
    value(format!("{error}\n{}", error.picture()))
}

/// Symbol, name, formula, locality and source of each term of the pool.
#[pyfunction]
pub(crate) fn terms() -> Vec<(String, String, String, String, String)> {
    let described = |term: &Term| {
        (
            term.symbol().to_owned(),
            term.name().to_owned(),
            term.formula().to_owned(),
            term.locality().describe().to_owned(),
            term.source().to_owned(),
        )
    };
    pool().iter().map(described).collect()
}
