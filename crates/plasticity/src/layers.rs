//! Descriptions of layers: `784,170,47`, or `28x28x1 conv5x8 pool2 dense100 47`.
//!
//! Words stand in a row, with spaces or commas between them. The first is the number of inputs, or an image
//! of height × width × channels. Of the others
//!
//! | word | layer |
//! |---|---|
//! | `conv5x8` | 8 channels of a kernel of 5 × 5, at every place where it fits as a whole |
//! | `conv5x8/2` | the same at every second place along both axes |
//! | `pool2` | the mean over windows of 2 × 2, which the next layer sees in the image's place |
//! | `dense100`, `100` | 100 units, each with weights from everything below |
//! | `recurrent64` | 64 units with weights from the inputs and from their own past; only as in `28 recurrent64 47` |

use std::fmt;
use std::ops::Range;

use thiserror::Error;

use crate::connection::{Connection, ImageExtents};
use crate::layer_words::Word;

/// Units of a layer, and elements of all patches of a layer, against typing errors.
const MOST_UNITS: usize = 1 << 27;

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
        "no layer; write conv5x8 (kernel x channels), conv5x8/2 (with a stride), pool2, dense100, 100 or recurrent64"
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
    #[error("the image below it is {0}x{1}; choose a smaller kernel")]
    Kernel(usize, usize),
    /// Windows that do not fill the image.
    #[error("the image below it is {0}x{1}; choose a number that divides both")]
    Pool(usize, usize),
    /// A recurrent layer elsewhere than between inputs and outputs.
    #[error(
        "a recurrent layer stands alone between inputs and outputs; write like 28 recurrent64 47"
    )]
    Recurrent,
    /// Pooling with nothing that sees it.
    #[error("no layer with weights follows; end with the outputs, like 47")]
    NoOutputs,
}

/// Sizes of all layers, and what lies between them where not all is fully connected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerDescription {
    /// `n_0..n_L`
    pub(crate) sizes: Vec<usize>,
    /// Of each layer of weights, where it is not fully connected to the whole layer below.
    pub(crate) connections: Vec<Option<Connection>>,
    pub(crate) words: Vec<Word>,
}

/// What the layers so far make.
#[derive(Clone, Copy)]
struct Built {
    /// ImageExtents where it is an image.
    image: Option<ImageExtents>,
    units: usize,
    /// What is pooled before the next layer with weights.
    pool: usize,
}

impl LayerDescription {
    pub(crate) fn parse(text: &str) -> Result<Self, LayersError> {
        let mut layers = LayerDescription {
            sizes: Vec::new(),
            connections: Vec::new(),
            words: Vec::new(),
        };
        let mut built = None;
        let mut last = None;
        let words = text
            .split([' ', ',', '\t', '\n'])
            .filter(|word| !word.is_empty());
        for (number, word) in (1..).zip(words) {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let wrong = |reason| LayersError {
                word: word.to_owned(),
                number,
                at: start..start + word.len(),
                reason,
            };
            let parsed = match (built, Word::parse(word)) {
                (None, Err(LayersReason::Unknown)) => return Err(wrong(LayersReason::Inputs)),
                (_, parsed) => parsed.map_err(wrong)?,
            };
            built = Some(layers.add(built, parsed).map_err(wrong)?);
            layers.words.push(parsed);
            last = Some(wrong(LayersReason::NoOutputs));
        }
        match (built, last) {
            (Some(Built { pool, .. }), Some(error))
                if pool > 1 || matches!(layers.words.last(), Some(Word::Recurrent(_))) =>
            {
                Err(error)
            }
            _ => Ok(layers),
        }
    }

    /// Whether the hidden units see their own past: then sizes are inputs, hidden units twice, and outputs.
    pub(crate) fn is_recurrent(&self) -> bool {
        self.words
            .iter()
            .any(|word| matches!(word, Word::Recurrent(_)))
    }

    /// The first word, where it is an image.
    pub(crate) fn image(&self) -> Option<ImageExtents> {
        match self.words.first() {
            Some(&Word::Image(image)) => Some(image),
            _ => None,
        }
    }

