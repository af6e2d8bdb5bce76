//! Lessons: short runs whose test is differentiated by the rule's coefficients, to learn the rule.

use metaplast_autodiff::Tape;

use crate::divergence::Diverged;
use crate::draws::Seeded;
use crate::published::PublishedTask;
use crate::recorded::RecordedRun;
use crate::reservoir::Reservoir;
use crate::rule::{Algorithm, Coefficients, LearningRule};
use crate::schedule::{OutputFeedback, Period, PeriodSchedule};
use crate::simulation::Simulation;

/// A task for reservoirs of some size, learned for a few periods and then tested teacher-forced. Its
/// loss is the logarithm of the test's mean squared distance, so that bad and good reservoirs count
/// alike.
///
/// ```
/// use metaplast_reservoir::{Algorithm, Lesson, PublishedTask, Variant};
///
/// let task = PublishedTask::Drawing;
/// let lesson = Lesson { task, units: 40, steps: 100, learning: 2, testing: 1 };
/// let rule = Variant::Steady.rule::<f64>(Algorithm::Rmhl, task);
/// let (loss, gradient) = lesson.gradient(&rule, 1);
/// assert!((loss - lesson.loss(&rule, 1)?).abs() < 1e-9);
/// assert!(gradient.rate != 0.0);
/// # Ok::<(), metaplast_reservoir::Diverged>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The task.
    pub task: PublishedTask,
    /// Units of a reservoir.
    pub units: usize,
    /// Steps of a period.
    pub steps: usize,
    /// Periods of learning.
    pub learning: usize,
    /// Periods of the test, not more than those of learning.
    pub testing: usize,
}

impl Lesson {
    fn periods(&self, algorithm: Algorithm) -> (PeriodSchedule, Period) {
        let test = Period::test().with_feedback(match self.task {
            PublishedTask::Drawing => OutputFeedback::Target,
            _ => OutputFeedback::Recorded {
                periods: self.testing as u32,
            },
        });
        let test = match algorithm {
            Algorithm::Supertrex => test.without_exploratory(),
            _ => test,
        };
        (
            PeriodSchedule::new().then(self.learning, Period::learning()),
            test,
        )
    }

    /// The loss of a rule for the reservoir and the noise of a seed.
    ///
    /// # Errors
    /// When the run diverges.
    ///
    /// # Panics
    /// When there is no test, or no unit or step.
    pub fn loss(&self, rule: &LearningRule<f64>, seed: u64) -> Result<f64, Diverged> {
        let (learning, test) = self.periods(rule.algorithm);
        let reservoir = Reservoir::random(self.units, self.task.outputs(), seed);
        let task = self.task.with_steps(self.steps);
        let mut run = Simulation::new(reservoir, *rule, task, Seeded::new(seed))
            .with_memory(self.testing as u32);
        run.run(&learning, |_| ())?;
        let steps = self.testing * self.steps;
        assert!(steps > 0, "lesson: no test");
        let mut sum = 0.0;
        for _ in 0..steps {
            sum += run.step(&test)?.squared_distance;
        }
        Ok((sum / steps as f64).ln())
    }

    /// The loss, and its derivative by each coefficient, through the whole run. It may be of any size,
    /// infinite or NaN, where a run is long or diverges.
    ///
    /// # Panics
    /// When there is no test, no unit or step, or the rule bounds rows.
    #[must_use]
    pub fn gradient(&self, rule: &LearningRule<f64>, seed: u64) -> (f64, Coefficients<f64>) {
        let (learning, test) = self.periods(rule.algorithm);
        let reservoir = Reservoir::random(self.units, self.task.outputs(), seed);
        let tape = Tape::new();
        let variables = rule.coefficients.map(|_, value| tape.scalar(value));
        let rule = rule.with_coefficients(variables);
        let task = self.task.with_steps(self.steps);
        let mut run = RecordedRun::new(&tape, &reservoir, rule, task, Seeded::new(seed));
        run.run(&learning);
        let loss = run.test_loss(self.testing, test).ln();
        let gradients = loss.backward();
        (loss.item(), variables.map(|_, by| gradients.wrt(by).item()))
    }
}
