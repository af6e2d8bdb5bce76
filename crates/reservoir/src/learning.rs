//! Weight changes: what a step of learning does to both pathways.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{dot, rank_k_update};

use crate::functions::{exploration, gate, modulation};
use crate::rule::{Algorithm, LearningRule, MasteryTarget};
use crate::schedule::Period;
use crate::state::ReservoirState;

/// Room for a step's vectors.
#[derive(Clone, Debug)]
pub(crate) struct Learner<T> {
    /// k = P r
    gain: Vec<T>,
    /// A factor for each output's row.
    factors: Vec<T>,
}

impl<T: Scalar> Learner<T> {
    pub(crate) fn new(units: usize, outputs: usize) -> Self {
        Learner {
            gain: vec![T::ZERO; units],
            factors: vec![T::ZERO; outputs],
        }
    }

    /// Learns from the step whose outputs the state holds. Returns how far the mastery pathway's
    /// gate was open, when it was asked.
    pub(crate) fn learn(
        &mut self,
        rule: &LearningRule<T>,
        period: &Period,
        reward: T,
        target: &[T],
        state: &mut ReservoirState<T>,
    ) -> Option<T> {
        let mastery_is_due = rule.algorithm.has_mastery()
            && period.mastery
            && period.mastery_learns
            && state.step.is_multiple_of(rule.mastery_interval);
        if rule.algorithm == Algorithm::Force {
            return mastery_is_due.then(|| {
                for (factor, (&z, &f)) in self.factors.iter_mut().zip(state.z.iter().zip(target)) {
                    *factor = f - z;
                }
                self.learn_mastery(T::ONE, T::ONE, rule, state);
                T::ONE
            });
        }

        self.learn_exploratory(rule, period, reward, state);
        mastery_is_due.then(|| {
            let c = &rule.coefficients;
            let open = gate(state.mean_error, c.threshold, c.slope);
            if !open.is_zero() {
                self.factors.copy_from_slice(match rule.mastery_target {
                    MasteryTarget::Exploratory => &state.z2,
                    MasteryTarget::ExploratoryMean => &state.mean_z2,
                });
                self.learn_mastery(open, c.mastery_gain, rule, state);
            }
            open
        })
    }

    /// The running mean of the error, the next step's exploration, and
    /// W₂ ← W₂ + rate · Φ(m − e) (z₂ − z̄₂) rᵀ.
    fn learn_exploratory(
        &mut self,
        rule: &LearningRule<T>,
        period: &Period,
        reward: T,
        state: &mut ReservoirState<T>,
    ) {
        let c = &rule.coefficients;
        let first = state.step == 1;
        let explored_with = state.exploration;
        state.mean_error = if first {
            reward
        } else {
            (T::ONE - c.error_weight) * state.mean_error + c.error_weight * reward
        };
        if state.step >= rule.first_steps {
            let amplitude =
                exploration(state.mean_error, c.exploration_factor, c.exploration_power);
            let limit = rule.steadiness.exploration_limit.map(T::from_f64);
            state.exploration = within(amplitude, limit);
        }
        if first || !period.exploratory || !period.exploratory_learns {
            return;
        }

        let better = state.mean_error - reward;
        let phi = modulation(better, c.factor, c.power, rule.both_signs);
        let steadiness = &rule.steadiness;
        let strength = c.rate * within(phi, steadiness.modulation_limit.map(T::from_f64));
        if strength.is_zero() {
            return;
        }
        let most = steadiness.deviation_limit;
        let most = most.map(|limit| T::from_f64(limit) * explored_with);
        let explored = state.z2.iter().zip(&state.mean_z2);
        for (factor, (&z2, &mean)) in self.factors.iter_mut().zip(explored) {
            *factor = strength * within(z2 - mean, most);
        }
        add_outer(&mut state.w2, &self.factors, &state.r);
        limit_rows(
            &mut state.w2,
            state.r.len(),
            rule.steadiness.exploratory_row_limit,
        );
    }

    /// Recursive least squares towards more of `factors`: with k = P r and c = 1/(1 + r·k),
    /// P ← P − open · c k kᵀ and W₁ ← W₁ + gain · open · c · factors kᵀ.
    fn learn_mastery(
        &mut self,
        open: T,
        gain: T,
        rule: &LearningRule<T>,
        state: &mut ReservoirState<T>,
    ) {
        let p = state.p.as_mut().expect("an algorithm with mastery has P");
        p.matvec(&state.r, &mut self.gain);
        let c = T::ONE / (T::ONE + dot(&state.r, &self.gain));
        p.subtract_outer(open * c, &self.gain);
        for factor in &mut self.factors {
            *factor = gain * open * c * *factor;
        }
        add_outer(&mut state.w1, &self.factors, &self.gain);
        limit_rows(
            &mut state.w1,
            state.r.len(),
            rule.steadiness.mastery_row_limit,
        );
    }
}

/// W ← W + u vᵀ
fn add_outer<T: Scalar>(w: &mut [T], u: &[T], v: &[T]) {
    rank_k_update(w, u.len(), v.len(), T::ONE, &[u], &[v]);
}

/// Scales rows down to a norm.
fn limit_rows<T: Scalar>(w: &mut [T], cols: usize, limit: Option<f64>) {
    let Some(limit) = limit.map(T::from_f64) else {
        return;
    };
    for row in w.chunks_mut(cols) {
        let square = dot(row, row);
        if square > limit * limit {
            let scale = limit / square.sqrt();
            row.iter_mut().for_each(|w| *w = scale * *w);
        }
    }
}

/// The number cut off at a size.
fn within<T: Scalar>(x: T, limit: Option<T>) -> T {
    match limit {
        Some(limit) if x > limit => limit,
        Some(limit) if x < -limit => -limit,
        _ => x,
    }
}
