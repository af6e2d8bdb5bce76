//! Words of descriptions of layers: read, and written shortest.

use std::fmt;

use super::error::LayersReason;
use crate::connection::{ImageExtents, SharedKernel};
use crate::pooling::PoolingKind;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Word {
    Image(ImageExtents),
    Conv(SharedKernel),
    Pool(PoolingKind, usize),
    Dense(usize),
    /// From so many layers below.
    Skip(usize),
    /// Units that see their own past.
    Recurrent(usize),
}

impl Word {
    pub(super) fn parse(text: &str) -> Result<Self, LayersReason> {
        let numbers = |text: &str| -> Option<Vec<usize>> {
            let all_digits = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
            // What is too large to be read is too large to be built.
            let number = |n: &str| all_digits(n).then(|| n.parse().unwrap_or(usize::MAX));
            text.split('x').map(number).collect()
        };
        let one = |text: &str| numbers(text).filter(|n| n.len() == 1).map(|n| n[0]);
        let pool = [("pool", PoolingKind::Mean), ("maxpool", PoolingKind::Max)];
        let pool = pool.map(|(prefix, kind)| Some((text.strip_prefix(prefix)?, kind)));
        let (conv, pool, dense) = (
            text.strip_prefix("conv"),
            pool.into_iter().flatten().next(),
            text.strip_prefix("dense").unwrap_or(text),
        );
        let word = if let Some(rest) = conv {
            let (rest, stride) = rest.split_once('/').unwrap_or((rest, "1"));
            let (size, border) = rest.split_once('+').unwrap_or((rest, "0"));
            match [size, border, stride]
                .map(numbers)
                .each_ref()
                .map(Option::as_deref)
            {
                [Some(&[extent, channels]), Some(&[border]), Some(&[stride])] => {
                    Some(Word::Conv(SharedKernel {
                        extent,
                        channels,
                        border,
                        stride,
                    }))
                }
                _ => None,
            }
        } else if let Some(rest) = text.strip_prefix("skip") {
            one(rest).map(Word::Skip)
        } else if let Some(rest) = text.strip_prefix("recurrent") {
            one(rest).map(Word::Recurrent)
        } else if let Some((rest, kind)) = pool {
            one(rest).map(|n| Word::Pool(kind, n))
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

    /// Those that must not be 0.
    fn numbers(self) -> [usize; 3] {
        match self {
            Word::Image(extents) => extents,
            Word::Conv(kernel) => [kernel.extent, kernel.channels, kernel.stride],
            Word::Pool(_, n) | Word::Dense(n) | Word::Skip(n) | Word::Recurrent(n) => [n; 3],
        }
    }
}

/// Each word as it is written shortest.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Word::Image([height, width, channels]) => write!(f, "{height}x{width}x{channels}"),
            Word::Conv(kernel) => {
                write!(f, "conv{}x{}", kernel.extent, kernel.channels)?;
                if kernel.border > 0 {
                    write!(f, "+{}", kernel.border)?;
                }
                match kernel.stride {
                    1 => Ok(()),
                    stride => write!(f, "/{stride}"),
                }
            }
            Word::Pool(PoolingKind::Mean, n) => write!(f, "pool{n}"),
            Word::Pool(PoolingKind::Max, n) => write!(f, "maxpool{n}"),
            Word::Dense(n) => write!(f, "{n}"),
            Word::Skip(n) => write!(f, "skip{n}"),
            Word::Recurrent(n) => write!(f, "recurrent{n}"),
        }
    }
}
