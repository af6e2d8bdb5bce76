//! Schedules: the periods of a run, and what is switched on, cut or replaced in each.

/// What stands for the reward in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Reward {
    /// The true error.
    #[default]
    Intact,
    /// An error without information, uniform between two numbers, drawn afresh at each step.
    Noise {
        /// The least error.
        from: f64,
        /// The end of the range.
        to: f64,
    },
}

/// What the outputs' feedback weights carry to the reservoir in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputFeedback {
    /// The outputs z of the previous step: the closed loop.
    #[default]
    Outputs,
    /// The target of the step. Its points need as many dimensions as there are outputs.
    Target,
    /// The run's own outputs so many periods ago, noise and all. Before that it is zero.
    Recorded {
        /// How many periods ago.
        periods: u32,
    },
    /// State information that does not depend on the run: (cos θ, sin θ), θ being the angle of the
    /// step within the period, to the first two outputs' weights, and zero to the others.
    Circle,
}

/// One period: a pass over the target, with its switches.
///
/// ```
/// use metaplast_reservoir::{OutputFeedback, Period, Reward};
///
/// // Learning goes on while the reward says nothing and the exploratory pathway is cut.
/// let period = Period::learning()
///     .with_reward(Reward::Noise { from: 0.0, to: 1.0 })
///     .with_feedback(OutputFeedback::Circle)
///     .without_exploratory();
/// assert!(!period.exploratory && period.mastery);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Period {
    /// Whether this is a test: no noise, nothing learns, running means of the error stand still.
    pub is_test: bool,
    /// Whether the exploratory pathway W₂ reaches the outputs. Cut, it neither drives nor learns.
    pub exploratory: bool,
    /// Whether the mastery pathway W₁ reaches the outputs. Cut, it neither drives nor learns.
    pub mastery: bool,
    /// Whether the exploratory pathway learns.
    pub exploratory_learns: bool,
    /// Whether the mastery pathway learns.
    pub mastery_learns: bool,
    /// What stands for the reward.
    pub reward: Reward,
    /// Which of the task's targets, counted from 0.
    pub target: usize,
    /// What is fed back.
    pub feedback: OutputFeedback,
}

impl Period {
    /// A period of learning with everything intact.
    #[must_use]
    pub fn learning() -> Self {
        Period {
            is_test: false,
            exploratory: true,
            mastery: true,
            exploratory_learns: true,
            mastery_learns: true,
            reward: Reward::Intact,
            target: 0,
            feedback: OutputFeedback::Outputs,
        }
    }

    /// A test in closed loop: both pathways drive the outputs, no noise, nothing learns.
    #[must_use]
    pub fn test() -> Self {
        Period {
            is_test: true,
            ..Period::learning()
        }
    }

    /// With the exploratory pathway cut.
    #[must_use]
    pub fn without_exploratory(self) -> Self {
        Period {
            exploratory: false,
            ..self
        }
    }

    /// With the mastery pathway cut.
    #[must_use]
    pub fn without_mastery(self) -> Self {
        Period {
            mastery: false,
            ..self
        }
    }

    /// With the weights of the exploratory pathway as they are.
    #[must_use]
    pub fn without_exploratory_learning(self) -> Self {
        Period {
            exploratory_learns: false,
            ..self
        }
    }

    /// With the weights of the mastery pathway as they are.
    #[must_use]
    pub fn without_mastery_learning(self) -> Self {
        Period {
            mastery_learns: false,
            ..self
        }
    }

    /// With something else for a reward.
    #[must_use]
    pub fn with_reward(self, reward: Reward) -> Self {
        Period { reward, ..self }
    }

    /// With another of the task's targets.
    #[must_use]
    pub fn with_target(self, target: usize) -> Self {
        Period { target, ..self }
    }

    /// With other feedback.
    #[must_use]
    pub fn with_feedback(self, feedback: OutputFeedback) -> Self {
        Period { feedback, ..self }
    }
}

/// Periods one after the other.
///
/// ```
/// use metaplast_reservoir::{Period, PeriodSchedule};
///
/// let schedule = PeriodSchedule::new()
///     .then(10, Period::learning())
///     .then(5, Period::test().without_exploratory());
/// assert_eq!(schedule.periods().len(), 15);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeriodSchedule {
    periods: Vec<Period>,
}

impl PeriodSchedule {
    /// A schedule without periods.
    #[must_use]
    pub fn new() -> Self {
        PeriodSchedule::default()
    }

    /// With a period, so many times, after those before.
    #[must_use]
    pub fn then(mut self, times: usize, period: Period) -> Self {
        self.periods.extend(std::iter::repeat_n(period, times));
        self
    }

    /// The periods.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// How many periods ago the oldest feedback is from: what a run has to remember.
    #[must_use]
    pub fn memory(&self) -> u32 {
        let recorded = self.periods.iter().map(|period| match period.feedback {
            OutputFeedback::Recorded { periods } => periods,
            _ => 0,
        });
        recorded.max().unwrap_or(0)
    }
}
