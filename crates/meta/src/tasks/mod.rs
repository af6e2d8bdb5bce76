//! Supervised tasks beside few-shot classification: where the examples of a plain simulation come from.
//!
//! | task | inputs | targets | outputs |
//! |---|---|---|---|
//! | [`Classification`] | images of some classes | the class | softmax |
//! | [`Autoencoding`] | images | the image | linear |
//! | [`TeacherStudent`] | Gaussian | what a random network answers | linear |
//! | [`GaussianMixture`] | Gaussian clouds | the cloud | softmax |
//!
//! Each names the [outputs](SupervisedTask::output) for which `e_L = y_L − target` is the slope of its
//! loss, so that any rule and any feedback pathway learn it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use metaplast_autodiff::Tape;
//! use metaplast_data::{Dataset, ImageForm, ImageSize};
//! use metaplast_meta::tasks::{Classification, SupervisedTask, mean_loss};
//! use metaplast_plasticity::{
//!     Architecture, IncrementOptimizer, Network, NetworkLearner, Pathway, Rule,
//! };
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let form = ImageForm { size: Some(ImageSize::square(14)), ..ImageForm::default() };
//! let dataset = Arc::new(Dataset::glyphs(20, 1).in_form(&form)?);
//! let [task, held_out] = Classification::split(&dataset, &[0, 1, 2], 5)?;
//!
//! let sizes = vec![task.inputs(), 30, task.outputs()];
//! let architecture = Architecture::new(sizes)?.with_output(task.output());
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
//! let tape = Tape::<f32>::new();
//! let network = Network::builder(&tape, &architecture)
//!     .weights(&Pathway::uniform(&architecture, &mut rng))
//!     .build();
//! let rule = Rule::from_pool(&[0])?.with_theta(&[0.1]).bind_constant(&tape);
//! let mut learner = NetworkLearner::new(&network, IncrementOptimizer::Plain)?;
//! let probe = held_out.draw(100, &mut rng);
//! let loss = || {
//!     let y = network.forward(tape.constant(&probe.inputs.cast())).y[2].value();
//!     mean_loss(task.output(), &y.cast(), &probe.targets)
//! };
//! let first = loss();
//! for _ in 0..50 {
//!     let examples = task.draw(8, &mut rng);
//!     tape.without_gradients(|| learner.step(&rule, &examples.batch()))?;
//! }
//! assert!(loss() < 0.5 * first);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod images;
mod mixture;
mod teacher;

use std::fmt;

use metaplast_plasticity::Output;
use metaplast_tensor::Tensor;
use rand::Rng;
use thiserror::Error;

pub use images::{Autoencoding, Classification};
pub use mixture::GaussianMixture;
pub use teacher::TeacherStudent;

/// Something to learn from examples with targets.
pub trait SupervisedTask: fmt::Debug + Send + Sync {
    /// A name for tables.
    fn name(&self) -> &str;

    /// n_0, the numbers of an input.
    fn inputs(&self) -> usize;

    /// n_L, the numbers of a target.
    fn outputs(&self) -> usize;

    /// The kind of outputs for which `y_L − target` is the slope of the loss by `z_L`.
    fn output(&self) -> Output;

    /// So many examples, each drawn independently; the same generator state gives the same ones.
    fn draw(&self, count: usize, rng: &mut dyn Rng) -> Examples;
}

/// Examples of a task, one per row.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// `[count, n_0]`
    pub inputs: Tensor<f64>,
    /// `[count, n_L]`
    pub targets: Tensor<f64>,
}

impl Examples {
    /// All of them, as [`NetworkLearner::step`](metaplast_plasticity::NetworkLearner::step) takes a
    /// batch.
    #[must_use]
    pub fn batch(&self) -> Vec<(&[f64], &[f64])> {
        self.inputs.rows().zip(self.targets.rows()).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.dims()[0]
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a task cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SupervisedTaskError {
    /// A class that the data set does not have.
    #[error("class {class} does not exist in data set {dataset}; choose from 0 to {last}")]
    #[non_exhaustive]
    Class {
        /// The class.
        class: usize,
        /// The data set.
        dataset: String,
        /// Its last class.
        last: usize,
    },
    /// A class with no more images than are to be held out.
    #[error(
        "class {class} of data set {dataset} has {images} images; hold out fewer than {held_out}"
    )]
    #[non_exhaustive]
    Images {
        /// The class.
        class: usize,
        /// The data set.
        dataset: String,
        /// How many images there are.
        images: usize,
        /// How many were to be held out.
        held_out: usize,
    },
    /// A number that cannot be.
    #[error("{what} must be {wanted}")]
    #[non_exhaustive]
    Number {
        /// What it is.
        what: &'static str,
        /// What could have been given.
        wanted: &'static str,
    },
}

/// The mean loss of outputs `y`, `[count, n_L]`, whose slope by `z_L` is `y − target`: the
/// cross-entropy of softmax, half the squared distance of linear outputs.
///
/// # Panics
/// When the shapes differ, there are no examples, or the outputs are softplus, whose loss needs the
/// pre-activation.
#[track_caller]
#[must_use]
pub fn mean_loss(output: Output, y: &Tensor<f64>, targets: &Tensor<f64>) -> f64 {
    check(y, targets);
    let each = match output {
        Output::Softmax => y.zip_map(targets, |y, t| if t == 0.0 { 0.0 } else { -t * y.ln() }),
        Output::Linear => y.zip_map(targets, |y, t| 0.5 * (y - t) * (y - t)),
        Output::Softplus => panic!("mean_loss: of softplus outputs the activity does not tell it"),
    };
    each.sum() / y.dims()[0] as f64
}

/// The share of outputs `y`, `[count, n_L]`, whose largest element is the target's.
///
/// # Panics
/// When the shapes differ or there are no examples.
#[track_caller]
#[must_use]
pub fn accuracy(y: &Tensor<f64>, targets: &Tensor<f64>) -> f64 {
    check(y, targets);
    let largest = y.argmax_axis(1).into_iter().zip(targets.argmax_axis(1));
    largest.filter(|(a, b)| a == b).count() as f64 / y.dims()[0] as f64
}

#[track_caller]
fn check(y: &Tensor<f64>, targets: &Tensor<f64>) {
    assert!(
        y.shape() == targets.shape() && y.rank() == 2 && y.dims()[0] > 0,
        "examples: outputs of shape {}, targets of shape {}; give [count, n_L] twice",
        y.shape(),
        targets.shape()
    );
}

/// Rows with 1 at each index and 0 elsewhere.
fn one_hot(indices: &[usize], length: usize) -> Tensor<f64> {
    let mut rows = Tensor::zeros([indices.len(), length]);
    for (row, &k) in rows.data_mut().chunks_mut(length).zip(indices) {
        row[k] = 1.0;
    }
    rows
}
