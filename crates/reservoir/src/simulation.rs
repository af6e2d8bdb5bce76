//! Simulations: a reservoir, a rule and a task, advanced step by step.
//!
//! A step of learning goes, in this order, through: feedback and the reservoir; the outputs of both
//! pathways; running means of outputs; position and error; the running mean of the error and the
//! next step's exploration; the exploratory pathway's weights; the mastery pathway's weights and P.

use std::sync::Arc;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{Write, dot, matvec};

use crate::divergence::{Diverged, WatchedQuantity};
use crate::draws::Draws;
use crate::learning::Learner;
use crate::reservoir::Reservoir;
use crate::rule::{CostReference, LearningRule};
use crate::schedule::{OutputFeedback, Period, PeriodSchedule, Reward};
use crate::state::ReservoirState;
use crate::target::angle;
use crate::task::MovementTask;

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step<'a, T> {
    /// The step, counted from 1.
    pub step: u64,
    /// Outputs z, `[outputs]`.
    pub z: &'a [T],
    /// Position p, `[dims]`.
    pub position: &'a [T],
    /// Target f, `[dims]`.
    pub target: &'a [T],
    /// |p − f|², the movement's error in position alone.
    pub squared_distance: T,
    /// The cost of movement.
    pub cost: T,
    /// The error e that counts: the sum of both. For FORCE it may be zero between updates, see
    /// [`LearningRule::error_at_updates_only`]. What a noisy reward is replaced by does not show here.
    pub error: T,
    /// How far the mastery pathway's gate was open, at a step at which it was asked.
    pub gate: Option<T>,
}

/// A run in progress.
///
/// ```
/// use metaplast_reservoir::{
///     Algorithm, Period, PublishedTask, Reservoir, Seeded, Simulation, Variant,
/// };
///
/// let task = PublishedTask::Drawing;
/// let rule = Variant::Steady.rule::<f64>(Algorithm::Force, task);
/// let reservoir = Reservoir::random(100, task.outputs(), 1);
/// let mut run = Simulation::new(reservoir, rule, task.with_steps(500), Seeded::new(1));
///
/// let mut sum = 0.0;
/// for _ in 0..5000 {
///     sum += run.step(&Period::learning())?.squared_distance.sqrt();
/// }
/// assert!(sum / 5000.0 < 0.3);
/// # Ok::<(), metaplast_reservoir::Diverged>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation<T: Scalar> {
    reservoir: Arc<Reservoir<T>>,
    rule: LearningRule<T>,
    task: Arc<MovementTask<T>>,
    draws: Arc<dyn Draws>,
    state: ReservoirState<T>,
    learner: Learner<T>,
    scratch: Scratch<T>,
}

/// Room for one step's results.
#[derive(Clone, Debug)]
struct Scratch<T> {
    feedback: Vec<T>,
    drive: Vec<T>,
    noise: Vec<f64>,
    exploration: Vec<f64>,
    position: Vec<T>,
}

impl<T: Scalar> Simulation<T> {
    /// A run before its first step.
    ///
    /// # Panics
    /// When the reservoir has not as many feedback weights a unit as the task has outputs.
    #[must_use]
    #[track_caller]
    pub fn new(
        reservoir: impl Into<Arc<Reservoir<T>>>,
        rule: LearningRule<T>,
        task: impl Into<Arc<MovementTask<T>>>,
        draws: impl Draws + 'static,
    ) -> Self {
        let (reservoir, task) = (reservoir.into(), task.into());
        let (units, outputs) = (reservoir.units(), reservoir.outputs());
        assert!(
            outputs == task.outputs(),
            "simulation: a reservoir for {outputs} outputs, a task of {}",
            task.outputs()
        );
        let dims = task.effector.dims();
        assert!(
            rule.algorithm.has_exploratory() || dims == outputs,
            "simulation: FORCE learns {outputs} outputs from targets of {dims} dimensions"
        );
        Simulation {
            state: ReservoirState::new(&reservoir, &rule, 0),
            learner: Learner::new(units, outputs),
            scratch: Scratch {
                feedback: vec![T::ZERO; outputs],
                drive: vec![T::ZERO; units],
                noise: vec![0.0; units],
                exploration: vec![0.0; outputs],
                position: vec![T::ZERO; dims],
            },
            reservoir,
            rule,
            task,
            draws: Arc::new(draws),
        }
    }

