//! The state of a run: all that the next step depends on besides what is fixed.

use metaplast_tensor::Scalar;

use crate::functions::exploration;
use crate::inverse_correlation::InverseCorrelation;
use crate::reservoir::{Reservoir, rates_of};
use crate::rule::LearningRule;

/// What a run has come to after a step. A copy of it is enough to go on from there with the same
/// bits; see [`Simulation::set_state`](crate::Simulation::set_state).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReservoirState<T> {
    /// Steps done.
    pub step: u64,
    /// Potentials, `[units]`.
    pub x: Vec<T>,
    /// Rates, noise included, `[units]`.
    pub r: Vec<T>,
    /// Outputs z = z₁ + z₂, `[outputs]`.
    pub z: Vec<T>,
    /// What the mastery pathway supplies, `[outputs]`.
    pub z1: Vec<T>,
    /// What the exploratory pathway supplies, exploration included, `[outputs]`.
    pub z2: Vec<T>,
    /// Mastery weights W₁, `[outputs, units]`.
    pub w1: Vec<T>,
    /// Exploratory weights W₂, `[outputs, units]`.
    pub w2: Vec<T>,
    /// P, where the mastery pathway takes part.
    pub p: Option<InverseCorrelation<T>>,
    /// Running mean m of the error.
    pub mean_error: T,
    /// Running mean of z₂, `[outputs]`.
    pub mean_z2: Vec<T>,
    /// Running mean of z, `[outputs]`.
    pub mean_z: Vec<T>,
    /// The amplitude β of exploration of the next step.
    pub exploration: T,
    /// Outputs of the last steps, a ring in which step i has place (i − 1) mod length.
    pub(crate) recorded: Vec<T>,
}

impl<T: Scalar> ReservoirState<T> {
    /// The state before the first step; `memory` is how many steps' outputs are kept.
    pub(crate) fn new(reservoir: &Reservoir<T>, rule: &LearningRule<T>, memory: usize) -> Self {
        let (units, outputs) = (reservoir.units(), reservoir.outputs());
        let mut r = vec![T::ZERO; units];
        rates_of(reservoir.start(), &mut r);
        let c = &rule.coefficients;
        let algorithm = rule.algorithm;
        let zeros = || vec![T::ZERO; outputs];
        ReservoirState {
            step: 0,
            x: reservoir.start().to_vec(),
            r,
            z: zeros(),
            z1: zeros(),
            z2: zeros(),
            w1: vec![T::ZERO; outputs * units],
            w2: vec![T::ZERO; outputs * units],
            p: algorithm
                .has_mastery()
                .then(|| InverseCorrelation::new(units, rule.regularisation)),
            mean_error: T::ZERO,
            mean_z2: zeros(),
            mean_z: zeros(),
            exploration: if rule.first_steps > 0 {
                T::from_f64(rule.first_exploration)
            } else {
                exploration(T::ZERO, c.exploration_factor, c.exploration_power)
            },
            recorded: vec![T::ZERO; memory * outputs],
        }
    }

    /// How many steps' outputs are kept.
    pub(crate) fn memory(&self) -> u64 {
        (self.recorded.len() / self.z.len()) as u64
    }

    /// The outputs of a step, counted from 1; none for step 0 or without memory.
    pub(crate) fn recorded_at(&self, step: u64) -> Option<&[T]> {
        let place = step.checked_sub(1)?.checked_rem(self.memory())? as usize;
        Some(&self.recorded[place * self.z.len()..][..self.z.len()])
    }

    /// Keeps the outputs of this step in place of the oldest ones.
    pub(crate) fn remember(&mut self) {
        let memory = self.memory();
        if let Some(place) = (self.step - 1).checked_rem(memory) {
            let at = place as usize * self.z.len();
            self.recorded[at..][..self.z.len()].copy_from_slice(&self.z);
        }
    }
}
