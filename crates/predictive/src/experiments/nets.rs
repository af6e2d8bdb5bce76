//! The nets of the experiments, with the starting weights that PyTorch gives them.

use metaplast_autodiff::Convolution;
use metaplast_experiment::{Error, Settings};
use metaplast_tensor::{Random, Tensor};

use super::images::Extents;
use crate::chain::Chain;
use crate::layer::{Activation, Block, Dense, Part};

/// A kind of net, for images of any extents and any number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Net {
    /// The article's for MNIST: five layers, two of them convolutional.
    Convolutional,
    /// The article's for CIFAR-10: six layers, three of them convolutional.
    WideConvolutional,
    /// Three hidden layers of 300 rectified units.
    Dense,
}

/// Name and kind of each.
const NAMES: [(&str, Net); 3] = [
    ("conv", Net::Convolutional),
    ("wide-conv", Net::WideConvolutional),
    ("dense", Net::Dense),
];

const MEANING: &str = "conv (the article's for MNIST), wide-conv (its for CIFAR-10) or dense (three \
                       hidden layers of 300)";

/// The setting that chooses a net.
pub(super) fn with_net_setting(settings: Settings, usual: &str) -> Settings {
    settings.text("net", usual, MEANING)
}

impl Net {
    /// The one that the settings choose.
    pub(super) fn chosen(settings: &Settings) -> Result<Self, Error> {
        let name = settings.get_text("net");
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, net)| *net).ok_or_else(|| {
            let reason = format!("there is no net {name:?}; choose {MEANING}");
            Error::setting("net", reason)
        })
    }

    /// Whether it takes images, and not rows of pixels.
    pub(super) fn takes_images(self) -> bool {
        self != Net::Dense
    }

    /// The number of layers between which beliefs live.
    pub(super) fn layers(self) -> usize {
        match self {
            Net::Convolutional => 5,
            Net::WideConvolutional => 6,
            Net::Dense => 4,
        }
    }

    /// A net with fresh random weights.
    pub(super) fn build(
        self,
        extents: Extents,
        classes: usize,
        seed: u64,
    ) -> Result<Chain<f32>, Error> {
        let mut random = Random::new(seed);
        let random = &mut random;
        let Extents {
            rows,
            columns,
            channels,
        } = extents;
        let relu = Activation::Relu;
        let too_small = || {
            let reason =
                format!("images of {rows}x{columns} are too small for this net; choose dense");
            Error::setting("net", reason)
        };
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
                    return Err(too_small());
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
                    return Err(too_small());
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
fn convolution(from: usize, to: usize, border: usize, random: &mut Random) -> Part<f32> {
    let bound = 1.0 / (9.0 * from as f64).sqrt();
    Part::Convolution {
        kernel: Tensor::uniform([to, from, 3, 3], -bound, bound, random),
        bias: Some(Tensor::uniform([to], -bound, bound, random)),
        how: Convolution::new().border([border; 2]),
    }
}
