//! The deviation: the published measure of a run, and its parts told apart.

use crate::simulation::Step;
use metaplast_tensor::Scalar;

/// Weight of the present error in the running mean below the root.
const WEIGHT: f64 = 2e-4;

/// Below this deviation the authors call a run satisfactory.
pub const SATISFACTORY: f64 = 0.5;

/// What a test came to.
///
/// The published deviation is a root of a running mean that begins with the run. So it holds a
/// transient of the learning phase and, where movement costs, that cost; the other figures are of
/// the test alone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deviation {
    /// The mean of √(running mean of the error e) from the last step of learning to the end.
    pub published: f64,
    /// The mean distance |p − f| of the test.
    pub mean_distance: f64,
    /// The root of the mean square of that distance.
    pub rms_distance: f64,
    /// The mean cost of movement in the test, which e holds besides the squared distance.
    pub mean_cost: f64,
}

impl Deviation {
    /// Whether the published deviation is below [`SATISFACTORY`].
    #[must_use]
    pub fn is_satisfactory(&self) -> bool {
        self.published < SATISFACTORY
    }
}

/// Measures a run whose last steps are a test, from its first step on.
///
/// ```
/// use metaplast_reservoir::DeviationMeter;
///
/// let mut meter = DeviationMeter::new(2);
/// for (squared_distance, cost) in [(0.25, 0.0), (0.25, 0.0), (0.25, 0.0), (0.25, 0.0)] {
///     meter.push(squared_distance + cost, squared_distance, cost);
/// }
/// let deviation = meter.deviation().unwrap();
/// assert_eq!((deviation.published, deviation.mean_distance), (0.5, 0.5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DeviationMeter {
    learning_steps: u64,
    steps: u64,
    running_mean: f64,
    roots: f64,
    distances: f64,
    squares: f64,
    costs: f64,
}

impl DeviationMeter {
    /// For a run whose test begins after so many steps of learning.
    #[must_use]
    pub fn new(learning_steps: u64) -> Self {
        DeviationMeter {
            learning_steps,
            steps: 0,
            running_mean: 0.0,
            roots: 0.0,
            distances: 0.0,
            squares: 0.0,
            costs: 0.0,
        }
    }

    /// Takes the next step of the run.
    pub fn observe<T: Scalar>(&mut self, step: &Step<'_, T>) {
        self.push(
            step.error.to_f64(),
            step.squared_distance.to_f64(),
            step.cost.to_f64(),
        );
    }

    /// Takes the next step's error, and the two parts of which it is usually the sum.
    pub fn push(&mut self, error: f64, squared_distance: f64, cost: f64) {
        self.steps += 1;
        self.running_mean = if self.steps == 1 {
            error
        } else {
            (1.0 - WEIGHT) * self.running_mean + WEIGHT * error
        };
        if self.steps >= self.learning_steps {
            self.roots += self.running_mean.sqrt();
        }
        if self.steps > self.learning_steps {
            self.distances += squared_distance.sqrt();
            self.squares += squared_distance;
            self.costs += cost;
        }
    }

    /// The figures so far; none before the first step of the test.
    #[must_use]
    pub fn deviation(&self) -> Option<Deviation> {
        let test = self.steps.checked_sub(self.learning_steps)?;
        if test == 0 {
            return None;
        }
        // Without learning there is no last step of it.
        let window = test + u64::from(self.learning_steps > 0);
        let test = test as f64;
        Some(Deviation {
            published: self.roots / window as f64,
            mean_distance: self.distances / test,
            rms_distance: (self.squares / test).sqrt(),
            mean_cost: self.costs / test,
        })
    }
}
