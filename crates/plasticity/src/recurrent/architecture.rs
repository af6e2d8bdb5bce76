//! Architectures of recurrent networks: sizes, activation, leak and readout.

use metaplast_autodiff::Var;
use thiserror::Error;

use crate::activation::Activation;
use crate::architecture::{Architecture, BETA};
use crate::digits::exact;
use crate::memory::Memory;
use crate::names::names;
use crate::number::Number;
use crate::rule::Rule;
use crate::unit_parameters::{BIAS, GAIN};

/// Sizes of a recurrent network, what its hidden units do, and when it is read out.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentArchitecture {
    inputs: usize,
    hidden: usize,
    outputs: usize,
    activation: Activation,
    beta: f64,
    leak: f64,
    readout: Readout,
}

/// When a recurrent network gives an output, and is told the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readout {
    /// After the last input.
    #[default]
    Last,
    /// At each step.
    EachStep,
}

names!(Readout, "readout", Last: "last", EachStep: "each-step");

/// Why a recurrent network cannot be, or cannot learn by a rule.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RecurrentError {
    /// A size of zero.
    #[error(
        "a recurrent network needs inputs, hidden units and outputs, at least one of each, got {0:?}"
    )]
    Empty([usize; 3]),
    /// A leak that is none.
    #[error("the leak must be above 0 and at most 1, got {}", exact(*.0))]
    Leak(f64),
    /// A sharpness that makes no softplus.
    #[error("softplus needs a positive, finite β, got {}", exact(*.0))]
    Beta(f64),
    /// A gain or a bias.
    #[error(
        "`{0}` is of feed-forward units, and recurrent ones have none; name the memory otherwise, or leave it out"
    )]
    UnitParameter(String),
    /// A rule that reads what a perturbation changes.
    #[error("the rule reads perturbations; a recurrent network makes none, choose another rule")]
    Perturbation,
    /// A rule that reads the reward.
    #[error(
        "the rule reads the reward; a recurrent network is told the targets and gets none, choose another rule"
    )]
    Reward,
    /// A rule with coefficients for another number of matrices.
    #[error(
        "the rule has coefficients for {0} layers; a recurrent network has three: W_in, W_rec, W_out"
    )]
    Layers(usize),
}

impl RecurrentArchitecture {
    /// A network with so many inputs, hidden units and outputs: softplus units with β = 10, no leak (α = 1),
    /// read out after the last input.
    ///
    /// # Errors
    /// When one of the sizes is zero.
    pub fn new(inputs: usize, hidden: usize, outputs: usize) -> Result<Self, RecurrentError> {
        let sizes = [inputs, hidden, outputs];
        if sizes.contains(&0) {
            return Err(RecurrentError::Empty(sizes));
        }
        Ok(RecurrentArchitecture {
            inputs,
            hidden,
            outputs,
            activation: Activation::Softplus,
            beta: BETA,
            leak: 1.0,
            readout: Readout::Last,
        })
    }

    /// The same with other hidden units.
    #[must_use]
    pub fn with_activation(self, activation: Activation) -> Self {
        RecurrentArchitecture { activation, ..self }
    }

    /// The same with another sharpness of softplus units.
    ///
    /// # Errors
    /// When it is not positive and finite.
    pub fn with_beta(self, beta: f64) -> Result<Self, RecurrentError> {
        match beta > 0.0 && beta.is_finite() {
            true => Ok(RecurrentArchitecture { beta, ..self }),
            false => Err(RecurrentError::Beta(beta)),
        }
    }

    /// The same whose hidden units keep `1 − leak` of their activity from step to step: a time constant of
    /// about `1/leak` steps.
    ///
    /// # Errors
    /// When the leak is not in (0, 1].
    pub fn with_leak(self, leak: f64) -> Result<Self, RecurrentError> {
        match leak > 0.0 && leak <= 1.0 {
            true => Ok(RecurrentArchitecture { leak, ..self }),
            false => Err(RecurrentError::Leak(leak)),
        }
    }

    /// The same with outputs at other times.
    #[must_use]
    pub fn with_readout(self, readout: Readout) -> Self {
        RecurrentArchitecture { readout, ..self }
    }

