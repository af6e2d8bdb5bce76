//! Checks whether a rule can be followed in a network.

use super::{Rule, RuleError};
use crate::architecture::Architecture;
use crate::recurrent::RecurrentArchitecture;

impl Rule {
    /// Whether a network of this architecture can learn by the rule.
    ///
    /// ```
    /// use metaplast_plasticity::{Architecture, Preset, Rule, Term};
    ///
    /// let network = Architecture::parse("9x9x1 conv3x4 10")?;
    /// assert!(Rule::preset(Preset::Bio).check(&network).is_ok());
    /// let bounded = Rule::new([Term::parse("soft = (y * y_pre^T) .* W")?])?;
    /// assert!(bounded.check(&network).unwrap_err().to_string().starts_with("term soft"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// In a recurrent network as [`RecurrentArchitecture::check_rule`] says. Where not all is fully connected, when
    /// the rule reads perturbations; and where there are kernels, when a term or memory takes each weight by itself.
    pub fn check(&self, architecture: &Architecture) -> Result<(), RuleError> {
        if architecture.is_recurrent() {
            return Ok(RecurrentArchitecture::check_rule(self)?);
        }
        if !architecture.is_fully_connected() && self.perturbed().is_some() {
            return Err(RuleError::SharedPerturbation);
        }
        let mut layers = 0..architecture.layers();
        let Some(kernel) = layers.find(|&layer| architecture.places(layer).is_some()) else {
            return Ok(());
        };
        let terms = self.terms().iter().filter(|term| term.takes_each_weight());
        let memories = self.memories().iter();
        let memories = memories.filter(|memory| memory.takes_each_weight());
        let mut refused = terms
            .map(|term| format!("term {}", term.symbol()))
            .chain(memories.map(|memory| format!("memory {}", memory.name())));
        match refused.next() {
            None => Ok(()),
            Some(what) => Err(RuleError::SharedElements {
                what,
                layer: kernel + 1,
            }),
        }
    }
}
