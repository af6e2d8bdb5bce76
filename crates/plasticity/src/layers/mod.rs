//! Descriptions of layers: `784,170,47`, or `28x28x1 conv5x8 pool2 dense100 47`.
//!
//! Words stand in a row, with spaces or commas between them. The first is the number of inputs, or an image
//! of height × width × channels. Of the others
//!
//! | word | layer |
//! |---|---|
//! | `conv5x8` | 8 channels of a kernel of 5 × 5, at every place where it fits as a whole |
//! | `conv5x8+2` | the same on an image with a border of zeros, 2 wide on every side |
//! | `conv5x8/2`, `conv5x8+2/2` | the same at every second place along both axes |
//! | `pool2` | the mean over windows of 2 × 2, which the next layer sees in the image's place |
//! | `maxpool2` | the maximum over such windows |
//! | `dense100`, `100` | 100 units, each with weights from everything below |
//! | `skip2` | behind a hidden layer: its activity is its own and that of the layer two below, of the same size |

mod error;
mod word;

use std::fmt;

use smallvec::SmallVec;

use crate::connection::{Connection, ImageExtents};
use crate::pooling::PoolingKind;

use error::MOST_UNITS;
pub use error::{LayersError, LayersReason};
use word::Word;

/// Sizes of all layers, and what lies between them where not all is fully connected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerDescription {
    /// `n_0..n_L`
    pub(crate) sizes: Vec<usize>,
    /// Of each layer of weights, where it is not fully connected to the whole layer below.
    pub(crate) connections: Vec<Option<Connection>>,
    /// Of each layer of weights, the l of the activity `y_l` that is added to its own.
    pub(crate) skips: Vec<Option<usize>>,
    /// Of each of the layers with sizes, where it is an image.
    images: Vec<Option<ImageExtents>>,
    words: Vec<Word>,
}

/// What the layers so far make.
#[derive(Clone)]
struct Built {
    /// ImageExtents where it is an image.
    image: Option<ImageExtents>,
    units: usize,
    /// How it is pooled before the next layer with weights.
    pooling: SmallVec<[(PoolingKind, usize); 2]>,
}

impl LayerDescription {
    pub(crate) fn parse(text: &str) -> Result<Self, LayersError> {
        let mut layers = LayerDescription {
            sizes: Vec::new(),
            connections: Vec::new(),
            skips: Vec::new(),
            images: Vec::new(),
            words: Vec::new(),
        };
        let mut built: Option<Built> = None;
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
            let parsed = match (&built, Word::parse(word)) {
                (None, Err(LayersReason::Unknown)) => return Err(wrong(LayersReason::Inputs)),
                (_, parsed) => parsed.map_err(wrong)?,
            };
            built = Some(layers.add(built, parsed).map_err(wrong)?);
            layers.words.push(parsed);
            last = Some(wrong(LayersReason::NoOutputs));
        }
        match (built, last) {
            (Some(Built { pooling, .. }), Some(error)) if !pooling.is_empty() => Err(error),
            (_, Some(error)) if matches!(layers.words.last(), Some(Word::Skip(_))) => {
                Err(LayersError {
                    reason: LayersReason::SkipPlace,
                    ..error
                })
            }
            _ => Ok(layers),
        }
    }

    /// Whether every unit has weights of its own from all of the layer below.
    pub(crate) fn is_fully_connected(&self) -> bool {
        self.connections.iter().all(Option::is_none)
    }

    pub(crate) fn has_skips(&self) -> bool {
        self.skips.iter().any(Option::is_some)
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
        let (built, connection) = match (below, word) {
            (None, Word::Dense(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pooling: SmallVec::new(),
                };
                self.sizes.push(built.units);
                self.images.push(built.image);
                return Ok(built);
            }
            (None, Word::Image(image)) => {
                let built = Built {
                    image: Some(image),
                    units: units(&image)?,
                    pooling: SmallVec::new(),
                };
                self.sizes.push(built.units);
                self.images.push(built.image);
                return Ok(built);
            }
            (None, _) => return Err(LayersReason::Inputs),
            (Some(_), Word::Image(_)) => return Err(LayersReason::Unknown),
            (Some(below), Word::Dense(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pooling: SmallVec::new(),
                };
                let image = below.image;
                let connection = image.and_then(|i| Connection::dense(i, &below.pooling, n));
                (built, connection)
            }
            (Some(below), Word::Pool(kind, n)) => {
                let [height, width, _] = below.pooled()?;
                if !height.is_multiple_of(n) || !width.is_multiple_of(n) {
                    return Err(LayersReason::Pool(height, width));
                }
                let mut pooling = below.pooling;
                match pooling.last_mut() {
                    // Of a mean of means or a maximum of maxima, one window is enough.
                    Some((last, extent)) if *last == kind => *extent *= n,
                    _ if n == 1 => {}
                    _ => pooling.push((kind, n)),
                }
                return Ok(Built { pooling, ..below });
            }
            (Some(below), Word::Skip(n)) => {
                self.add_skip(&below, n)?;
                return Ok(below);
            }
            (Some(below), Word::Conv(kernel)) => {
                let [height, width, depth] = below.pooled()?;
                if kernel.border >= kernel.extent {
                    return Err(LayersReason::Border(kernel.extent - 1));
                }
                let size = kernel.extent;
                let (Some(high), Some(wide)) = (kernel.along(height), kernel.along(width)) else {
                    return Err(LayersReason::Kernel(height, width));
                };
                units(&[high, wide, size, size, depth])?;
                let built = Built {
                    image: Some([high, wide, kernel.channels]),
                    units: units(&[high, wide, kernel.channels])?,
                    pooling: SmallVec::new(),
                };
                let whole = below.image.expect("a pooled image is an image");
                let connection = Connection::convolution(whole, &below.pooling, kernel);
                (built, Some(connection))
            }
        };
        self.sizes.push(built.units);
        self.images.push(built.image);
        self.connections.push(connection);
        self.skips.push(None);
        Ok(built)
    }

    /// Adds a skip to the last layer, from so many below.
    fn add_skip(&mut self, built: &Built, below: usize) -> Result<(), LayersReason> {
        let layer = self.sizes.len() - 1;
        match self.skips.last_mut() {
            Some(skip @ None) if built.pooling.is_empty() => {
                let from = layer.checked_sub(below).filter(|&from| from > 0);
                *skip = Some(from.ok_or(LayersReason::SkipFrom(layer - 1))?);
            }
            _ => return Err(LayersReason::SkipPlace),
        }
        let from = layer - below;
        let (sizes, images) = (&self.sizes, &self.images);
        let both_images = images[from].zip(images[layer]);
        if sizes[from] == sizes[layer] && both_images.is_none_or(|(a, b)| a == b) {
            return Ok(());
        }
        let size = |layer: usize| match images[layer] {
            Some(extents) => extents.map(|n| n.to_string()).join("x"),
            None => sizes[layer].to_string(),
        };
        Err(LayersReason::SkipSize(size(from), size(layer)))
    }
}

