//! Shares of a matrix for the threads of a team.
//!
//! Kernels whose results belong to rows, each a sum over columns, are divided by rows; those that add up rows, by
//! columns. Either way every sum is formed by one thread alone, in the order that it has without a team.

use std::ops::Range;

use super::panel::Panel;
use super::rows::{GROUP, Rows};
use crate::Scalar;
use crate::Team;

/// The rows of one thread.
pub(in crate::kernels) struct RowShare<'a> {
    pub(in crate::kernels) rows: Rows<'a>,
    /// Its first row; the next share begins with another, and the first one with the matrix.
    pub(in crate::kernels) top: usize,
}

impl<'a> Rows<'a> {
    /// Divides the rows of a matrix of so many among a team.
    pub(in crate::kernels) fn shares(&self, team: &Team, height: usize) -> Vec<RowShare<'a>> {
        let share = |positions: Range<usize>| RowShare {
            top: match positions.start {
                0 => 0,
                start => self.get(start).unwrap_or(height),
            },
            rows: self.part(positions),
        };
        ranges(self.count(), GROUP, team.threads())
            .map(share)
            .collect()
    }
}

/// Divides `count` things among so many, in runs of multiples of `unit`.
pub(in crate::kernels) fn ranges(
    count: usize,
    unit: usize,
    among: usize,
) -> impl Iterator<Item = Range<usize>> {
    let units = count.div_ceil(unit);
    let bound = move |k: usize| (k * units / among * unit).min(count);
    (0..among).map(move |k| bound(k)..bound(k + 1))
}

impl<T: Scalar> Panel<'_, T> {
    /// Divides a matrix, in the order of the shares.
    pub(in crate::kernels) fn by_rows(self, shares: &[RowShare<'_>]) -> Vec<Self> {
        let (mut panels, mut rest) = (Vec::with_capacity(shares.len()), self);
        for next in shares.get(1..).unwrap_or_default() {
            let [panel, after] = rest.split_rows(next.top);
            panels.push(panel);
            rest = after;
        }
        panels.push(rest);
        panels
    }

    /// Divides a matrix, in the order of ranges of blocks that cover it.
    pub(in crate::kernels) fn by_columns(self, columns: &[Range<usize>]) -> Vec<Self> {
        let (mut panels, mut rest) = (Vec::with_capacity(columns.len()), self);
        for columns in columns {
            let [panel, after] = rest.split_columns(columns.len());
            panels.push(panel);
            rest = after;
        }
        panels
    }
}

/// Divides a vector along the rows, in the order of the shares.
pub(in crate::kernels) fn along_rows<'a, T>(
    vector: &'a mut [T],
    shares: &[RowShare<'_>],
) -> Vec<&'a mut [T]> {
    let (mut parts, mut rest, mut top) = (Vec::with_capacity(shares.len()), vector, 0);
    for next in shares.get(1..).unwrap_or_default() {
        let (part, after) = rest.split_at_mut(next.top - top);
        parts.push(part);
        (rest, top) = (after, next.top);
    }
    parts.push(rest);
    parts
}

/// Divides the blocks of a row, in the order of ranges that cover them.
pub(in crate::kernels) fn along_columns<'a, B>(
    row: &'a mut [B],
    columns: &[Range<usize>],
) -> Vec<&'a mut [B]> {
    let mut rest = row;
    let part = |columns: &Range<usize>| {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(columns.len());
        rest = after;
        part
    };
    columns.iter().map(part).collect()
}
