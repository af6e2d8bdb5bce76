//! L-BFGS: quasi-Newton steps from the last few gradients, with a line search.

use std::collections::VecDeque;

use metaplast_tensor::{Scalar, Tensor, kernels};

use super::line_search::{LineSearchEnd, Point, search};
use super::{joined, write};

/// Minimises a smooth loss by the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno,
/// with a line search for the strong Wolfe conditions: Nocedal & Wright, *Numerical Optimization*,
/// 2nd edition 2006, algorithms 7.4 and 3.5.
///
/// It asks for value and gradient itself, a little more than once a step, and needs them without
/// noise: the whole data set, not mini-batches. It keeps `2 · history` vectors as long as all
/// parameters together.
///
/// ```
/// use metaplast_autodiff::operators::{function, value_and_grad};
/// use metaplast_autodiff::optim::Lbfgs;
/// use metaplast_tensor::tensor;
///
/// let rosenbrock = function(|x| {
///     let (a, b) = (x[0].element(0), x[0].element(1));
///     100.0 * (b - a.square()).square() + (1.0 - a).square()
/// });
/// let mut x = [tensor![-1.2, 1.0]];
/// let minimum = Lbfgs::new().minimize(&mut x, |x| value_and_grad(&rosenbrock, x));
/// assert!(minimum.converged && minimum.evaluations < 60);
/// assert!((&x[0] - &tensor![1.0, 1.0]).norm() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct Lbfgs {
    history: usize,
    tolerance: f64,
    steps: usize,
}

/// Where a minimisation has ended.
///
/// See [`Lbfgs`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Minimum<T> {
    /// The loss there.
    pub value: T,
    /// The largest element of the gradient there.
    pub gradient: T,
    /// Steps taken.
    pub steps: usize,
    /// How often value and gradient were computed.
    pub evaluations: usize,
    /// Whether the gradient has become as small as wanted. Where it has not, the steps were used up
    /// or no step makes the loss any smaller, as at the limit of rounding.
    pub converged: bool,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self::new()
    }
}

impl Lbfgs {
    /// With a history of 10, a tolerance of 10⁻⁸ and up to 1000 steps.
    #[must_use]
    pub fn new() -> Self {
        Lbfgs {
            history: 10,
            tolerance: 1e-8,
            steps: 1000,
        }
    }

    /// How many steps are remembered.
    ///
    /// # Panics
    ///
    /// When it is 0.
    #[must_use]
    #[track_caller]
    pub fn history(mut self, history: usize) -> Self {
        assert!(history > 0, "history must be 1 or more");
        self.history = history;
        self
    }

    /// It ends when no element of the gradient is larger than this.
    ///
    /// # Panics
    ///
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        super::assert_not_negative("tolerance", tolerance);
        self.tolerance = tolerance;
        self
    }

    /// It ends after this many steps.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Goes from `parameters` to where the loss has a minimum, and leaves them there. `loss` gives
    /// value and gradient, as [`value_and_grad`](crate::operators::value_and_grad) does; a value that is
    /// not finite makes the line search step back.
    ///
    /// # Panics
    ///
    /// When the gradients are not of the parameters' number and shapes.
    #[track_caller]
    pub fn minimize<T: Scalar>(
        &self,
        parameters: &mut [Tensor<T>],
        mut loss: impl FnMut(&[Tensor<T>]) -> (T, Vec<Tensor<T>>),
    ) -> Minimum<T> {
        let start = joined(parameters);
        let mut evaluations = 0;
        let mut evaluate = |x: &[T]| {
            evaluations += 1;
            write(x, parameters);
            let (value, gradients) = loss(parameters);
            assert!(
                gradients
                    .iter()
                    .map(Tensor::shape)
                    .eq(parameters.iter().map(|x| x.shape())),
                "minimize: gradients are not of the parameters' number and shapes"
            );
            (value, joined(&gradients))
        };
        let (value, gradient) = evaluate(&start);
        let mut now = Point {
            x: start,
            value,
            gradient,
        };
        let mut memory = Curvatures::new(self.history);
        let mut steps = 0;
        let small = |g: &[T]| kernels::max_abs(g).to_f64() <= self.tolerance;
        while steps < self.steps && !small(&now.gradient) {
            let mut direction = memory.direction(&now.gradient);
            if kernels::dot(&direction, &now.gradient).to_f64() >= 0.0 {
                // Rounding has spoilt the curvature.
                memory.pairs.clear();
                direction = memory.direction(&now.gradient);
            }
            // The first step has no scale but the gradient's.
            let first = match memory.pairs.is_empty() {
                true => (1.0 / kernels::dot(&direction, &direction).to_f64().sqrt()).min(1.0),
                false => 1.0,
            };
            let found = search(&now, &direction, first, &mut evaluate);
            let LineSearchEnd::Found(next) = found else {
                if memory.pairs.is_empty() {
                    break;
                }
                // Once more along the gradient itself.
                memory.pairs.clear();
                continue;
            };
            memory.add(&now, &next);
            now = next;
            steps += 1;
        }
        write(&now.x, parameters);
        Minimum {
            value: now.value,
            gradient: kernels::max_abs(&now.gradient),
            steps,
            evaluations,
            converged: small(&now.gradient),
        }
    }
}

/// A step and the change of the gradient along it.
struct Pair<T> {
    step: Vec<T>,
    change: Vec<T>,
    /// `1 / (step · change)`
    inverse: T,
}

/// The last steps, from which curvature is guessed.
struct Curvatures<T> {
    pairs: VecDeque<Pair<T>>,
    room: usize,
}

impl<T: Scalar> Curvatures<T> {
    fn new(room: usize) -> Self {
        Curvatures {
            pairs: VecDeque::with_capacity(room),
            room,
        }
    }

    fn add(&mut self, from: &Point<T>, to: &Point<T>) {
        let minus = |to: &[T], from: &[T]| to.iter().zip(from).map(|(&t, &f)| t - f).collect();
        let step: Vec<T> = minus(&to.x, &from.x);
        let change: Vec<T> = minus(&to.gradient, &from.gradient);
        let product = kernels::dot(&step, &change);
        // The line search makes it positive, but for rounding.
        if product.to_f64() <= 0.0 {
            return;
        }
        if self.pairs.len() == self.room {
            self.pairs.pop_front();
        }
        self.pairs.push_back(Pair {
            step,
            change,
            inverse: T::ONE / product,
        });
    }

    /// `−H g`, by the two loops of algorithm 7.4.
    fn direction(&self, gradient: &[T]) -> Vec<T> {
        let mut direction: Vec<T> = gradient.iter().map(|&g| -g).collect();
        let mut weights = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let weight = pair.inverse * kernels::dot(&pair.step, &direction);
            kernels::axpy(-weight, &pair.change, &mut direction);
            weights.push(weight);
        }
        if let Some(last) = self.pairs.back() {
            let scale = T::ONE / (last.inverse * kernels::dot(&last.change, &last.change));
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for (pair, &weight) in self.pairs.iter().zip(weights.iter().rev()) {
            let back = pair.inverse * kernels::dot(&pair.change, &direction);
            kernels::axpy(weight - back, &pair.step, &mut direction);
        }
        direction
    }
}
