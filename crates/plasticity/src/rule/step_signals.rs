//! Signals of a step that a rule reads: rewards, and what perturbations change.

use super::Rule;
use crate::perturbation::Perturbed;
use crate::text::StepSignal;

impl Rule {
    /// Whether any term or memory reads the `reward` of the step. Then a network does not learn from labels: it
    /// acts, and is told how good that was.
    #[must_use]
    pub fn reads_reward(&self) -> bool {
        self.reads(StepSignal::Reward)
    }

    fn reads(&self, signal: StepSignal) -> bool {
        self.terms.iter().any(|term| term.reads(signal))
            || self.memories.iter().any(|memory| memory.reads(signal))
    }

    /// What a rule has perturbed that reads `loss_change`, `perturbation` or `perturbation_pre`; none where it
    /// reads none of them.
    ///
    /// ```
    /// use metaplast_plasticity::{Perturbed, Rule, Term};
    ///
    /// let nodes = Term::parse("nodes = -loss_change * perturbation * y_pre^T")?;
    /// let weights = Term::parse("weights = -loss_change * perturbation * perturbation_pre^T")?;
    /// assert_eq!(Rule::new([nodes])?.perturbed(), Some(Perturbed::Nodes));
    /// assert_eq!(Rule::new([weights])?.perturbed(), Some(Perturbed::Weights));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn perturbed(&self) -> Option<Perturbed> {
        if self.reads(StepSignal::PrePerturbation) {
            return Some(Perturbed::Weights);
        }
        let nodes = [StepSignal::LossChange, StepSignal::Perturbation];
        let perturbed = nodes.iter().any(|&signal| self.reads(signal));
        perturbed.then_some(Perturbed::Nodes)
    }

    /// Steps from an action to the reward that the rule is told: 0 unless given.
    #[must_use]
    pub fn reward_delay(&self) -> usize {
        self.reward_delay
    }

    /// The same with rewards so many steps after their actions. In the first steps the reward is 0, and
    /// teaching signals stay those of the step's own action, so that what a synapse keeps of earlier steps, an
    /// eligibility trace, is all that meets an action's reward.
    #[must_use]
    pub fn with_reward_delay(self, steps: usize) -> Self {
        Rule {
            reward_delay: steps,
            ..self
        }
    }
}
