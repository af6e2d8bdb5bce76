//! One meta-gradient in three ways.

use metaplast_data::{Dataset, Task};
use metaplast_meta::course::{Course, Gradient};
use metaplast_meta::learner::{Ask, Learner, Model, Start};
use metaplast_tensor::Scalar;

/// One episode at the model's own θ.
pub(crate) struct Episode<'a> {
    pub(crate) model: &'a Model,
    pub(crate) dataset: &'a Dataset,
    pub(crate) task: &'a Task,
    pub(crate) seed: u64,
    /// From which, with the seed, the first weights follow.
    pub(crate) number: u64,
}

impl Episode<'_> {
    /// The first weights.
    pub(crate) fn start<T: Scalar>(&self) -> Start<T> {
        Start::draw(self.model, self.seed, 0, self.number)
    }

    /// Query loss and gradient by the reverse sweep; `None` when the loss is not finite.
    pub(crate) fn reverse<T: Scalar>(&self) -> (f64, Option<Vec<f64>>) {
        self.run::<T>(Course::default())
    }

    fn run<T: Scalar>(&self, course: Course) -> (f64, Option<Vec<f64>>) {
        let ask = Ask {
            gradient: true,
            ..Ask::default()
        };
        let mut learner = Learner::<T>::on_course(self.model.clone(), course);
        let theta = self.model.rule.theta();
        let outcome = learner.episode(theta, self.start(), self.dataset, self.task, ask);
        (outcome.query.cross_entropy, outcome.gradient)
    }

    /// The gradient by forward mode: the same network on dual numbers, without a tape's memory. None
    /// where the episode diverges, which rounding may decide otherwise than in the reverse sweep.
    pub(crate) fn forward(&self) -> Option<Vec<f64>> {
        let course = Course {
            gradient: Gradient::Forward,
            ..Course::default()
        };
        self.run::<f64>(course).1
    }

    /// The gradient by central differences with steps `h` and `h / 2` and Richardson's
    /// extrapolation, in f64: the error falls with h⁴.
    pub(crate) fn differences(&self, steps: &[f64]) -> Vec<f64> {
        let mut learner = Learner::<f64>::new(self.model.clone());
        let start = self.start();
        let mut central = |r: usize, h: f64| {
            let mut at = |offset: f64| {
                let mut theta = self.model.rule.theta().to_vec();
                theta[r] += offset;
                let outcome =
                    learner.episode(&theta, &start, self.dataset, self.task, Ask::default());
                outcome.query.cross_entropy
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        let steps = steps.iter().enumerate();
        steps
            .map(|(r, &h)| (4.0 * central(r, h / 2.0) - central(r, h)) / 3.0)
            .collect()
    }
}
