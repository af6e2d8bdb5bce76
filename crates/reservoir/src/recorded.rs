//! Recorded runs: learning on a tape, for derivatives by the coefficients of the rule.
//!
//! Every weight change is of rank one, so W₁, W₂ and P are *states* of the tape: one matrix each,
//! rewound step by step on the way back. A step keeps a handful of vectors of the reservoir's size
//! and no matrix. P takes part in two ways, k = P r before its own change and that change; in this
//! order both are recorded, so the sweep finds each read's matrix.

use std::sync::Arc;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};

use crate::draws::Draws;
use crate::recorded_ops::{Connections, Position, average, power, within};
use crate::reservoir::Reservoir;
use crate::rule::{Algorithm, CostReference, LearningRule, MasteryTarget};
use crate::schedule::{OutputFeedback, Period, PeriodSchedule, Reward};
use crate::target::angle;
use crate::task::MovementTask;

/// A run like [`Simulation`](crate::Simulation) on a tape. Coefficients are variables of the tape;
/// those that are not to be differentiated are constants.
///
/// Of the rule's steadiness the bounds of rows are not differentiable in place and are refused.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_reservoir::{
///     Algorithm, OutputFeedback, Period, PublishedTask, RecordedRun, Reservoir, PeriodSchedule, Seeded, Variant,
/// };
///
/// let task = PublishedTask::Drawing;
/// let rule = Variant::Authors.rule::<f64>(Algorithm::Rmhl, task);
/// let reservoir = Reservoir::random(40, task.outputs(), 1);
///
/// let tape = Tape::new();
/// let coefficients = rule.coefficients.map(|_, number| tape.scalar(number));
/// let rule = rule.with_coefficients(coefficients);
/// let mut run = RecordedRun::new(&tape, &reservoir, rule, task.with_steps(50), Seeded::new(1));
/// run.run(&PeriodSchedule::new().then(2, Period::learning()));
/// let loss = run.test_loss(1, Period::test().with_feedback(OutputFeedback::Target));
/// assert!(loss.backward().wrt(coefficients.rate).item() != 0.0);
/// ```
#[derive(Debug)]
pub struct RecordedRun<'t, T: Scalar> {
    tape: &'t Tape<T>,
    connections: Arc<Connections<T>>,
    position: Arc<Position<T>>,
    /// Q, `[units, outputs]`.
    feedback: Var<'t, T>,
    share: f64,
    noise: f64,
    rule: LearningRule<Var<'t, T>>,
    task: Arc<MovementTask<T>>,
    draws: Arc<dyn Draws>,
    step: u64,
    x: Var<'t, T>,
    r: Var<'t, T>,
    z: Var<'t, T>,
    z2: Var<'t, T>,
    w1: State<'t, T>,
    w2: State<'t, T>,
    p: Option<State<'t, T>>,
    averages: Option<Averages<'t, T>>,
    mean_error: Option<Var<'t, T>>,
    exploration: Var<'t, T>,
    /// The outputs of all steps.
    outputs: Vec<Var<'t, T>>,
}

/// Running means of outputs.
#[derive(Clone, Copy, Debug)]
struct Averages<'t, T: Scalar> {
    z: Var<'t, T>,
    z2: Var<'t, T>,
}

impl<'t, T: Scalar> RecordedRun<'t, T> {
    /// A run before its first step.
    ///
    /// # Panics
    /// When the reservoir does not fit the task, FORCE is asked for a task whose outputs are no
    /// positions, or the rule bounds rows.
    #[must_use]
    #[track_caller]
    pub fn new(
        tape: &'t Tape<T>,
        reservoir: &Reservoir<T>,
        rule: LearningRule<Var<'t, T>>,
        task: impl Into<Arc<MovementTask<T>>>,
        draws: impl Draws + 'static,
    ) -> Self {
        let task = task.into();
        let (units, outputs) = (reservoir.units(), reservoir.outputs());
        assert!(
            outputs == task.outputs(),
            "recorded run: a reservoir for {outputs} outputs, a task of {}",
            task.outputs()
        );
        let dims = task.effector.dims();
        assert!(
            rule.algorithm.has_exploratory() || dims == outputs,
            "recorded run: FORCE learns {outputs} outputs from targets of {dims} dimensions"
        );
        let steadiness = &rule.steadiness;
        assert!(
            steadiness.exploratory_row_limit.is_none() && steadiness.mastery_row_limit.is_none(),
            "recorded run: rows of states that learn on a tape cannot be bounded"
        );
        let constants = reservoir.constants();
        let x = tape.constant(&vector(reservoir.start()));
        let zero = tape.constant(&Tensor::zeros([outputs]));
        let weights = Tensor::zeros([outputs, units]);
        let c = &rule.coefficients;
        let exploration = if rule.first_steps > 0 {
            tape.constant(&Tensor::scalar(T::from_f64(rule.first_exploration)))
        } else {
            c.exploration_factor * 0.0
        };
        RecordedRun {
            tape,
            connections: Arc::new(Connections::new(reservoir.connections())),
            position: Arc::new(Position(Arc::clone(&task.effector))),
            feedback: tape.constant(&reservoir.feedback_matrix()),
            share: constants.dt / constants.tau,
            noise: constants.noise,
            r: x.tanh(),
            x,
            z: zero,
            z2: zero,
            w1: tape.state(&weights),
            w2: tape.state(&weights),
            p: rule.algorithm.has_mastery().then(|| {
                let start = T::from_f64(1.0 / rule.regularisation);
                tape.state(&Tensor::eye(units).map(|x: T| start * x))
            }),
            averages: None,
            mean_error: None,
            exploration,
            outputs: Vec::new(),
            step: 0,
            rule,
            task,
            draws: Arc::new(draws),
        }
    }

