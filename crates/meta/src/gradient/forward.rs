//! The meta-gradient by forward mode: the network learns on dual numbers, whose tangents are the
//! derivatives of every weight and activity by the coefficients.
//!
//! Nothing of a step stays on the tape, so memory is `1 + #θ` times that of the weights, whatever
//! the number of steps.

use std::any::Any;

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::{Network, Pathway};
use metaplast_tensor::Scalar;

use crate::learner::{Outcome, Start};
use crate::lesson::Lesson;

/// Tapes whose memory is kept from episode to episode; those not used stay empty.
pub(crate) struct TangentTapes {
    single: Tapes<f32>,
    double: Tapes<f64>,
}

/// A tape for each number of tangents that a pass may carry: the paper's rule or less, and its
/// whole pool. More coefficients take several passes.
struct Tapes<T: Scalar> {
    three: Tape<Dual<T, 3>>,
    ten: Tape<Dual<T, 10>>,
}

impl TangentTapes {
    pub(crate) fn new() -> Self {
        TangentTapes {
            single: Tapes::new(),
            double: Tapes::new(),
        }
    }

    /// The episode, with its gradient; in `f64` for numbers other than `f32`.
    // Kernels for dual numbers are long to compile, so they are compiled here, for two types, and
    // not in every crate that makes a learner.
    pub(crate) fn episode<T: Scalar>(&self, lesson: &Lesson<'_>, start: &Start<T>) -> Outcome {
        let as_any: &dyn Any = start;
        match as_any.downcast_ref::<Start<f32>>() {
            Some(start) => single(&self.single, lesson, start),
            None => double(&self.double, lesson, &cast(start)),
        }
    }
}

fn single(tapes: &Tapes<f32>, lesson: &Lesson<'_>, start: &Start<f32>) -> Outcome {
    tapes.episode(lesson, start)
}

fn double(tapes: &Tapes<f64>, lesson: &Lesson<'_>, start: &Start<f64>) -> Outcome {
    tapes.episode(lesson, start)
}

fn cast<T: Scalar, U: Scalar>(start: &Start<T>) -> Start<U> {
    Start {
        weights: start.weights.cast(),
        feedback: start.feedback.as_ref().map(Pathway::cast),
        noise: start.noise,
    }
}

impl<T: Scalar> Tapes<T> {
    fn new() -> Self {
        Tapes {
            three: Tape::new(),
            ten: Tape::new(),
        }
    }

    fn episode(&self, lesson: &Lesson<'_>, start: &Start<T>) -> Outcome {
        let mut outcome = self.pass(lesson, start, 0);
        let mut gradient = outcome.gradient.take().unwrap_or_default();
        while gradient.len() < lesson.theta.len() {
            // What the examination tells beside the gradient is known already.
            let more = Lesson {
                diagnostics: false,
                ..*lesson
            };
            let pass = self.pass(&more, start, gradient.len());
            gradient.extend(pass.gradient.unwrap_or_default());
        }
        Outcome {
            gradient: Some(gradient),
            ..outcome
        }
    }

    /// One pass over all steps, with tangents by as many coefficients from `first` on as fit.
    fn pass(&self, lesson: &Lesson<'_>, start: &Start<T>, first: usize) -> Outcome {
        match lesson.theta.len() - first {
            ..=3 => pass(&self.three, lesson, start, first),
            _ => pass(&self.ten, lesson, start, first),
        }
    }
}

fn pass<T: Scalar, const N: usize>(
    tape: &Tape<Dual<T, N>>,
    lesson: &Lesson<'_>,
    start: &Start<T>,
    first: usize,
) -> Outcome {
    tape.reset();
    let model = lesson.model;
    let start: Start<Dual<T, N>> = cast(start);
    let network = Network::new(
        tape,
        &model.architecture,
        &start.weights,
        model.feedback,
        start.feedback.as_ref(),
    );
    let directions = lesson.theta.len().saturating_sub(first).min(N);
    let theta: Vec<_> = (0..)
        .zip(lesson.theta)
        .map(|(r, &theta)| {
            let theta = T::from_f64(theta);
            tape.scalar(if (first..first + directions).contains(&r) {
                Dual::seeded(theta, r - first)
            } else {
                Dual::constant(theta)
            })
        })
        .collect();
    let rule = model.rule.bind_to(&theta);
    lesson.steps_without_a_trace(&network, &rule);
    let examined = tape.without_gradients(|| lesson.examine(&network));
    let slopes = examined.loss.item().tangent();
    let slopes = slopes[..directions].iter().map(|slope| slope.to_f64());
    Outcome {
        query: examined.query,
        gradient: Some(slopes.collect()),
        diagnostics: examined.diagnostics,
    }
}

#[cfg(test)]
mod tests {
    use metaplast_data::{Dataset, Sampling, TaskSampler};
    use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

    use super::*;
    use crate::learner::Model;
    use crate::seeds::{Purpose, stream};

    #[test]
    fn several_passes_are_one_and_leave_no_trace() {
        let dataset = Dataset::glyphs(6, 1);
        let sampler = TaskSampler::new(&dataset, 2, 4, 2, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
        let model = Model {
            architecture: Architecture::new(vec![784, 8, 47]).unwrap(),
            feedback: Feedback::Fixed,
            rule: Rule::preset(Preset::Bio).with_theta(&[0.05, -0.03, 0.01]),
        };
        let start = Start::<f64>::draw(&model, 1, 0, 0);
        let lesson = |steps| Lesson {
            model: &model,
            theta: model.rule.theta(),
            noise: start.noise,
            dataset: &dataset,
            task: &task,
            steps,
            diagnostics: false,
        };
        let tape = Tape::<Dual<f64, 3>>::new();
        let gradient = |first, steps| pass(&tape, &lesson(steps), &start, first).gradient.unwrap();
        let together = gradient(0, 8);
        assert_eq!(together.len(), 3);
        assert_eq!(gradient(1, 8), together[1..]);
        assert_eq!(gradient(2, 8), together[2..]);

        let held = tape.memory();
        gradient(0, 500);
        assert_eq!(tape.memory(), held);
    }
}
