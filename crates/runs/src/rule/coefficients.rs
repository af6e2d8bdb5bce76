//! θ as a rule's file says it: term by term, and constants of memories by name.

use std::collections::BTreeMap;

use metaplast_plasticity::{NamedSignal, Rule, RuleError, Term};
use serde::{Deserialize, Serialize};

/// θ of a rule or of one trial.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThetaTable {
    /// In the order in which the file lists the terms.
    pub(super) theta: Vec<Coefficients>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) constants: BTreeMap<String, Coefficients>,
}

/// What a file says of one term.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(
    untagged,
    expecting = "a coefficient is a number, or a list of numbers, one for each layer"
)]
pub(super) enum Coefficients {
    Shared(f64),
    PerLayer(Vec<f64>),
}

pub(super) fn is_per_layer(coefficients: &Coefficients) -> bool {
    matches!(coefficients, Coefficients::PerLayer(_))
}

impl ThetaTable {
    /// θ of a rule, with the terms in the rule's own order.
    pub(super) fn of(rule: &Rule, theta: &[f64]) -> Self {
        let mut each: Vec<Coefficients> = match rule.layers() {
            None => theta.iter().map(|&x| Coefficients::Shared(x)).collect(),
            Some(layers) => theta
                .chunks(layers)
                .map(|theta| Coefficients::PerLayer(theta.to_vec()))
                .collect(),
        };
        let constants = each.split_off(rule.terms().len());
        let names = rule.constants().iter().map(|c| c.name().to_owned());
        ThetaTable {
            theta: each,
            constants: names.zip(constants).collect(),
        }
    }

    /// θ in the order of the rule, whose terms are at these places of the file's list.
    pub(super) fn theta_of(&self, rule: &Rule, places: &[usize]) -> Result<Vec<f64>, String> {
        if self.theta.len() != places.len() {
            let count = RuleError::Count {
                terms: places.len(),
                layers: None,
                theta: self.theta.len(),
            };
            return Err(count.to_string());
        }
        let known: Vec<&str> = rule.constants().iter().map(NamedSignal::name).collect();
        if let Some(other) = self
            .constants
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            return Err(match known.as_slice() {
                [] => format!(
                    "`{other}` is no constant, since the rule remembers nothing; take it out of `constants`"
                ),
                known => format!(
                    "`{other}` is no constant of what the rule remembers; that has {}",
                    known.join(", ")
                ),
            });
        }
        let mut sorted: Vec<&Coefficients> =
            places.iter().map(|&place| &self.theta[place]).collect();
        for name in &known {
            match self.constants.get(*name) {
                Some(value) => sorted.push(value),
                None => {
                    return Err(format!(
                        "the constant `{name}` has no value; give it one, here and in all trials, like constants.{name} = 0.1"
                    ));
                }
            }
        }
        let terms = rule.terms().iter().map(Term::symbol);
        let symbols: Vec<&str> = terms.chain(known).collect();
        flat(&sorted, rule.layers(), |place| symbols[place])
    }
}

/// The numbers of all terms, which must all be shared or all per layer.
fn flat<'a>(
    theta: &[&Coefficients],
    layers: Option<usize>,
    symbol: impl Fn(usize) -> &'a str,
) -> Result<Vec<f64>, String> {
    let mut numbers = Vec::new();
    for (place, coefficients) in theta.iter().enumerate() {
        match (coefficients, layers) {
            (Coefficients::Shared(theta), None) => numbers.push(*theta),
            (Coefficients::PerLayer(theta), Some(layers)) if theta.len() == layers => {
                numbers.extend(theta);
            }
            (Coefficients::PerLayer(theta), Some(layers)) => {
                return Err(format!(
                    "{} has {} coefficients, but the network has {layers} layers of weights; give one for each",
                    symbol(place),
                    theta.len()
                ));
            }
            _ => {
                return Err(format!(
                    "{} has {}; give every term, here and in all trials, a number for all layers or each a list of one for each layer",
                    symbol(place),
                    match coefficients {
                        Coefficients::Shared(_) => "one coefficient, and another term a list",
                        Coefficients::PerLayer(_) =>
                            "a list of coefficients, and `theta` above numbers",
                    }
                ));
            }
        }
    }
    Ok(numbers)
}
