//! Nets for images: the article's and a plain one, with the starting weights that PyTorch gives them.

use metaplast_autodiff::Convolution;
use metaplast_tensor::{Random, Scalar, Tensor};
use thiserror::Error;

use crate::chain::Chain;
use crate::images::Extents;
use crate::instances::Instances;
use crate::layer::{Activation, Block, Dense, Part};

/// A kind of net, for images of any extents and any number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Net {
    /// The article's for MNIST: five layers, two of them convolutional.
    Convolutional,
    /// The article's for CIFAR-10: six layers, three of them convolutional.
    WideConvolutional,
    /// Three hidden layers of 300 rectified units.
    Dense,
}

/// Name and kind of each, in the order shown to users.
const NAMES: [(&str, Net); 3] = [
    ("conv", Net::Convolutional),
    ("wide-conv", Net::WideConvolutional),
    ("dense", Net::Dense),
];

/// Why there is no such net for such images.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetError {
    /// No net of this name.
    #[error(
        "there is no net {name:?}; choose conv (the article's for MNIST), wide-conv (its for CIFAR-10) or dense (three hidden layers of 300)"
    )]
    Unknown {
        /// The name that was given.
        name: String,
    },
    /// Images so small that nothing is left of them between the layers.
    #[error("images of {rows}x{columns} are too small for this net; choose dense")]
    TooSmall {
        /// Rows of an image.
        rows: usize,
        /// Columns of an image.
        columns: usize,
    },
}

impl Net {
    /// The names of all, in the order shown to users.
    #[must_use]
    pub fn names() -> Vec<String> {
        NAMES.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    /// The net of this name: `conv`, `wide-conv` or `dense`.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, NetError> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, net)| *net).ok_or_else(|| NetError::Unknown {
            name: name.to_owned(),
        })
    }

    /// Whether it takes images, and not rows of pixels.
    #[must_use]
    pub fn takes_images(self) -> bool {
        self != Net::Dense
    }

    /// The number of its layers.
    #[must_use]
    pub fn layers(self) -> usize {
        match self {
            Net::Convolutional => 5,
            Net::WideConvolutional => 6,
            Net::Dense => 4,
        }
    }

    /// A net with fresh random weights, uniform in ±1/√(inputs of a unit), biases too, for images
    /// of these extents; its last layer has one unit for each class.
    ///
    /// # Errors
    /// When the images are too small.
    pub fn build<T: Scalar>(
        self,
        extents: Extents,
        classes: usize,
        seed: u64,
    ) -> Result<Chain<T>, NetError> {
        (Instances::get().build)(self, extents, classes, seed)
    }

    /// [`build`](Self::build), compiled where it is called.
    pub(crate) fn build_here<T: Scalar>(
        self,
        extents: Extents,
        classes: usize,
        seed: u64,
    ) -> Result<Chain<T>, NetError> {
        let mut random = Random::new(seed);
        let random = &mut random;
        let Extents {
            rows,
            columns,
            channels,
        } = extents;
        let relu = Activation::Relu;
        let too_small = NetError::TooSmall { rows, columns };
        let after = |from: usize, narrowing: &[fn(usize) -> usize]| {
            narrowing.iter().fold(from, |n, narrow| narrow(n))
        };
        Ok(match self {
            Net::Convolutional => {
                // Two kernels of 3 × 3 without a border, and between them a pool of 2 × 2.
                let steps: [fn(usize) -> usize; 3] =
                    [|n| n.saturating_sub(2), |n| n / 2, |n| n.saturating_sub(2)];
                let flat = 5 * after(rows, &steps) * after(columns, &steps);
                if flat == 0 {
                    return Err(too_small);
                }
                Chain::new()
                    .then(Block::of([
                        convolution(channels, 10, 0, random),
                        relu.into(),
                        Part::MaxPool(2),
                    ]))
                    .then(Block::of([
                        convolution(10, 5, 0, random),
                        relu.into(),
                        Part::Flatten,
                    ]))
                    .then(Dense::random(flat, 50, random).then(relu))
                    .then(Dense::random(50, 30, random).then(relu))
                    .then(Dense::random(30, classes, random))
            }
            Net::WideConvolutional => {
                let flat = 256 * (rows / 2 / 2) * (columns / 2 / 2);
                if flat == 0 {
                    return Err(too_small);
                }
                Chain::new()
                    .then(Block::of([
                        convolution(channels, 64, 1, random),
                        relu.into(),
                    ]))
                    .then(Block::of([
                        convolution(64, 128, 1, random),
                        relu.into(),
                        Part::MaxPool(2),
                    ]))
                    .then(Block::of([
                        convolution(128, 256, 1, random),
                        relu.into(),
                        Part::MaxPool(2),
                        Part::Flatten,
                    ]))
                    .then(Dense::random(flat, 256, random).then(relu))
                    .then(Dense::random(256, 256, random).then(relu))
                    .then(Dense::random(256, classes, random))
            }
            Net::Dense => Chain::of([
                Dense::random(rows * columns * channels, 300, random).then(relu),
                Dense::random(300, 300, random).then(relu),
                Dense::random(300, 300, random).then(relu),
                Dense::random(300, classes, random),
            ]),
        })
    }
}

/// A convolution by kernels of 3 × 3, uniform in ±1/√(9 · channels).
fn convolution<T: Scalar>(from: usize, to: usize, border: usize, random: &mut Random) -> Part<T> {
    let bound = 1.0 / (9.0 * from as f64).sqrt();
    Part::Convolution {
        kernel: Tensor::uniform([to, from, 3, 3], -bound, bound, random),
        bias: Some(Tensor::uniform([to], -bound, bound, random)),
        how: Convolution::new().border([border; 2]),
    }
}
