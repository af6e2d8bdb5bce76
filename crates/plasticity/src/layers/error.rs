//! Errors in descriptions of layers.

use std::ops::Range;

use thiserror::Error;

/// Units of a layer, and elements of all patches of a layer, against typing errors.
pub(super) const MOST_UNITS: usize = 1 << 27;

/// A word of a description of layers that cannot be, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("word {number}, `{word}`: {reason}")]
#[non_exhaustive]
pub struct LayersError {
    /// The word.
    pub word: String,
    /// Its number, from 1.
    pub number: usize,
    /// Its bytes in the text.
    pub at: Range<usize>,
    /// What is wrong with it, and what could stand there.
    pub reason: LayersReason,
}

/// What is wrong with a word of a description of layers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LayersReason {
    /// A first word that says no inputs.
    #[error("the first word says the inputs; write their number, or an image like 28x28x1")]
    Inputs,
    /// A word that is none.
    #[error(
        "no layer; write conv5x8 (kernel x channels), conv5x8+2 (with a border of zeros), conv5x8/2 (with a stride), pool2, maxpool2, dense100, 100, skip1 or recurrent64"
    )]
    Unknown,
    /// A number that is 0.
    #[error("all numbers of a layer must be 1 or more")]
    Zero,
    /// More units or elements of patches than are allowed.
    #[error(
        "a layer can have {} units, and patches of as many elements, at most",
        MOST_UNITS
    )]
    TooMany,
    /// A convolution or pooling of what has no height and width.
    #[error("there is no image below it; begin with one, like 28x28x1, and put dense layers last")]
    NoImage,
    /// A kernel that does not fit.
    #[error(
        "the image below it is {0}x{1}; choose a smaller kernel, or a border of zeros like conv5x8+2"
    )]
    Kernel(usize, usize),
    /// A border as wide as the kernel, behind which it sees nothing.
    #[error("a border must be smaller than the kernel; write +{0} or less")]
    Border(usize),
    /// Windows that do not fill the image.
    #[error("the image below it is {0}x{1}; choose a number that divides both")]
    Pool(usize, usize),
    /// A skip that does not stand behind a hidden layer.
    #[error(
        "a skip stands right behind the word of a hidden layer, one for each; write 60 60 skip1 47"
    )]
    SkipPlace,
    /// A skip from a layer that is none.
    #[error("a skip begins at a layer with weights, and {0} lie below this one")]
    SkipFrom(usize),
    /// A skip between layers of different sizes.
    #[error("the layer it comes from is {0} and this one {1}; make them the same")]
    SkipSize(String, String),
    /// A recurrent layer elsewhere than between inputs and outputs.
    #[error(
        "a recurrent layer stands alone between inputs and outputs; write like 28 recurrent64 47"
    )]
    Recurrent,
    /// Pooling with nothing that sees it.
    #[error("no layer with weights follows; end with the outputs, like 47")]
    NoOutputs,
}
