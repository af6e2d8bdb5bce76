//! Stretches of rows that stay in the first-level cache from one kernel to the next.

use std::ops::Range;

/// Bytes of matrix in a stretch; vectors need room beside it.
const BYTES: usize = 20 * 1024;

/// Consecutive ranges of rows that cover a matrix `[rows, cols]` of elements of `size` bytes.
pub(super) fn stretches(
    rows: usize,
    cols: usize,
    size: usize,
) -> impl Iterator<Item = Range<usize>> {
    // Kernels work on four rows at a time.
    let height = (BYTES / (cols * size).max(1)).max(4) & !3;
    (0..rows)
        .step_by(height)
        .map(move |start| start..(start + height).min(rows))
}

/// The rows of one stretch: those in a support and the others.
#[derive(Default)]
pub(super) struct Split {
    pub(super) inside: Vec<u32>,
    pub(super) outside: Vec<u32>,
}

impl Split {
    /// Divides a stretch by a support; everything is inside where there is none.
    pub(super) fn divide(&mut self, stretch: &Range<usize>, support: Option<&[u32]>) {
        let rows = stretch.start as u32..stretch.end as u32;
        let Some(support) = support else {
            self.inside.clear();
            self.inside.extend(rows);
            self.outside.clear();
            return;
        };
        // Each row is written to both lists and counted in one: a dark pixel is hard to predict.
        self.inside.resize(stretch.len(), 0);
        self.outside.resize(stretch.len(), 0);
        let first = support.partition_point(|&row| row < rows.start);
        let support = &support[first..];
        let mut inside = 0;
        for (at, row) in rows.enumerate() {
            let hit = support.get(inside) == Some(&row);
            self.inside[inside] = row;
            self.outside[at - inside] = row;
            inside += usize::from(hit);
        }
        self.inside.truncate(inside);
        self.outside.truncate(stretch.len() - inside);
    }
}

#[cfg(test)]
mod tests {
    use super::{Split, stretches};

    #[test]
    fn stretches_cover_every_row_once() {
        for (rows, cols) in [(0, 3), (1, 0), (784, 170), (3, 100_000), (9, 100_000)] {
            let covered: Vec<usize> = stretches(rows, cols, 4).flatten().collect();
            assert_eq!(covered, (0..rows).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_split_holds_each_row_once() {
        let mut split = Split::default();
        split.divide(&(10..15), Some(&[2, 10, 13, 15]));
        assert_eq!(
            (&split.inside[..], &split.outside[..]),
            (&[10, 13][..], &[11, 12, 14][..])
        );
        split.divide(&(10..12), None);
        assert_eq!(
            (&split.inside[..], &split.outside[..]),
            (&[10, 11][..], &[][..])
        );
    }
}