    /// Numbers that come in at each step.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Hidden units.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The activation φ of hidden units.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// β of softplus units.
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// `φ(z)` of hidden units.
    pub(super) fn activate<'t, T: Number>(&self, z: Var<'t, T>) -> Var<'t, T> {
        self.activation.apply(z, self.beta)
    }

    /// `x ⊙ φ'(z)`, from `a = φ(z)`.
    pub(super) fn times_slope<'t, T: Number>(&self, x: Var<'t, T>, a: Var<'t, T>) -> Var<'t, T> {
        self.activation.times_slope(x, a, self.beta)
    }

    /// The leak α.
    #[must_use]
    pub fn leak(&self) -> f64 {
        self.leak
    }

    /// When outputs are read.
    #[must_use]
    pub fn readout(&self) -> Readout {
        self.readout
    }

    /// Shapes `[post, pre]` of W_in, W_rec and W_out, for
    /// [`Pathway::uniform_of`](crate::Pathway::uniform_of).
    #[must_use]
    pub fn shapes(&self) -> [[usize; 2]; 3] {
        [
            [self.hidden, self.inputs],
            [self.hidden, self.hidden],
            [self.outputs, self.hidden],
        ]
    }

    /// Whether recurrent networks can learn by a rule.
    ///
    /// # Errors
    /// When the rule changes the gain or bias of units, reads the reward or perturbations, or has coefficients for other than three
    /// layers.
    pub fn check_rule(rule: &Rule) -> Result<(), RecurrentError> {
        let mut names = rule.memories().iter().map(Memory::name);
        if let Some(name) = names.find(|name| [BIAS, GAIN].contains(name)) {
            return Err(RecurrentError::UnitParameter(name.to_owned()));
        }
        if rule.reads_reward() {
            return Err(RecurrentError::Reward);
        }
        if rule.perturbed().is_some() {
            return Err(RecurrentError::Perturbation);
        }
        match rule.layers() {
            None | Some(3) => Ok(()),
            Some(layers) => Err(RecurrentError::Layers(layers)),
        }
    }
}

impl Architecture {
    /// What [recurrent networks](crate::RecurrentNetwork) are built from; none of a feed-forward network. It is
    /// read out after the last input.
    ///
    /// ```
    /// use metaplast_plasticity::Architecture;
    ///
    /// let architecture = Architecture::parse("28 recurrent64 47")?.with_leak(0.5)?;
    /// let recurrent = architecture.recurrent().expect("a recurrent network");
    /// assert_eq!(architecture.shapes(), recurrent.shapes());
    /// assert_eq!((recurrent.hidden(), recurrent.leak()), (64, 0.5));
    /// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
    /// ```
    #[must_use]
    pub fn recurrent(&self) -> Option<RecurrentArchitecture> {
        if !self.is_recurrent() {
            return None;
        }
        let recurrent = RecurrentArchitecture::new(self.inputs(), self.sizes()[1], self.outputs());
        let recurrent = recurrent.and_then(|recurrent| {
            let recurrent = recurrent.with_activation(self.activation());
            recurrent.with_beta(self.beta())?.with_leak(self.leak())
        });
        Some(recurrent.expect("sizes, β and leak were checked"))
    }

    /// Inputs that the network sees of an example with so many elements, one after the other: one in feed-forward
    /// networks; none where the example does not fit.
    #[must_use]
    pub fn steps_of(&self, elements: usize) -> Option<usize> {
        let steps = elements / self.inputs();
        let fits = match self.is_recurrent() {
            true => steps > 0 && elements.is_multiple_of(self.inputs()),
            false => elements == self.inputs(),
        };
        fits.then_some(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_rules::KnownRule;

    #[test]
    fn impossible_ones_are_refused_in_words() {
        let architecture = || RecurrentArchitecture::new(2, 3, 2).unwrap();
        let leak = architecture().with_leak(0.0).unwrap_err().to_string();
        assert_eq!(leak, "the leak must be above 0 and at most 1, got 0");
        assert!(architecture().with_leak(f64::NAN).is_err());
        assert!(architecture().with_beta(-1.0).is_err());
        let refused = |name: &str| {
            let rule = KnownRule::find(name).unwrap().rule();
            RecurrentArchitecture::check_rule(&rule).unwrap_err()
        };
        assert_eq!(refused("node-perturbation"), RecurrentError::Perturbation);
        let empty = RecurrentArchitecture::new(2, 0, 2);
        assert_eq!(empty, Err(RecurrentError::Empty([2, 0, 2])));
        for readout in Readout::ALL {
            assert_eq!(readout.name().parse(), Ok(readout));
        }
    }
}
