//! The rule whose coefficients are meta-learned, and e-prop, from which it begins.

use metaplast_experiment::{Error, ExperimentSettings};
use metaplast_plasticity::{Memory, Rule, Term};

use crate::architecture::SpikingArchitecture;
use crate::parameters::{ParameterKind, SpikingParameters};
use crate::plastic::three_factor_signals;

/// Terms of the usual rule, e-prop's first.
pub(super) const TERMS: [&str; 7] = [
    "eprop = -(e .* slope) * psp^T",
    "slow = -(e .* slope) * late^T",
    "direct = -e * psp^T",
    "active = -(y .* e) * psp^T",
    "quiet = -y * psp^T",
    "ehebb = -e * e_pre^T",
    "oja = y * y_pre^T - (y * y^T) * W",
];

/// Memories of the usual rule, e-prop's trace first.
pub(super) const MEMORIES: [&str; 2] = [
    "psp = psp + k * (y_pre - psp)",
    "late = late + q * (y_pre - late)",
];

/// Where constants but the first memory's begin.
const CONSTANT: f64 = 0.05;

/// Terms and memories, read.
#[derive(Clone, Debug)]
pub(super) struct ThreeFactorRule {
    /// With one coefficient for all layers, which are zero.
    all: Rule,
    /// The first term and the first memory alone.
    e_prop: Rule,
}

impl ThreeFactorRule {
    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let texts = |name: &str| {
            let all = settings.get_texts(name).iter();
            all.filter(|text| !text.trim().is_empty())
        };
        let mut memories: Vec<Memory> = Vec::new();
        for text in texts("memories") {
            let memory = Memory::parse(text, &memories);
            memories.push(memory.map_err(|error| Error::setting("memories", error.to_string()))?);
        }
        let names = [&three_factor_signals()[..], &Memory::signals(&memories)].concat();
        let read = |text: &String| {
            let term = Term::parse_with(text, &names);
            term.map_err(|error| Error::setting("terms", error.to_string()))
        };
        let terms: Vec<Term> = texts("terms").map(read).collect::<Result<_, _>>()?;
        if terms.is_empty() {
            let reason = format!("none; give one such as {}", TERMS[0]);
            return Err(Error::setting("terms", reason));
        }
        let make = |terms: &[Term], memories: &[Memory]| {
            let rule = Rule::new(terms.to_vec());
            let rule = rule.and_then(|rule| rule.with_memories(memories.to_vec()));
            rule.map_err(|error| Error::setting("terms", error.to_string()))
        };
        let all = make(&terms, &memories)?;
        // The pool's terms would come first, whatever the order of texts; texts have names of their own.
        let e_prop = make(&terms[..1], &memories[..memories.len().min(1)])?;
        Ok(ThreeFactorRule { all, e_prop })
    }

    /// The number of terms.
    pub(super) fn terms(&self) -> usize {
        self.all.terms().len()
    }

    /// Names of the coefficients and constants.
    pub(super) fn names(&self) -> Vec<String> {
        self.all.coefficients().map(|c| c.name()).collect()
    }

    /// Each term as text.
    pub(super) fn texts(&self) -> Vec<String> {
        let terms = self.all.terms().iter().map(ToString::to_string);
        let memories = self.all.memories().iter().map(ToString::to_string);
        terms.chain(memories).collect()
    }

    /// The whole rule in all layers of an architecture, and the readout; it begins as e-prop at a rate.
    pub(super) fn begin(&self, architecture: &SpikingArchitecture, rate: f64) -> Rule {
        let theta = |place: usize, layer: usize| match place {
            0 => unit(architecture, layer) * rate,
            _ => 0.0,
        };
        with_theta(&self.all, architecture, theta)
    }

    /// One term alone, with the coefficient 1 in all layers.
    pub(super) fn alone(&self, architecture: &SpikingArchitecture, term: usize) -> Rule {
        let theta = |place: usize, _| f64::from(u8::from(place == term));
        with_theta(&self.all, architecture, theta)
    }

    /// E-prop at a rate; only in the readout, if `hidden` is not to learn.
    pub(super) fn e_prop(
        &self,
        architecture: &SpikingArchitecture,
        rate: f64,
        hidden: bool,
    ) -> Rule {
        let readout = architecture.layers.len();
        let theta = |_, layer: usize| match hidden || layer == readout {
            true => unit(architecture, layer) * rate,
            false => 0.0,
        };
        with_theta(&self.e_prop, architecture, theta)
    }
}

/// E-prop's coefficient in a layer, over that of the readout: a hidden neuron's membrane has g times its
/// filtered input, a readout's g_o times, and an error of the readout reaches it g_o times as large.
fn unit(architecture: &SpikingArchitecture, layer: usize) -> f64 {
    match layer < architecture.layers.len() {
        true => architecture.gain,
        false => 1.0,
    }
}

/// A rule with coefficients for each layer: of terms, `theta(term, layer)`; the first memory's constants are
/// what membranes forget in a step.
fn with_theta(
    rule: &Rule,
    architecture: &SpikingArchitecture,
    theta: impl Fn(usize, usize) -> f64,
) -> Rule {
    let layers = architecture.layers.len() + 1;
    let terms = rule.terms().len();
    let first = rule.memories().first();
    let firsts = first.map_or(0, |memory| Memory::signals(&[memory.clone()]).len() - 1);
    let forgets = forgotten(architecture);
    let mut all = Vec::new();
    for place in 0..terms + rule.constants().len() {
        for layer in 0..layers {
            all.push(match place.checked_sub(terms) {
                None => theta(place, layer),
                Some(constant) if constant < firsts => forgets[layer],
                Some(_) => CONSTANT,
            });
        }
    }
    rule.clone().per_layer(layers).with_theta(&all)
}

/// 1/τ of the membranes of new networks, in each layer and the readout.
fn forgotten(architecture: &SpikingArchitecture) -> Vec<f64> {
    let parameters = SpikingParameters::<f64>::draw(architecture, 0);
    let times = parameters.tensors().into_iter();
    let times = times.filter(|(place, _)| place.kind == ParameterKind::MembraneTime);
    times.map(|(_, tensor)| 1.0 / tensor.data()[0]).collect()
}
