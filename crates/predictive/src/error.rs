//! Errors: what keeps an inference from giving a result.

use metaplast_tensor::Shape;
use thiserror::Error;

/// Why an inference has no result. Layers are counted from 1, as in the equations.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PredictiveError {
    /// A chain needs a layer.
    #[error("the chain has no layers")]
    NoLayers,
    /// An input without rows, or one that is no batch of rows.
    #[error("an input of shape {shape} is not a batch of rows")]
    NoRows {
        /// The input's shape.
        shape: Shape,
    },
    /// n = 0.
    #[error("{method} with 0 iterations leaves every error but the last at 0: ask for at least 1")]
    NoIterations {
        /// The method's name.
        method: &'static str,
    },
    /// A constant outside its range.
    #[error("{name} is {value}, but must be {range}")]
    Setting {
        /// The constant's name.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// Settings that do not go together.
    #[error("these settings do not go together: {what}")]
    Unsupported {
        /// What is wrong.
        what: &'static str,
    },
    /// Weights that move at every inference step need an optimiser.
    #[error("weights that move at every inference step need an optimiser: call `train_step`")]
    NeedsOptimizer,
    /// What reaches a layer does not fit it.
    #[error("layer {layer} takes {wanted}, but gets an input of shape {found}")]
    Input {
        /// The layer, counted from 1.
        layer: usize,
        /// What it takes.
        wanted: String,
        /// The shape that reached it.
        found: Shape,
    },
    /// A layer returned another number of rows than it was given.
    #[error(
        "layer {layer} makes {found} of a batch of {rows} rows: the first axis must stay the batch"
    )]
    Rows {
        /// The layer, counted from 1.
        layer: usize,
        /// Rows that went in.
        rows: usize,
        /// The shape that came out.
        found: Shape,
    },
    /// Targets that do not fit the outputs.
    #[error("targets ({found}) do not fit outputs of shape {output}")]
    Target {
        /// The shape of the chain's output.
        output: Shape,
        /// What the targets are.
        found: String,
    },
    /// Beliefs to start from that do not fit the chain.
    #[error(
        "belief {layer} to start from has shape {found:?}, but the layer's output has {wanted}"
    )]
    Beliefs {
        /// The layer, counted from 0, the input.
        layer: usize,
        /// The output's shape.
        wanted: Shape,
        /// The belief's shape, if there is one.
        found: Option<Shape>,
    },
    /// Two calls with the same arguments gave different results.
    #[error(
        "layer {layer} is no function of its input and parameters: two calls differ (dropout that draws \
         anew?); inference calls it many times, so freeze what is random"
    )]
    NotAFunction {
        /// The layer, counted from 1.
        layer: usize,
    },
    /// A row's output depends on another row.
    #[error(
        "layer {layer} lets the rows of a batch depend on each other (batch normalisation?); freeze its \
         statistics"
    )]
    RowsInteract {
        /// The layer, counted from 1.
        layer: usize,
    },
    /// The energy is no longer finite, or has grown beyond the limit.
    #[error(
        "inference diverges: the energy of layer {layer} is {energy:e} at iteration {iteration}; take a smaller η, \
         or let it be halved"
    )]
    Diverged {
        /// The layer whose energy is largest or not finite, counted from 1.
        layer: usize,
        /// Belief updates made so far.
        iteration: usize,
        /// The layer's energy.
        energy: f64,
    },
}
