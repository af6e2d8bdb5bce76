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

#[cfg(test)]
mod tests {
    use super::stretches;

    #[test]
    fn stretches_cover_every_row_once() {
        for (rows, cols) in [(0, 3), (1, 0), (784, 170), (3, 100_000), (9, 100_000)] {
            let covered: Vec<usize> = stretches(rows, cols, 4).flatten().collect();
            assert_eq!(covered, (0..rows).collect::<Vec<_>>());
        }
    }
}
