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
//! | `recurrent64` | 64 units with weights from the inputs and from their own past; only as in `28 recurrent64 47` |

mod error;
#[cfg(test)]
mod tests;
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
    pub(crate) words: Vec<Word>,
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
            (_, Some(error)) if matches!(layers.words.last(), Some(Word::Recurrent(_))) => {
                Err(error)
            }
            (_, Some(error)) if matches!(layers.words.last(), Some(Word::Skip(_))) => {
                Err(LayersError {
                    reason: LayersReason::SkipPlace,
                    ..error
                })
            }
            _ => Ok(layers),
        }
    }

    /// Whether every unit has weights of its own from all of the layer below, and from nothing else.
    pub(crate) fn is_fully_connected(&self) -> bool {
        self.connections.iter().all(Option::is_none) && !self.is_recurrent()
    }

    pub(crate) fn has_skips(&self) -> bool {
        self.skips.iter().any(Option::is_some)
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
            (Some(_), Word::Recurrent(n)) => {
                let built = Built {
                    image: None,
                    units: units(&[n])?,
                    pooling: SmallVec::new(),
                };
                // From the inputs, and from the units themselves.
                self.sizes.push(built.units);
                self.images.push(None);
                self.connections.push(None);
                self.skips.push(None);
                (built, None)
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
