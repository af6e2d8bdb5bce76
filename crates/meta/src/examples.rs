//! Examples: what an episode learns from and is judged on, as images of a data set or as arrays.

use std::ops::Range;

use metaplast_autodiff::{Tape, Var};
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Architecture, Number};
use metaplast_tensor::{Scalar, Tensor};
use thiserror::Error;

use crate::images::{image_batch, upright_batch, write_pixels};

/// Where the inputs and labels of an episode are.
#[derive(Clone, Copy, Debug)]
pub enum EpisodeExamples<'a> {
    /// Images by their numbers.
    Images {
        /// The images.
        dataset: &'a Dataset,
        /// Which of them are learned from, and which the network is judged on.
        task: &'a Task,
    },
    /// Numbers.
    Arrays(&'a ExampleArrays),
}

/// Inputs in any numbers, with labels.
///
/// They are kept as they came, in f32 or in f64, which holds every f32 as it is: an episode in f32 sees
/// the same inputs either way.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleArrays {
    support: LabelledRows,
    query: LabelledRows,
}

/// One input per row, and as many labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledRows {
    /// `[n, n_0]`
    inputs: InputMatrix,
    labels: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum InputMatrix {
    F32(Tensor<f32>),
    F64(Tensor<f64>),
}

/// Why an episode cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExampleError {
    /// Inputs that are not one row per label.
    #[error("{labels} labels for inputs of shape {shape:?}; give one row of inputs for each label")]
    Rows {
        /// How many labels there are.
        labels: usize,
        /// The shape of the inputs.
        shape: Vec<usize>,
    },
    /// Inputs of another size than the network's.
    #[error("{what} inputs have {got} elements each; the network has {needed} inputs")]
    Inputs {
        /// `support` or `query`.
        what: &'static str,
        /// Elements of an input.
        got: usize,
        /// Inputs of the network.
        needed: usize,
    },
    /// A label without an output.
    #[error("{what} label {label} at place {place}; the network has {outputs} outputs")]
    Label {
        /// `support` or `query`.
        what: &'static str,
        /// The label.
        label: usize,
        /// Its place, from 0.
        place: usize,
        /// Outputs of the network.
        outputs: usize,
    },
    /// Steps to make and nothing to learn from.
    #[error("{0} steps without a support example; give at least one")]
    NoSupport(usize),
    /// Nothing to be judged on.
    #[error("no query examples; give at least one")]
    NoQuery,
}

impl LabelledRows {
    /// These inputs, `[n, n_0]`, with a label each.
    ///
    /// # Errors
    /// When there is not one row for each label.
    pub fn new(inputs: Tensor<f64>, labels: Vec<usize>) -> Result<Self, ExampleError> {
        Self::of(InputMatrix::F64(inputs), labels)
    }

    /// As [`new`](Self::new), of inputs in f32, which stay what they are.
    ///
    /// # Errors
    /// When there is not one row for each label.
    pub fn from_f32(inputs: Tensor<f32>, labels: Vec<usize>) -> Result<Self, ExampleError> {
        Self::of(InputMatrix::F32(inputs), labels)
    }

    fn of(inputs: InputMatrix, labels: Vec<usize>) -> Result<Self, ExampleError> {
        match inputs.dims() {
            [rows, _] if *rows == labels.len() => Ok(LabelledRows { inputs, labels }),
            shape => Err(ExampleError::Rows {
                labels: labels.len(),
                shape: shape.to_vec(),
            }),
        }
    }

    /// No examples, of any size.
    #[must_use]
    pub fn none() -> Self {
        LabelledRows {
            inputs: InputMatrix::F64(Tensor::zeros([0, 0])),
            labels: Vec::new(),
        }
    }

    /// The inputs, `[n, n_0]`, rounded to `T` where they are wider.
    #[must_use]
    pub fn inputs<T: Scalar>(&self) -> Tensor<T> {
        match &self.inputs {
            InputMatrix::F32(inputs) => inputs.cast(),
            InputMatrix::F64(inputs) => inputs.cast(),
        }
    }

    /// The labels, n of them.
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn check(&self, what: &'static str, architecture: &Architecture) -> Result<(), ExampleError> {
        let (got, needed) = (self.inputs.dims()[1], architecture.inputs());
        if !self.labels.is_empty() && architecture.steps_of(got).is_none() {
            return Err(ExampleError::Inputs { what, got, needed });
        }
        let outputs = architecture.outputs();
        let beyond = (0..)
            .zip(&self.labels)
            .find(|(_, label)| **label >= outputs);
        match beyond {
            None => Ok(()),
            Some((place, &label)) => Err(ExampleError::Label {
                what,
                label,
                place,
                outputs,
            }),
        }
    }

    /// Elements of an input.
    fn width(&self) -> usize {
        self.inputs.dims()[1]
    }

    /// Input `t` into `x`, of as many elements.
    fn write_row<T: Scalar>(&self, t: usize, x: &mut [T]) {
        match &self.inputs {
            InputMatrix::F32(inputs) => write(inputs.row(t), x),
            InputMatrix::F64(inputs) => write(inputs.row(t), x),
        }
    }
}

impl InputMatrix {
    fn dims(&self) -> &[usize] {
        match self {
            InputMatrix::F32(inputs) => inputs.dims(),
            InputMatrix::F64(inputs) => inputs.dims(),
        }
    }
}

fn write<S: Scalar, T: Scalar>(row: &[S], x: &mut [T]) {
    for (x, value) in x.iter_mut().zip(row) {
        *x = T::from_f64(value.to_f64());
    }
}

