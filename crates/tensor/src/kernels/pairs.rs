//! Pairwise summation of a stream: a partial sum is only ever added to one of as many parts.
//!
//! The parts come one after the other, and the sums that wait for a partner are kept as the digits
//! of a binary counter are: level k holds the sum of 2ᵏ parts. The result is that of the tree whose
//! left halves are powers of two, and `log₂ n` sums are held for `n` parts.

use super::write::Write;
use crate::Scalar;

/// So many levels, for 2³² parts.
const LEVELS: usize = 32;

/// The sums of `W` streams side by side.
pub(crate) struct Pairs<T, const W: usize> {
    levels: [[T; W]; LEVELS],
    /// Parts so far; its binary digits say which levels are in use.
    count: usize,
}

impl<T: Scalar, const W: usize> Pairs<T, W> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Pairs {
            levels: [[T::ZERO; W]; LEVELS],
            count: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, mut part: [T; W]) {
        let full = self.count.trailing_ones() as usize;
        for level in &self.levels[..full] {
            for l in 0..W {
                part[l] = level[l] + part[l];
            }
        }
        self.levels[full] = part;
        self.count += 1;
    }

    /// The sums, after which the next streams begin.
    #[inline(always)]
    pub(crate) fn finish(&mut self) -> [T; W] {
        let mut sums = [T::ZERO; W];
        let mut left = std::mem::take(&mut self.count);
        let mut first = true;
        while left > 0 {
            let level = &self.levels[left.trailing_zeros() as usize];
            for l in 0..W {
                sums[l] = if first { level[l] } else { level[l] + sums[l] };
            }
            first = false;
            left &= left - 1;
        }
        sums
    }
}

/// Writes or adds to `into` the sum of `count` vectors of its length, which `part` computes (it
/// overwrites what it is given). More than one take memory for `2 + log₂ count` vectors.
pub(crate) fn sum_parts<T: Scalar>(
    count: usize,
    into: &mut [T],
    write: Write,
    mut part: impl FnMut(usize, &mut [T]),
) {
    // The size of each sum that waits, in parts, which descends; and sums that are free again.
    let mut waiting: Vec<(usize, Vec<T>)> = Vec::new();
    let mut spare: Vec<Vec<T>> = Vec::new();
    for k in 0..count {
        let mut sums = spare.pop().unwrap_or_else(|| vec![T::ZERO; into.len()]);
        part(k, &mut sums);
        let mut parts = 1;
        while let Some((_, earlier)) = waiting.pop_if(|(size, _)| *size == parts || k + 1 == count)
        {
            for (sum, &earlier) in sums.iter_mut().zip(&earlier) {
                *sum = earlier + *sum;
            }
            spare.push(earlier);
            parts *= 2;
        }
        waiting.push((parts, sums));
    }
    let sums = waiting.pop().map(|(_, sums)| sums).unwrap_or_default();
    if write == Write::Set {
        into.fill(T::ZERO);
    }
    for (into, &sum) in into.iter_mut().zip(&sums) {
        *into += sum;
    }
}
