//! Words of a description of layers, each by itself; which may follow which is in `layers`.

use std::fmt;

use crate::connection::ImageExtents;
use crate::layers::LayersReason;

/// A layer as a word says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Word {
    Image(ImageExtents),
    Conv {
        kernel: usize,
        channels: usize,
        stride: usize,
    },
    Pool(usize),
    Dense(usize),
    /// Units that see their own past.
    Recurrent(usize),
}

impl Word {
    pub(crate) fn parse(text: &str) -> Result<Self, LayersReason> {
        let numbers = |text: &str| -> Option<Vec<usize>> {
            let all_digits = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
            // What is too large to be read is too large to be built.
            let number = |n: &str| all_digits(n).then(|| n.parse().unwrap_or(usize::MAX));
            text.split('x').map(number).collect()
        };
        let one = |text: &str| numbers(text).filter(|n| n.len() == 1).map(|n| n[0]);
        let (conv, pool, recurrent, dense) = (
            text.strip_prefix("conv"),
            text.strip_prefix("pool"),
            text.strip_prefix("recurrent"),
            text.strip_prefix("dense").unwrap_or(text),
        );
        let word = if let Some(rest) = conv {
            let (size, stride) = rest.split_once('/').unwrap_or((rest, "1"));
            match (numbers(size).as_deref(), numbers(stride).as_deref()) {
                (Some(&[kernel, channels]), Some(&[stride])) => Some(Word::Conv {
                    kernel,
                    channels,
                    stride,
                }),
                _ => None,
            }
        } else if let Some(rest) = pool {
            one(rest).map(Word::Pool)
        } else if let Some(rest) = recurrent {
            one(rest).map(Word::Recurrent)
        } else {
            match numbers(dense).as_deref() {
                Some(&[units]) => Some(Word::Dense(units)),
                Some(&[height, width, channels]) if dense == text => {
                    Some(Word::Image([height, width, channels]))
                }
                _ => None,
            }
        };
        let word = word.ok_or(LayersReason::Unknown)?;
        match word.numbers().contains(&0) {
            true => Err(LayersReason::Zero),
            false => Ok(word),
        }
    }

    fn numbers(self) -> [usize; 3] {
        match self {
            Word::Image(extents) => extents,
            Word::Conv {
                kernel,
                channels,
                stride,
            } => [kernel, channels, stride],
            Word::Pool(n) | Word::Dense(n) | Word::Recurrent(n) => [n; 3],
        }
    }
}

/// Each word as it is written shortest.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Word::Image([height, width, channels]) => write!(f, "{height}x{width}x{channels}"),
            Word::Conv {
                kernel,
                channels,
                stride: 1,
            } => write!(f, "conv{kernel}x{channels}"),
            Word::Conv {
                kernel,
                channels,
                stride,
            } => write!(f, "conv{kernel}x{channels}/{stride}"),
            Word::Pool(n) => write!(f, "pool{n}"),
            Word::Dense(n) => write!(f, "{n}"),
            Word::Recurrent(n) => write!(f, "recurrent{n}"),
        }
    }
}