impl ExampleArrays {
    /// To learn from, in this order, and to be judged on.
    #[must_use]
    pub fn new(support: LabelledRows, query: LabelledRows) -> Self {
        ExampleArrays { support, query }
    }

    /// What is learned from.
    #[must_use]
    pub fn support(&self) -> &LabelledRows {
        &self.support
    }

    /// What the network is judged on.
    #[must_use]
    pub fn query(&self) -> &LabelledRows {
        &self.query
    }

    /// Whether a network can learn from them, and be judged on them where that `is_judged`.
    ///
    /// # Errors
    /// With the first that does not fit.
    pub fn check(&self, architecture: &Architecture, is_judged: bool) -> Result<(), ExampleError> {
        self.support.check("support", architecture)?;
        self.query.check("query", architecture)?;
        match is_judged && self.query.labels.is_empty() {
            true => Err(ExampleError::NoQuery),
            false => Ok(()),
        }
    }
}

impl EpisodeExamples<'_> {
    /// How many examples there are to learn from.
    #[must_use]
    pub fn support_len(&self) -> usize {
        match self {
            EpisodeExamples::Images { task, .. } => task.support.len(),
            EpisodeExamples::Arrays(arrays) => arrays.support.labels.len(),
        }
    }

    /// Elements of an input to learn from.
    pub(crate) fn width(&self) -> usize {
        match self {
            EpisodeExamples::Images { dataset, .. } => dataset.pixels_per_image(),
            EpisodeExamples::Arrays(arrays) => arrays.support.width(),
        }
    }

    /// The label of online step `t`.
    pub(crate) fn label(&self, t: usize) -> usize {
        match self {
            EpisodeExamples::Images { task, .. } => task.support[t % task.support.len()].label,
            EpisodeExamples::Arrays(arrays) => arrays.support.labels[t % self.support_len()],
        }
    }

    /// Writes the input of online step `t`, `[n_0]`.
    pub(crate) fn write<T: Scalar>(&self, t: usize, x: &mut [T]) {
        let t = t % self.support_len();
        match self {
            EpisodeExamples::Images { dataset, task } => {
                write_pixels(dataset.image(task.support[t].image), x);
            }
            EpisodeExamples::Arrays(arrays) => arrays.support.write_row(t, x),
        }
    }

    /// Input and label of online step `t`, the input as a constant `[n_0]` on a tape.
    pub(crate) fn step<'t, T: Number>(&self, tape: &'t Tape<T>, t: usize) -> (Var<'t, T>, usize) {
        let x = tape.constant_with(self.width(), |x| self.write(t, x));
        (x, self.label(t))
    }

    /// The same input in pieces `[width]`, of an image row by row from the top, as constants.
    pub(crate) fn step_in_pieces<'t, T: Number>(
        &self,
        tape: &'t Tape<T>,
        t: usize,
        width: usize,
    ) -> (Vec<Var<'t, T>>, usize) {
        let (x, label) = match self {
            EpisodeExamples::Images { dataset, task } => {
                let sample = task.support[t % task.support.len()];
                (upright_batch(dataset, &[sample]), sample.label)
            }
            EpisodeExamples::Arrays(ExampleArrays { support, .. }) => {
                let t = t % support.labels.len();
                let mut x = Tensor::zeros([support.width()]);
                support.write_row(t, x.data_mut());
                (x, support.labels[t])
            }
        };
        let pieces = x.data().chunks(width);
        let constant = |piece: &[T]| tape.constant_with(piece.len(), |x| x.copy_from_slice(piece));
        (pieces.map(constant).collect(), label)
    }

    /// How many examples there are to be judged on.
    pub(crate) fn query_len(&self) -> usize {
        match self {
            EpisodeExamples::Images { task, .. } => task.query.len(),
            EpisodeExamples::Arrays(arrays) => arrays.query.labels.len(),
        }
    }

    /// Inputs of these steps, `[steps, n_0]`, and their labels; none without an example to learn from.
    pub(crate) fn inputs<T: Scalar>(&self, steps: Range<usize>) -> (Tensor<T>, Vec<usize>) {
        let steps = match self.support_len() {
            0 => 0..0,
            _ => steps,
        };
        let mut inputs = Tensor::zeros([steps.len(), self.width()]);
        let rows = inputs.data_mut().chunks_mut(self.width().max(1));
        for (t, x) in steps.clone().zip(rows) {
            self.write(t, x);
        }
        (inputs, steps.map(|t| self.label(t)).collect())
    }

    /// The inputs that the network is judged on, `[n, elements]`, in the order of
    /// [`step_in_pieces`](Self::step_in_pieces), and their labels.
    pub(crate) fn query_row_by_row<T: Scalar>(&self) -> (Tensor<T>, Vec<usize>) {
        match self {
            EpisodeExamples::Images { dataset, task } => {
                let labels = task.query.iter().map(|sample| sample.label).collect();
                (upright_batch(dataset, &task.query), labels)
            }
            EpisodeExamples::Arrays(_) => self.query(),
        }
    }

    /// The inputs that the network is judged on, `[n, n_0]`, and their labels.
    pub(crate) fn query<T: Scalar>(&self) -> (Tensor<T>, Vec<usize>) {
        match self {
            EpisodeExamples::Images { dataset, task } => {
                let labels = task.query.iter().map(|sample| sample.label).collect();
                (image_batch(dataset, &task.query), labels)
            }
            EpisodeExamples::Arrays(ExampleArrays { query, .. }) => {
                (query.inputs(), query.labels.clone())
            }
        }
    }
}
