//! The tasks of the paper and three variants of the rules for them.
//!
//! `authors` follows the authors' scripts, `modified` the Python port of the ReScience replication
//! (ReScience C 7(1) #11). In task 3 both can fail: the scripts measure the movement of a joint
//! from the running mean of the *exploratory* output, so the whole angle that the mastery pathway
//! supplies counts as movement, the error stays above the gate's threshold and mastery never comes.
//! `steady` measures it from the running mean of the output itself, takes no more of an output's
//! deviation for exploration than exploration can have made, keeps the mastery pathway from learning
//! noise, and changes little where little is left to learn. On arms of three and more segments without
//! costs it shares the rate among joints as `modified` does.

use std::fmt;
use std::str::FromStr;

use metaplast_tensor::Scalar;
use thiserror::Error;

use crate::rule::{Algorithm, CostReference, LearningRule, MasteryTarget};
use crate::task::MovementTask;

/// A task of Pyle & Rosenbaum (2019).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublishedTask {
    /// Task 1: two outputs are the position.
    Drawing,
    /// Task 2 with two segments, 2′ with three, longer arms: the outputs are joint angles.
    Arm {
        /// Segments, at least one.
        segments: usize,
    },
    /// Task 3: an arm of three segments whose joints cost to move.
    CostlyArm,
}

impl PublishedTask {
    /// The task with so many steps a period; 50,000 as published.
    ///
    /// # Panics
    /// When there are no steps or no segments.
    #[must_use]
    #[track_caller]
    pub fn with_steps<T: Scalar>(self, steps: usize) -> MovementTask<T> {
        match self {
            PublishedTask::Drawing => MovementTask::drawing(steps),
            PublishedTask::Arm { segments } => MovementTask::arm(segments, steps),
            PublishedTask::CostlyArm => MovementTask::costly_arm(steps),
        }
    }

    /// Outputs of the readouts.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            PublishedTask::Drawing => 2,
            PublishedTask::Arm { segments } => segments,
            PublishedTask::CostlyArm => 3,
        }
    }
}

/// Whose rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// The authors' scripts.
    Authors,
    /// The modified Python port.
    Modified,
    /// The authors' rules with the movement cost put right, and steadier.
    #[default]
    Steady,
}

impl Variant {
    /// All, in the order of tables.
    pub const ALL: [Variant; 3] = [Variant::Authors, Variant::Modified, Variant::Steady];

    /// The rule of this variant for a published task.
    ///
    /// ```
    /// use metaplast_reservoir::{Algorithm, PublishedTask, Variant};
    ///
    /// let rule = Variant::Authors.rule::<f64>(Algorithm::Supertrex, PublishedTask::CostlyArm);
    /// assert_eq!(rule.coefficients.threshold, 0.015);
    /// ```
    #[must_use]
    pub fn rule<T: Scalar>(self, algorithm: Algorithm, task: PublishedTask) -> LearningRule<T> {
        let rule = authors(algorithm, task);
        match self {
            Variant::Authors => rule,
            Variant::Modified => modified(rule, task),
            Variant::Steady => steady(rule, task),
        }
    }
}

fn authors<T: Scalar>(algorithm: Algorithm, task: PublishedTask) -> LearningRule<T> {
    let mut rule = LearningRule::new(algorithm);
    let c = &mut rule.coefficients;
    match task {
        PublishedTask::Drawing => {}
        PublishedTask::Arm { .. } => {
            c.exploration_factor = T::from_f64(0.01);
            c.exploration_power = T::from_f64(0.2);
            if algorithm == Algorithm::Supertrex {
                c.output_weight = T::from_f64(0.1);
            }
        }
        PublishedTask::CostlyArm => {
            c.rate = T::from_f64(0.5 * 5e-4);
            c.exploration_factor = T::from_f64(0.005);
            c.mastery_gain = T::from_f64(0.9);
            c.threshold = T::from_f64(1.5e-2);
        }
    }
    if task != PublishedTask::Drawing {
        rule.both_signs = true;
        rule.mastery_target = MasteryTarget::ExploratoryMean;
    }
    rule
}

fn modified<T: Scalar>(mut rule: LearningRule<T>, task: PublishedTask) -> LearningRule<T> {
    let n = task.outputs() as f64;
    match task {
        PublishedTask::Drawing => {}
        PublishedTask::Arm { segments } => {
            if segments > 2 {
                rule.coefficients.rate = T::from_f64(5e-4 * 0.1 / n);
            }
            rule.coefficients.threshold = T::from_f64(1.5e-2);
        }
        PublishedTask::CostlyArm => rule.coefficients.rate = T::from_f64(5e-4 * 0.5 / n),
    }
    rule.both_signs = true;
    rule.mastery_target = MasteryTarget::ExploratoryMean;
    rule.cost_reference = CostReference::OutputMean;
    rule.first_steps = 0;
    rule
}

fn steady<T: Scalar>(mut rule: LearningRule<T>, task: PublishedTask) -> LearningRule<T> {
    rule.cost_reference = CostReference::OutputMean;
    rule.error_at_updates_only = false;
    // What is beyond the amplitude of exploration is not exploration but movement, which an update
    // would amplify.
    match task {
        PublishedTask::CostlyArm => {
            rule.steadiness.deviation_limit = Some(1.0);
            rule.steadiness.modulation_limit = Some(1.0);
            if rule.algorithm == Algorithm::Supertrex {
                // W₁ passes on the noise of rates. What it learns along directions in which rates
                // differ by noise alone adds no movement, only noise that hides what exploration did.
                rule.regularisation = 100.0;
                rule.coefficients.exploration_factor = T::from_f64(0.01);
                // Φ without an infinite slope at 0 leaves alone what is learned.
                rule.coefficients.power = T::from_f64(0.5);
            }
        }
        PublishedTask::Arm { segments } if segments > 2 => {
            // More joints than the position has dimensions share one reward.
            rule.coefficients.rate = T::from_f64(5e-4 * 0.1 / segments as f64);
            rule.coefficients.threshold = T::from_f64(1.5e-2);
            rule.steadiness.deviation_limit = Some(2.0);
        }
        _ => {}
    }
    rule
}

const VARIANT_NAMES: [&str; 3] = ["authors", "modified", "steady"];

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(VARIANT_NAMES[*self as usize])
    }
}

/// A name that is not a variant's.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("'{0}' is not a variant; those are authors, modified and steady")]
pub struct UnknownVariant(String);

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(name: &str) -> Result<Self, UnknownVariant> {
        let found = Variant::ALL.into_iter().zip(VARIANT_NAMES);
        let found = found.into_iter().find(|(_, known)| *known == name);
        found
            .map(|(variant, _)| variant)
            .ok_or_else(|| UnknownVariant(name.to_owned()))
    }
}
