//! Losses 𝓛(ŷ, y) and their gradients by ŷ.
//!
//! | loss | mean | sum | gradient of the sum |
//! |---|---|---|---|
//! | cross-entropy on logits | over rows | over rows | `softmax(ŷ) − y` |
//! | mean square | over all elements | `Σ (ŷ − y)²` | `2 (ŷ − y)` |
//! | half the sum of squares | over rows | `½ Σ (ŷ − y)²` | `ŷ − y` |
//!
//! Strict inference depends on the loss's size: a mean over B rows makes its effect on each row B
//! times smaller, and the result closer to backpropagation.

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor, kernels};

use crate::error::PredictiveError;

/// What is measured between outputs and targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LossKind {
    /// Cross-entropy of softmax(ŷ), in nats.
    CrossEntropy,
    /// The square of the difference.
    MeanSquare,
    /// Half the square of the difference.
    HalfSquare,
}

/// How the losses of rows become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Their mean; [`MeanSquare`](LossKind::MeanSquare) is divided by the number of columns, too.
    Mean,
    /// Their sum.
    Sum,
}

/// A loss.
///
/// ```
/// use metaplast_predictive::{Loss, Target};
/// use metaplast_tensor::tensor;
///
/// let outputs = tensor![[1.0, 2.0]];
/// let (value, gradient) = Loss::HALF_SQUARE.of(&outputs, &Target::Values(tensor![[1.0, 5.0]]))?;
/// assert_eq!((value, gradient), (4.5, tensor![[0.0, -3.0]]));
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What is measured.
    pub kind: LossKind,
    /// How rows are put together.
    pub reduction: Reduction,
}

/// What the outputs ought to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Target<T: Scalar> {
    /// The class of each row, for cross-entropy.
    Classes(Vec<usize>),
    /// A value, or a probability, for each element of the outputs.
    Values(Tensor<T>),
}

/// In words: `cross-entropy, mean`.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            LossKind::CrossEntropy => "cross-entropy",
            LossKind::MeanSquare => "mean square",
            LossKind::HalfSquare => "half the sum of squares",
        };
        let reduction = match self.reduction {
            Reduction::Mean => "mean",
            Reduction::Sum => "sum",
        };
        write!(f, "{kind}, {reduction}")
    }
}

impl Loss {
    /// The mean cross-entropy of the rows.
    pub const CROSS_ENTROPY: Loss = Loss::new(LossKind::CrossEntropy, Reduction::Mean);
    /// The mean square of all elements.
    pub const MEAN_SQUARE: Loss = Loss::new(LossKind::MeanSquare, Reduction::Mean);
    /// Half the sum of all squares.
    pub const HALF_SQUARE: Loss = Loss::new(LossKind::HalfSquare, Reduction::Sum);

    /// A loss.
    #[must_use]
    pub const fn new(kind: LossKind, reduction: Reduction) -> Self {
        Loss { kind, reduction }
    }

    /// The same summed over rows.
    #[must_use]
    pub const fn sum(self) -> Self {
        Loss::new(self.kind, Reduction::Sum)
    }

    /// The same averaged over rows.
    #[must_use]
    pub const fn mean(self) -> Self {
        Loss::new(self.kind, Reduction::Mean)
    }

    /// The target for rows of these classes: the classes, or one for the class of a row and zero for
    /// the others where the loss is one of squares.
    ///
    /// # Panics
    /// When a class is not below `outputs`.
    #[must_use]
    #[track_caller]
    pub fn target<T: Scalar>(&self, classes: Vec<usize>, outputs: usize) -> Target<T> {
        if self.kind == LossKind::CrossEntropy {
            return Target::Classes(classes);
        }
        let mut values = Tensor::zeros([classes.len(), outputs]);
        for (row, &class) in classes.iter().enumerate() {
            assert!(class < outputs, "target: class {class}, {outputs} outputs");
            values.data_mut()[row * outputs + class] = T::ONE;
        }
        Target::Values(values)
    }

    /// The loss, and its gradient by the outputs.
    ///
    /// # Errors
    /// When the targets do not fit: [`PredictiveError::Target`].
    pub fn of<T: Scalar>(
        &self,
        output: &Tensor<T>,
        target: &Target<T>,
    ) -> Result<(T, Tensor<T>), PredictiveError> {
        self.check(output.shape(), target)?;
        let mut gradient = output.clone();
        let value = self.write(output, target, &mut gradient);
        Ok((value, gradient))
    }