    /// Runs a schedule from where the run has come to.
    ///
    /// # Panics
    /// Like [`step`](Self::step).
    #[track_caller]
    pub fn run(&mut self, schedule: &PeriodSchedule) {
        for period in schedule.periods() {
            for _ in 0..self.task.steps() {
                self.step(period);
            }
        }
    }

    /// Runs a test of so many periods and returns the mean of |p − f|² over its steps.
    ///
    /// # Panics
    /// When there are no periods, or like [`step`](Self::step).
    #[must_use]
    #[track_caller]
    pub fn test_loss(&mut self, periods: usize, period: Period) -> Var<'t, T> {
        assert!(periods > 0, "test_loss: no periods");
        let steps = periods * self.task.steps();
        let squares: Vec<_> = (0..steps).map(|_| self.step(&period)).collect();
        metaplast_autodiff::stack(&squares, 0).sum() / steps as f64
    }

    /// One step of a period, in the order of [`Simulation::step`](crate::Simulation::step). Returns
    /// |p − f|².
    ///
    /// # Panics
    /// When the task has not the period's target, or its points have not as many dimensions as there
    /// are outputs where they are fed back.
    #[track_caller]
    pub fn step(&mut self, period: &Period) -> Var<'t, T> {
        self.step += 1;
        let step = self.step;
        self.advance_reservoir(period);
        self.read_out(period);
        self.outputs.push(self.z);
        self.average_outputs(period);

        let target = self.task.targets[period.target].at(step);
        let target = self.tape.constant(&vector(target));
        let position = self.tape.custom(self.position.clone(), &[self.z]);
        let squared_distance = (position - target).square().sum();
        if !period.is_test {
            let reward = match period.reward {
                Reward::Intact => self.error(squared_distance),
                Reward::Noise { from, to } => {
                    let draw = from + (to - from) * self.draws.reward(step);
                    self.tape.constant(&Tensor::scalar(T::from_f64(draw)))
                }
            };
            self.learn(period, reward, target);
        }
        squared_distance
    }

    fn advance_reservoir(&mut self, period: &Period) {
        let b = self.fed_back(period);
        let recurrent = self.tape.custom(self.connections.clone(), &[self.r]);
        let drive = recurrent + self.feedback.matvec(b);
        self.x = self.x + (drive - self.x) * self.share;
        self.r = self.x.tanh();
        if !period.is_test {
            let mut noise = vec![0.0; self.x.shape().len()];
            self.draws.reservoir(self.step, &mut noise);
            let noise = noise.iter().map(|n| T::from_f64(self.noise * n));
            self.r += self.tape.constant(&vector(&noise.collect::<Vec<_>>()));
        }
    }

    fn fed_back(&self, period: &Period) -> Var<'t, T> {
        let outputs = self.task.outputs();
        let (step, steps) = (self.step, self.task.steps() as u64);
        match period.feedback {
            OutputFeedback::Outputs => self.z,
            OutputFeedback::Target => {
                let target = self.task.targets[period.target].at(step);
                self.tape.constant(&vector(target))
            }
            OutputFeedback::Recorded { periods } => {
                let then = step.checked_sub(u64::from(periods) * steps + 1);
                match then.and_then(|then| self.outputs.get(then as usize)) {
                    Some(&z) => z,
                    None => self.tape.constant(&Tensor::zeros([outputs])),
                }
            }
            OutputFeedback::Circle => {
                let angle = angle(((step - 1) % steps) as usize, steps as usize);
                let point = [Scalar::cos(angle), Scalar::sin(angle)];
                let point = point.into_iter().chain(std::iter::repeat(0.0));
                let point: Vec<T> = point.take(outputs).map(T::from_f64).collect();
                self.tape.constant(&vector(&point))
            }
        }
    }

    fn read_out(&mut self, period: &Period) {
        let algorithm = self.rule.algorithm;
        let zero = || self.tape.constant(&Tensor::zeros([self.task.outputs()]));
        let z1 = if period.mastery && algorithm.has_mastery() {
            self.w1.matvec(self.r)
        } else {
            zero()
        };
        self.z2 = if period.exploratory && algorithm.has_exploratory() {
            let z2 = self.w2.matvec(self.r);
            if period.is_test {
                z2
            } else {
                let mut noise = vec![0.0; self.task.outputs()];
                self.draws.exploration(self.step, &mut noise);
                let noise: Vec<T> = noise.into_iter().map(T::from_f64).collect();
                z2 + self.exploration * self.tape.constant(&vector(&noise))
            }
        } else {
            zero()
        };
        self.z = z1 + self.z2;
    }

    fn average_outputs(&mut self, period: &Period) {
        let weight = self.rule.coefficients.output_weight;
        self.averages = Some(match self.averages {
            None => Averages {
                z: self.z,
                z2: self.z2,
            },
            Some(means) => Averages {
                z: average(means.z, self.z, weight),
                z2: if period.is_test && period.exploratory {
                    means.z2
                } else {
                    average(means.z2, self.z2, weight)
                },
            },
        });
    }

    fn averages(&self) -> Averages<'t, T> {
        self.averages
            .expect("outputs are averaged from the first step on")
    }

    fn error(&self, squared_distance: Var<'t, T>) -> Var<'t, T> {
        if !self.task.is_costly() {
            return squared_distance;
        }
        let reference = match self.rule.cost_reference {
            CostReference::ExploratoryMean => self.averages().z2,
            CostReference::OutputMean => self.averages().z,
        };
        let costs = self.tape.constant(&vector(&self.task.costs));
        squared_distance + (self.z - reference).abs().dot(costs)
    }

    fn learn(&mut self, period: &Period, reward: Var<'t, T>, target: Var<'t, T>) {
        let mastery_is_due = self.rule.algorithm.has_mastery()
            && period.mastery
            && period.mastery_learns
            && self.step.is_multiple_of(self.rule.mastery_interval);
        if self.rule.algorithm == Algorithm::Force {
            if mastery_is_due {
                self.learn_mastery(None, target - self.z);
            }
            return;
        }
        let mean = self.learn_exploratory(period, reward);
        if mastery_is_due {
            let c = &self.rule.coefficients;
            let open = 0.5 - ((mean.abs() - c.threshold) * c.slope).tanh() * 0.5;
            // Shut so tightly that its derivative is zero, too.
            if open.item().to_f64() != 0.0 {
                let supplied = match self.rule.mastery_target {
                    MasteryTarget::Exploratory => self.z2,
                    MasteryTarget::ExploratoryMean => self.averages().z2,
                };
                self.learn_mastery(Some(open), supplied * c.mastery_gain);
            }
        }
    }

    /// Returns the running mean of the error.
    fn learn_exploratory(&mut self, period: &Period, reward: Var<'t, T>) -> Var<'t, T> {
        let c = self.rule.coefficients;
        let explored_with = self.exploration;
        let first = self.mean_error.is_none();
        let mean = match self.mean_error {
            None => reward,
            Some(mean) => average(mean, reward, c.error_weight),
        };
        self.mean_error = Some(mean);
        let limits = self.rule.steadiness;
        if self.step >= self.rule.first_steps {
            let amplitude = if mean.item() > T::ZERO {
                c.exploration_factor * power(mean * 10.0, c.exploration_power)
            } else {
                c.exploration_factor * 0.0
            };
            self.exploration = within(amplitude, limits.exploration_limit);
        }
        let better = mean - reward;
        let is_better = better.item() > T::ZERO;
        let is_worse = self.rule.both_signs && better.item() < T::ZERO;
        if first || !(is_better || is_worse) || !period.exploratory || !period.exploratory_learns {
            return mean;
        }

        let size = if is_better { better } else { -better };
        let phi = within(c.factor * power(size, c.power), limits.modulation_limit);
        let strength = c.rate * if is_better { phi } else { -phi };
        let mut explored = self.z2 - self.averages().z2;
        if let Some(limit) = limits.deviation_limit {
            let most = explored_with * limit;
            explored = explored.minimum(most).maximum(-most);
        }
        self.w2
            .rank_k_update(None, &[strength * explored], &[self.r]);
        mean
    }

    /// k is read before P changes.
    fn learn_mastery(&mut self, open: Option<Var<'t, T>>, towards: Var<'t, T>) {
        let p = self.p.expect("an algorithm with mastery has P");
        let k = p.matvec(self.r);
        let c = 1.0 / (self.r.dot(k) + 1.0);
        let c = open.map_or(c, |open| open * c);
        p.rank_k_update(None, &[k * -c], &[k]);
        self.w1.rank_k_update(None, &[towards * c], &[k]);
    }
}

fn vector<T: Scalar>(numbers: &[T]) -> Tensor<T> {
    Tensor::new([numbers.len()], numbers.to_vec())
}
