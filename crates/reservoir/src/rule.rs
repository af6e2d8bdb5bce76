//! Learning rules: which algorithm, its coefficients, and the points in which variants differ.

use std::fmt;

use metaplast_tensor::Scalar;

/// How the readouts learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Recursive least squares on the target itself, in closed loop (Sussillo & Abbott 2009).
    Force,
    /// Reward-modulated Hebbian learning of the exploratory pathway (Hoerzer et al. 2014).
    Rmhl,
    /// RMHL whose outputs a mastery pathway learns by recursive least squares once the error is low
    /// (Pyle & Rosenbaum 2019).
    Supertrex,
}

impl Algorithm {
    /// All, in the order of tables.
    pub const ALL: [Algorithm; 3] = [Algorithm::Force, Algorithm::Rmhl, Algorithm::Supertrex];

    /// Whether the mastery pathway W₁ takes part.
    #[must_use]
    pub fn has_mastery(self) -> bool {
        self != Algorithm::Rmhl
    }

    /// Whether the exploratory pathway W₂ takes part.
    #[must_use]
    pub fn has_exploratory(self) -> bool {
        self != Algorithm::Force
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Algorithm::Force => "FORCE",
            Algorithm::Rmhl => "RMHL",
            Algorithm::Supertrex => "SUPERTREX",
        })
    }
}

/// The numbers of a rule that one could wish to differentiate by.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Coefficients<T> {
    /// Learning rate of the exploratory pathway.
    pub rate: T,
    /// Factor of [`modulation`](crate::modulation) Φ; its product with the rate is what counts.
    pub factor: T,
    /// Power of Φ.
    pub power: T,
    /// Factor of [`exploration`](crate::exploration) Ψ.
    pub exploration_factor: T,
    /// Power of Ψ.
    pub exploration_power: T,
    /// Weight λ_m of the present error in its running mean m.
    pub error_weight: T,
    /// Weight λ_z of the present output in the running means of outputs.
    pub output_weight: T,
    /// Gain κ of the mastery pathway's learning.
    pub mastery_gain: T,
    /// Error at which the mastery pathway's [`gate`](crate::gate) is half open.
    pub threshold: T,
    /// Slope of the gate.
    pub slope: T,
}

impl<T> Coefficients<T> {
    /// Another number for each, told by its name.
    #[must_use]
    pub fn map<U>(self, mut f: impl FnMut(&'static str, T) -> U) -> Coefficients<U> {
        Coefficients {
            rate: f("rate", self.rate),
            factor: f("factor", self.factor),
            power: f("power", self.power),
            exploration_factor: f("exploration factor", self.exploration_factor),
            exploration_power: f("exploration power", self.exploration_power),
            error_weight: f("error weight", self.error_weight),
            output_weight: f("output weight", self.output_weight),
            mastery_gain: f("mastery gain", self.mastery_gain),
            threshold: f("threshold", self.threshold),
            slope: f("slope", self.slope),
        }
    }
}

impl<T: Scalar> Default for Coefficients<T> {
    /// Those of task 1.
    fn default() -> Self {
        Coefficients {
            rate: T::from_f64(5e-4),
            factor: T::from_f64(5.0),
            power: T::from_f64(0.25),
            exploration_factor: T::from_f64(0.025),
            exploration_power: T::from_f64(0.25),
            error_weight: T::from_f64(0.2),
            output_weight: T::from_f64(0.2),
            mastery_gain: T::from_f64(0.5),
            threshold: T::from_f64(1.5e-3),
            slope: T::from_f64(5e5),
        }
    }
}

/// What the mastery pathway learns to supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MasteryTarget {
    /// The exploratory output z₂ of the step.
    Exploratory,
    /// Its running mean z̄₂.
    ExploratoryMean,
}

/// What an output is compared with where its movement costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CostReference {
    /// The running mean of the exploratory output z₂, as in the authors' scripts. Whatever the
    /// mastery pathway supplies then counts as movement, even when nothing moves. In a test without
    /// exploratory pathway the mean decays towards zero, otherwise it stays.
    ExploratoryMean,
    /// The running mean of the output z itself, which goes on in tests.
    OutputMean,
}

/// What keeps a run from running away. All off by default, as in the authors' scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Steadiness {
    /// The largest amplitude of exploration.
    pub exploration_limit: Option<f64>,
    /// The largest Euclidean norm of a row of W₂; a longer row is scaled down after its update.
    pub exploratory_row_limit: Option<f64>,
    /// The largest Euclidean norm of a row of W₁.
    pub mastery_row_limit: Option<f64>,
    /// The largest |z₂ − z̄₂| that an update takes for exploration, in amplitudes β; what lies beyond
    /// is movement.
    pub deviation_limit: Option<f64>,
    /// The largest |Φ|.
    pub modulation_limit: Option<f64>,
}

/// Sizes beyond which a run counts as diverged.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct DivergenceLimits {
    /// Of an output.
    pub output: f64,
    /// Of the Frobenius norm of the weights of a pathway.
    pub weights: f64,
}

impl Default for DivergenceLimits {
    /// Two orders above what healthy runs reach.
    fn default() -> Self {
        DivergenceLimits {
            output: 100.0,
            weights: 100.0,
        }
    }
}

/// A rule: an algorithm and all that is to be said about it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LearningRule<T> {
    /// How the readouts learn.
    pub algorithm: Algorithm,
    /// Its numbers.
    pub coefficients: Coefficients<T>,
    /// Whether an error above its mean unlearns; see [`modulation`](crate::modulation).
    pub both_signs: bool,
    /// Steps at the start of a run that explore with [`first_exploration`](Self::first_exploration).
    /// With none, the first step does not explore.
    pub first_steps: u64,
    /// The amplitude of exploration in the first steps.
    pub first_exploration: f64,
    /// What the mastery pathway learns.
    pub mastery_target: MasteryTarget,
    /// Every how many steps the mastery pathway learns.
    pub mastery_interval: u64,
    /// γ: the matrix P starts as the identity over γ.
    pub regularisation: f64,
    /// What movement is measured from.
    pub cost_reference: CostReference,
    /// Whether FORCE has an error only at the steps at which it learns, and zero between them, as
    /// the authors' figures do.
    pub error_at_updates_only: bool,
    /// What keeps a run from running away.
    pub steadiness: Steadiness,
    /// When a run counts as diverged.
    pub limits: DivergenceLimits,
}

impl<T> LearningRule<T> {
    /// The same rule with coefficients of another type of number, for runs that carry derivatives.
    #[must_use]
    pub fn with_coefficients<U>(self, coefficients: Coefficients<U>) -> LearningRule<U> {
        LearningRule {
            coefficients,
            algorithm: self.algorithm,
            both_signs: self.both_signs,
            first_steps: self.first_steps,
            first_exploration: self.first_exploration,
            mastery_target: self.mastery_target,
            mastery_interval: self.mastery_interval,
            regularisation: self.regularisation,
            cost_reference: self.cost_reference,
            error_at_updates_only: self.error_at_updates_only,
            steadiness: self.steadiness,
            limits: self.limits,
        }
    }
}

impl<T: Scalar> LearningRule<T> {
    /// The authors' rule for task 1.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        LearningRule {
            algorithm,
            coefficients: Coefficients::default(),
            both_signs: false,
            first_steps: 2,
            first_exploration: 0.01,
            mastery_target: MasteryTarget::Exploratory,
            mastery_interval: 10,
            regularisation: 10.0,
            cost_reference: CostReference::ExploratoryMean,
            error_at_updates_only: true,
            steadiness: Steadiness::default(),
            limits: DivergenceLimits::default(),
        }
    }
}
