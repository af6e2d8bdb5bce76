//! Trials: a published task, learned for ten periods and tested for five.

use metaplast_tensor::Scalar;

use crate::deviation::{Deviation, DeviationMeter};
use crate::divergence::Diverged;
use crate::draws::Seeded;
use crate::published::{PublishedTask, Variant};
use crate::reservoir::Reservoir;
use crate::rule::{Algorithm, LearningRule};
use crate::schedule::{OutputFeedback, Period, PeriodSchedule};
use crate::simulation::{Simulation, Step};

/// What the reservoir is fed in the test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Test {
    /// The published test: in task 1 the target, in the others the run's own outputs five periods
    /// earlier.
    #[default]
    TeacherForced,
    /// The outputs themselves. Frozen readouts then drift off the movement in time.
    Free,
}

/// A trial of one algorithm on one task from one seed; all else is as published until changed.
///
/// A small reservoir and a fast movement, to be quick; outputs of zero would be .6 away:
///
/// ```
/// use metaplast_reservoir::{Algorithm, PublishedTask, PublishedTrial};
///
/// let mut trial = PublishedTrial::<f64>::new(PublishedTask::Drawing, Algorithm::Force, 1);
/// trial.units = 100;
/// trial.steps = 500;
/// let deviation = trial.run()?;
/// assert!(deviation.mean_distance < 0.3);
/// # Ok::<(), metaplast_reservoir::Diverged>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublishedTrial<T> {
    /// The task.
    pub task: PublishedTask,
    /// The rule, at first [`Variant::Steady`]'s.
    pub rule: LearningRule<T>,
    /// Units of the reservoir.
    pub units: usize,
    /// Steps of a period.
    pub steps: usize,
    /// Periods of learning.
    pub learning: usize,
    /// Periods of the test.
    pub testing: usize,
    /// What the reservoir is fed in the test.
    pub test: Test,
    /// The seed of the connections and of all noise.
    pub seed: u64,
}

impl<T: Scalar> PublishedTrial<T> {
    /// The trial of Pyle & Rosenbaum (2019): 1000 units, 10 periods of learning and 5 of test, each
    /// of 50,000 steps.
    #[must_use]
    pub fn new(task: PublishedTask, algorithm: Algorithm, seed: u64) -> Self {
        PublishedTrial {
            task,
            rule: Variant::default().rule(algorithm, task),
            units: 1000,
            steps: 50_000,
            learning: 10,
            testing: 5,
            test: Test::default(),
            seed,
        }
    }

    /// The same trial with other numbers, such as `f32`.
    #[must_use]
    pub fn with_precision<U: Scalar>(self) -> PublishedTrial<U> {
        let coefficients = self.rule.coefficients;
        let converted = coefficients.map(|_, value| U::from_f64(value.to_f64()));
        PublishedTrial {
            task: self.task,
            rule: self.rule.with_coefficients(converted),
            units: self.units,
            steps: self.steps,
            learning: self.learning,
            testing: self.testing,
            test: self.test,
            seed: self.seed,
        }
    }

    /// By the rule of another variant.
    #[must_use]
    pub fn with_variant(mut self, variant: Variant) -> Self {
        self.rule = variant.rule(self.rule.algorithm, self.task);
        self
    }

    /// The periods.
    #[must_use]
    pub fn schedule(&self) -> PeriodSchedule {
        let test = Period::test().with_feedback(match (self.test, self.task) {
            (Test::Free, _) => OutputFeedback::Outputs,
            (Test::TeacherForced, PublishedTask::Drawing) => OutputFeedback::Target,
            (Test::TeacherForced, _) => OutputFeedback::Recorded {
                periods: self.testing as u32,
            },
        });
        // SUPERTREX is tested by what the mastery pathway has learned, RMHL by all it has.
        let test = match self.rule.algorithm {
            Algorithm::Supertrex => test.without_exploratory(),
            _ => test,
        };
        PeriodSchedule::new()
            .then(self.learning, Period::learning())
            .then(self.testing, test)
    }

    /// The run before its first step.
    #[must_use]
    pub fn simulation(&self) -> Simulation<T> {
        let reservoir = Reservoir::random(self.units, self.task.outputs(), self.seed);
        let task = self.task.with_steps(self.steps);
        Simulation::new(reservoir, self.rule, task, Seeded::new(self.seed))
            .with_memory(self.schedule().memory())
    }

    /// Runs it.
    ///
    /// # Errors
    /// When the run diverges.
    pub fn run(&self) -> Result<Deviation, Diverged> {
        self.run_observed(|_| ())
    }

    /// Runs it and shows each step to `observe`.
    ///
    /// # Errors
    /// When the run diverges.
    ///
    /// # Panics
    /// When there is no test.
    pub fn run_observed(
        &self,
        mut observe: impl FnMut(&Step<'_, T>),
    ) -> Result<Deviation, Diverged> {
        let mut meter = DeviationMeter::new((self.learning * self.steps) as u64);
        self.simulation().run(&self.schedule(), |step| {
            meter.observe(&step);
            observe(&step);
        })?;
        Ok(meter.deviation().expect("a trial has a test"))
    }
}