    /// Adds a word to what there is.
    fn add(&mut self, below: Option<Built>, word: Word) -> Result<Built, LayersReason> {
        let units = |extents: &[usize]| {
            let product = extents.iter().try_fold(1usize, |a, &b| a.checked_mul(b));
            let fits = product.filter(|&product| product <= MOST_UNITS);
            fits.ok_or(LayersReason::TooMany)
        };
        let misplaced = match word {
            Word::Recurrent(_) => !matches!(self.words[..], [] | [Word::Dense(_)]),
            Word::Dense(_) => self.is_recurrent() && self.words.len() > 2,
            _ => self.is_recurrent(),
        };
        if misplaced {
            return Err(LayersReason::Recurrent);
        }
        let (built, connection) = match (below, word) {
            (None, Word::Dense(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pool: 1,
                };
                self.sizes.push(built.units);
                return Ok(built);
            }
            (None, Word::Image(image)) => {
                let built = Built {
                    image: Some(image),
                    units: units(&image)?,
                    pool: 1,
                };
                self.sizes.push(built.units);
                return Ok(built);
            }
            (None, _) => return Err(LayersReason::Inputs),
            (Some(_), Word::Image(_)) => return Err(LayersReason::Unknown),
            (Some(below), Word::Dense(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pool: 1,
                };
                let pooled = below.image.filter(|_| below.pool > 1);
                (
                    built,
                    pooled.and_then(|image| Connection::dense(image, below.pool, n)),
                )
            }
            (Some(_), Word::Recurrent(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pool: 1,
                };
                // From the inputs, and from the units themselves.
                self.sizes.push(built.units);
                self.connections.push(None);
                (built, None)
            }
            (Some(below), Word::Pool(n)) => {
                let [height, width, _] = below.pooled()?;
                if !height.is_multiple_of(n) || !width.is_multiple_of(n) {
                    return Err(LayersReason::Pool(height, width));
                }
                return Ok(Built {
                    pool: below.pool * n,
                    ..below
                });
            }
            (
                Some(below),
                Word::Conv {
                    kernel,
                    channels,
                    stride,
                },
            ) => {
                let [height, width, depth] = below.pooled()?;
                if kernel > height.min(width) {
                    return Err(LayersReason::Kernel(height, width));
                }
                let along = |extent: usize| (extent - kernel) / stride + 1;
                units(&[along(height), along(width), kernel, kernel, depth])?;
                let image = [along(height), along(width), channels];
                let built = Built {
                    image: Some(image),
                    units: units(&image)?,
                    pool: 1,
                };
                let whole = below.image.expect("a pooled image is an image");
                let size = [kernel, stride, channels];
                (
                    built,
                    Some(Connection::convolution(whole, below.pool, size).0),
                )
            }
        };
        self.sizes.push(built.units);
        self.connections.push(connection);
        Ok(built)
    }
}

impl Built {
    /// The image that the next layer sees.
    fn pooled(self) -> Result<ImageExtents, LayersReason> {
        let [height, width, channels] = self.image.ok_or(LayersReason::NoImage)?;
        Ok([height / self.pool, width / self.pool, channels])
    }
}

/// The words that make these layers, with spaces between them.
impl fmt::Display for LayerDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.words.iter().map(Word::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        LayerDescription::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn descriptions_are_read_back() {
        for (text, sizes) in [
            ("784 170 47", vec![784, 170, 47]),
            ("28x28x1 conv5x8 pool2 100 47", vec![784, 4608, 100, 47]),
            ("9x7x3 conv3x4/2 conv2x5 10", vec![189, 48, 30, 10]),
            ("8x8x2 pool2 pool2 3", vec![128, 3]),
            ("28 recurrent64 47", vec![28, 64, 64, 47]),
        ] {
            let layers = LayerDescription::parse(text).unwrap();
            assert_eq!(layers.sizes, sizes);
            assert_eq!(layers.to_string(), text);
        }
        let written_out = LayerDescription::parse("6x6x1, conv3x2/1 ,dense4").unwrap();
        assert_eq!(written_out.to_string(), "6x6x1 conv3x2 4");
    }

    #[test]
    fn a_wrong_word_is_pointed_at() {
        let wrong = LayerDescription::parse("28x28x1 conv5x8 pool5 47").unwrap_err();
        assert_eq!((wrong.number, wrong.at), (3, 16..21));
        assert_eq!(
            error("28x28x1 conv5x8 pool5 47"),
            "word 3, `pool5`: the image below it is 24x24; choose a number that divides both"
        );
        for (text, found) in [
            (
                "conv5x8 10",
                "word 1, `conv5x8`: the first word says the inputs",
            ),
            (
                "28x28 10",
                "word 1, `28x28`: the first word says the inputs",
            ),
            (
                "28x28x1 conv29x2 10",
                "word 2, `conv29x2`: the image below it is 28x28; choose a smaller",
            ),
            (
                "784 conv5x8 10",
                "word 2, `conv5x8`: there is no image below it",
            ),
            (
                "28x28x1 20 pool2 10",
                "word 3, `pool2`: there is no image below it",
            ),
            (
                "28x28x1 conv0x2 10",
                "word 2, `conv0x2`: all numbers of a layer must be 1",
            ),
            (
                "28x28x1 convx2 10",
                "word 2, `convx2`: no layer; write conv5x8",
            ),
            (
                "784 100 recurrent64 47",
                "word 3, `recurrent64`: a recurrent layer stands alone between inputs",
            ),
            (
                "28 recurrent64 20 47",
                "word 4, `47`: a recurrent layer stands alone between inputs",
            ),
            (
                "28 recurrent64",
                "word 2, `recurrent64`: no layer with weights follows",
            ),
            (
                "28x28x1 pool2",
                "word 2, `pool2`: no layer with weights follows",
            ),
            (
                "28x28x1 99999999999999999999999 2",
                "word 2, `99999999999999999999999`: a layer can have",
            ),
        ] {
            assert!(error(text).starts_with(found), "{}", error(text));
        }
    }
}
