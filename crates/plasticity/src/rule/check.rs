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
    /// With kernels or pooling, when the rule has memories or reads perturbations, or a term takes each weight
    /// by itself; in a recurrent network as [`RecurrentArchitecture::check_rule`] says.
    pub fn check(&self, architecture: &Architecture) -> Result<(), RuleError> {
        if architecture.is_fully_connected() {
            return Ok(());
        }
        if architecture.is_recurrent() {
            return Ok(RecurrentArchitecture::check_rule(self)?);
        }
        if let Some(memory) = self.memories().first() {
            return Err(RuleError::SharedMemory(memory.name().to_owned()));
        }
        if self.perturbed().is_some() {
            return Err(RuleError::SharedPerturbation);
        }
        match self.terms().iter().find(|term| term.takes_each_weight()) {
            Some(term) => Err(RuleError::SharedElements(term.symbol().to_owned())),
            None => Ok(()),
        }
    }
}