    /// Refuses targets that do not fit outputs of this shape.
    pub(crate) fn check<T: Scalar>(
        &self,
        output: &Shape,
        target: &Target<T>,
    ) -> Result<(), PredictiveError> {
        let refuse = |found: String| {
            Err(PredictiveError::Target {
                output: output.clone(),
                found,
            })
        };
        let &[rows, .., classes] = output.dims() else {
            return refuse("loss of rows".into());
        };
        match target {
            Target::Values(values) if values.shape() == output => Ok(()),
            Target::Values(values) => refuse(format!("values of shape {}", values.shape())),
            Target::Classes(_) if self.kind != LossKind::CrossEntropy => {
                refuse("classes, for a loss of squares".into())
            }
            Target::Classes(labels) if output.rank() != 2 || labels.len() != rows => {
                refuse(format!("{} classes", labels.len()))
            }
            Target::Classes(labels) => match labels.iter().find(|&&label| label >= classes) {
                Some(label) => refuse(format!("class {label}, counted from 0")),
                None => Ok(()),
            },
        }
    }

    /// The same for targets that fit, into a tensor of the outputs' shape.
    pub(crate) fn write<T: Scalar>(
        &self,
        output: &Tensor<T>,
        target: &Target<T>,
        gradient: &mut Tensor<T>,
    ) -> T {
        let share = self.share(output);
        match self.kind {
            LossKind::CrossEntropy => share * cross_entropy(output, target, share, gradient),
            LossKind::MeanSquare => share * squares(output, target, share + share, gradient),
            LossKind::HalfSquare => {
                let half = T::from_f64(0.5);
                share * half * squares(output, target, share, gradient)
            }
        }
    }

    /// What the sum over rows is multiplied by.
    fn share<T: Scalar>(&self, output: &Tensor<T>) -> T {
        let count = match (self.reduction, self.kind) {
            (Reduction::Sum, _) => 1,
            (Reduction::Mean, LossKind::MeanSquare) => output.len(),
            (Reduction::Mean, _) => output.dims()[0],
        };
        T::ONE / T::from_f64(count as f64)
    }
}

/// `Σ (ŷ − y)²`, and `factor (ŷ − y)`.
fn squares<T: Scalar>(
    output: &Tensor<T>,
    target: &Target<T>,
    factor: T,
    gradient: &mut Tensor<T>,
) -> T {
    let Target::Values(values) = target else {
        unreachable!("checked: squares are of values");
    };
    let pairs = output.data().iter().zip(values.data());
    let into = gradient.data_mut();
    into.iter_mut()
        .zip(pairs)
        .for_each(|(g, (&x, &y))| *g = x - y);
    let sum = kernels::dot(into, into);
    into.iter_mut().for_each(|g| *g *= factor);
    sum
}

/// `Σ_rows Σ_j y_j (ln Σ_k exp ŷ_k − ŷ_j)`, and `factor (softmax(ŷ) Σ_j y_j − y)`.
fn cross_entropy<T: Scalar>(
    output: &Tensor<T>,
    target: &Target<T>,
    factor: T,
    gradient: &mut Tensor<T>,
) -> T {
    let &classes = output.dims().last().expect("checked: outputs have rows");
    let mut sum = T::ZERO;
    let rows = output.data().chunks(classes);
    for (i, (x, g)) in rows
        .zip(gradient.data_mut().chunks_mut(classes))
        .enumerate()
    {
        let log_sum = softmax(x, g);
        match target {
            Target::Classes(labels) => {
                let label = labels[i];
                sum += log_sum - x[label];
                g[label] -= T::ONE;
            }
            Target::Values(values) => {
                let y = &values.data()[i * classes..][..classes];
                let mass = kernels::sum(y);
                for ((g, &x), &y) in g.iter_mut().zip(x).zip(y) {
                    // A class without target may have a logit of −∞.
                    if !y.is_zero() {
                        sum += y * (log_sum - x);
                    }
                    *g = *g * mass - y;
                }
            }
        }
        g.iter_mut().for_each(|g| *g *= factor);
    }
    sum
}

/// `y ← softmax(x)`; returns `ln Σ exp x`.
fn softmax<T: Scalar>(x: &[T], y: &mut [T]) -> T {
    let greatest = x.iter().fold(x[0], |m, &x| if x > m { x } else { m });
    let mut sum = T::ZERO;
    for (y, &x) in y.iter_mut().zip(x) {
        *y = (x - greatest).exp();
        sum += *y;
    }
    y.iter_mut().for_each(|y| *y /= sum);
    greatest + sum.ln()
}
