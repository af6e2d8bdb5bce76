//! Price of a rule: what its terms and their distance from locality cost.

use metaplast_plasticity::{Locality, Rule};

/// What a rule has to earn with its accuracy.
///
/// ```
/// use metaplast_discover::RulePrice;
/// use metaplast_plasticity::{Preset, Rule};
///
/// let price = RulePrice { term: 0.01, locality: 0.001 };
/// // Three terms, of which Oja's needs the weights of all units onto the same input: three steps.
/// assert_eq!(price.of(&Rule::preset(Preset::Bio)), 3.0 * 0.01 + 3.0 * 0.001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulePrice {
    /// For each term.
    pub term: f64,
    /// For each step of a term away from [`Locality::Synapse`].
    pub locality: f64,
}

impl RulePrice {
    /// Of a rule.
    #[must_use]
    pub fn of(self, rule: &Rule) -> f64 {
        let steps: usize = rule.terms().iter().map(|t| steps(t.locality())).sum();
        self.term * rule.terms().len() as f64 + self.locality * steps as f64
    }
}

/// Steps from what a synapse knows by itself.
fn steps(locality: Locality) -> usize {
    match locality {
        Locality::Synapse => 0,
        Locality::LayerScalar => 1,
        Locality::Row => 2,
        Locality::Column => 3,
    }
}