    /// Keeps the outputs of the last so many periods, for [`OutputFeedback::Recorded`]. Steps before now
    /// count as zero.
    #[must_use]
    pub fn with_memory(mut self, periods: u32) -> Self {
        let steps = periods as usize * self.task.steps();
        self.state.recorded = vec![T::ZERO; steps * self.state.z.len()];
        self
    }

    /// The state after the last step.
    #[must_use]
    pub fn state(&self) -> &ReservoirState<T> {
        &self.state
    }

    /// Goes on from a state of a run of the same shape, with the same bits as that run.
    ///
    /// # Panics
    /// When the state has another number of units or outputs.
    #[track_caller]
    pub fn set_state(&mut self, state: ReservoirState<T>) {
        let (here, there) = (&self.state, &state);
        assert!(
            (here.x.len(), here.z.len()) == (there.x.len(), there.z.len()),
            "set_state: {} units and {} outputs, not {} and {}",
            there.x.len(),
            there.z.len(),
            here.x.len(),
            here.z.len()
        );
        self.state = state;
    }

    /// The reservoir.
    #[must_use]
    pub fn reservoir(&self) -> &Reservoir<T> {
        &self.reservoir
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &LearningRule<T> {
        &self.rule
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &MovementTask<T> {
        &self.task
    }

    /// Runs a schedule from its period that the run has come to, and shows each step to `observe`.
    ///
    /// # Errors
    /// When the run diverges.
    pub fn run(
        &mut self,
        schedule: &PeriodSchedule,
        mut observe: impl FnMut(Step<'_, T>),
    ) -> Result<(), Diverged> {
        let steps = self.task.steps() as u64;
        for (number, period) in schedule.periods().iter().enumerate() {
            while self.state.step < (number as u64 + 1) * steps {
                observe(self.step(period)?);
            }
        }
        Ok(())
    }

    /// One step of a period.
    ///
    /// # Errors
    /// When the run diverges. The state is then that of the step.
    ///
    /// # Panics
    /// When the task has not the period's target, the feedback asks for a target whose points have
    /// not as many dimensions as there are outputs or for more periods than the run
    /// [keeps](Self::with_memory).
    #[track_caller]
    pub fn step(&mut self, period: &Period) -> Result<Step<'_, T>, Diverged> {
        let step = self.state.step + 1;
        self.feed_back(step, period);
        self.advance_reservoir(step, period);
        self.read_out(step, period);
        self.state.step = step;
        self.state.remember();
        self.average_outputs(period);

        self.task
            .effector
            .position(&self.state.z, &mut self.scratch.position);
        let target = self.task.targets[period.target].at(step);
        let squared_distance = squared_distance(&self.scratch.position, target);
        let cost = self.cost();
        let error = squared_distance + cost;
        let gate = if period.is_test {
            None
        } else {
            let reward = match period.reward {
                Reward::Intact => error,
                Reward::Noise { from, to } => {
                    T::from_f64(from + (to - from) * self.draws.reward(step))
                }
            };
            let learner = &mut self.learner;
            learner.learn(&self.rule, period, reward, target, &mut self.state)
        };
        self.watch()?;

        let unseen = self.rule.error_at_updates_only
            && !self.rule.algorithm.has_exploratory()
            && !period.is_test
            && gate.is_none();
        Ok(Step {
            step,
            z: &self.state.z,
            position: &self.scratch.position,
            target,
            squared_distance,
            cost,
            error: if unseen { T::ZERO } else { error },
            gate,
        })
    }

    /// What the feedback weights carry.
    fn feed_back(&mut self, step: u64, period: &Period) {
        let (state, feedback) = (&mut self.state, &mut self.scratch.feedback);
        match period.feedback {
            OutputFeedback::Outputs => feedback.copy_from_slice(&state.z),
            OutputFeedback::Target => {
                feedback.copy_from_slice(self.task.targets[period.target].at(step));
            }
            OutputFeedback::Recorded { periods } => {
                let ago = u64::from(periods) * self.task.steps() as u64;
                assert!(
                    ago > 0 && ago <= state.memory(),
                    "feedback of {periods} periods ago in a run that keeps {} steps",
                    state.memory()
                );
                match step
                    .checked_sub(ago)
                    .and_then(|then| state.recorded_at(then))
                {
                    Some(z) => feedback.copy_from_slice(z),
                    None => feedback.fill(T::ZERO),
                }
            }
            OutputFeedback::Circle => {
                let steps = self.task.steps();
                let angle = angle(((step - 1) % steps as u64) as usize, steps);
                let point = [Scalar::cos(angle), Scalar::sin(angle)];
                let point = point.into_iter().chain(std::iter::repeat(0.0));
                for (b, value) in feedback.iter_mut().zip(point) {
                    *b = T::from_f64(value);
                }
            }
        }
    }

    fn advance_reservoir(&mut self, step: u64, period: &Period) {
        let (state, scratch) = (&mut self.state, &mut self.scratch);
        let (x, r) = (&mut state.x, &mut state.r);
        self.reservoir
            .advance(&scratch.feedback, x, r, &mut scratch.drive);
        if !period.is_test {
            self.draws.reservoir(step, &mut scratch.noise);
            let size = self.reservoir.constants().noise;
            for (r, &noise) in r.iter_mut().zip(&scratch.noise) {
                *r += T::from_f64(size * noise);
            }
        }
    }

    /// z₁, z₂ with exploration, and z.
    fn read_out(&mut self, step: u64, period: &Period) {
        let (state, scratch) = (&mut self.state, &mut self.scratch);
        state.z1.fill(T::ZERO);
        if period.mastery && self.rule.algorithm.has_mastery() {
            matvec(&state.w1, &state.r, &mut state.z1, Write::Set);
        }
        state.z2.fill(T::ZERO);
        if period.exploratory && self.rule.algorithm.has_exploratory() {
            matvec(&state.w2, &state.r, &mut state.z2, Write::Set);
            if !period.is_test {
                self.draws.exploration(step, &mut scratch.exploration);
                for (z2, &noise) in state.z2.iter_mut().zip(&scratch.exploration) {
                    *z2 += state.exploration * T::from_f64(noise);
                }
            }
        }
        for (z, (&z1, &z2)) in state.z.iter_mut().zip(state.z1.iter().zip(&state.z2)) {
            *z = z1 + z2;
        }
    }

    fn average_outputs(&mut self, period: &Period) {
        let state = &mut self.state;
        let weight = if state.step == 1 {
            T::ONE
        } else {
            self.rule.coefficients.output_weight
        };
        average(&mut state.mean_z, &state.z, weight);
        if !(period.is_test && period.exploratory) {
            average(&mut state.mean_z2, &state.z2, weight);
        }
    }

    /// What the movement of the outputs costs.
    fn cost(&self) -> T {
        let reference = match self.rule.cost_reference {
            CostReference::ExploratoryMean => &self.state.mean_z2,
            CostReference::OutputMean => &self.state.mean_z,
        };
        let moved = self.state.z.iter().zip(reference);
        let costs = moved.zip(&self.task.costs);
        costs.fold(T::ZERO, |sum, ((&z, &reference), &cost)| {
            sum + cost * (z - reference).abs()
        })
    }

    /// Divergence, by the outputs at every step and by the weights whenever mastery may learn.
    fn watch(&self) -> Result<(), Diverged> {
        let (state, limits) = (&self.state, self.rule.limits);
        for z in &state.z {
            let size = z.to_f64().abs();
            Diverged::check(state.step, WatchedQuantity::Output, size, limits.output)?;
        }
        if state.step.is_multiple_of(self.rule.mastery_interval) {
            for (quantity, weights) in [
                (WatchedQuantity::MasteryWeights, &state.w1),
                (WatchedQuantity::ExploratoryWeights, &state.w2),
            ] {
                let norm = dot(weights, weights).to_f64().sqrt();
                Diverged::check(state.step, quantity, norm, limits.weights)?;
            }
        }
        Ok(())
    }
}

/// mean ← (1 − weight) mean + weight · present
fn average<T: Scalar>(means: &mut [T], present: &[T], weight: T) {
    for (mean, &present) in means.iter_mut().zip(present) {
        *mean = (T::ONE - weight) * *mean + weight * present;
    }
}

fn squared_distance<T: Scalar>(position: &[T], target: &[T]) -> T {
    let differences = position.iter().zip(target).map(|(&p, &f)| p - f);
    differences.fold(T::ZERO, |sum, d| sum + d * d)
}