impl Built {
    /// The image that the next layer sees.
    fn pooled(&self) -> Result<ImageExtents, LayersReason> {
        let [height, width, channels] = self.image.ok_or(LayersReason::NoImage)?;
        let pool: usize = self.pooling.iter().map(|&(_, extent)| extent).product();
        Ok([height / pool, width / pool, channels])
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
            ("9x7x3 conv3x4+1 conv5x2+2/2 10", vec![189, 252, 40, 10]),
            ("2x3x1 conv5x1+2 2", vec![6, 6, 2]),
            ("8x8x2 pool2 pool2 3", vec![128, 3]),
            ("8x8x2 maxpool2 pool2 conv2x3 maxpool1 3", vec![128, 3, 3]),
            ("9 5 5 skip1 5 skip2 3", vec![9, 5, 5, 5, 3]),
            (
                "6x6x2 conv3x4+1 conv5x4+2 skip1 pool2 3",
                vec![72, 144, 144, 3],
            ),
        ] {
            let layers = LayerDescription::parse(text).unwrap();
            assert_eq!(layers.sizes, sizes);
            assert_eq!(layers.to_string(), text);
        }
        let written_out = LayerDescription::parse("6x6x1, conv3x2+0/1 ,dense4").unwrap();
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
                "3x8x1 conv6x2+1 10",
                "word 2, `conv6x2+1`: the image below it is 3x8; choose a smaller",
            ),
            (
                "28x28x1 conv5x2+5 10",
                "word 2, `conv5x2+5`: a border must be smaller than the kernel; write +4 or less",
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
                "28x28x1 pool2",
                "word 2, `pool2`: no layer with weights follows",
            ),
            (
                "9 5 skip1 3",
                "word 3, `skip1`: a skip begins at a layer with weights, and 0 lie below",
            ),
            (
                "9 5 5 skip2 3",
                "word 4, `skip2`: a skip begins at a layer with weights, and 1 lie below",
            ),
            (
                "9 5 4 skip1 3",
                "word 4, `skip1`: the layer it comes from is 5 and this one 4; make",
            ),
            (
                "4x2x1 conv1x1 conv2x2+1 skip1 3",
                "word 4, `skip1`: the layer it comes from is 4x2x1 and this one 5x3x2; make",
            ),
            (
                "9 5 5 skip1",
                "word 4, `skip1`: a skip stands right behind the word of a hidden layer",
            ),
            (
                "9 5 5 skip1 skip1 3",
                "word 5, `skip1`: a skip stands right behind the word of a hidden layer",
            ),
            (
                "9 skip1 5 5 3",
                "word 2, `skip1`: a skip stands right behind the word of a hidden layer",
            ),
            (
                "4x4x1 conv1x1 conv1x1 pool2 skip1 3",
                "word 5, `skip1`: a skip stands right behind the word of a hidden layer",
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
