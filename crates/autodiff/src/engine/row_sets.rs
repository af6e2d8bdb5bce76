//! Row sets: which rows of a state a pass goes over, and in which order.
//!
//! - [`RowSets`] divides the rows by a sparsity pattern, so that a pass knows which terms of an
//!   update concern them.
//! - [`ActiveRows`] are those that a differentiated read uses. A row that none uses has no adjoint:
//!   whatever updates did to it reaches no result. A sweep over a whole recording leaves such rows
//!   alone, adjoint and weights, and they stay at their last value until the first one is
//!   asked for.
//! - [`row_blocks`] are runs of rows that stay in the first-level cache from one kernel to the next.

use std::ops::Range;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::Rows;

/// What to do with the rows outside of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outside<'a> {
    All,
    /// Only these, ascending.
    Only(&'a [u32]),
}

/// The rows within a pattern and others, in lists whose memory is kept from one division to the
/// next.
#[derive(Default)]
pub(super) struct RowSets {
    /// For each row where it belongs.
    marks: Vec<u8>,
    /// Rows outside and within; each list is long enough for all rows, of which the first so many count.
    lists: [Vec<u32>; 2],
    ends: [usize; 2],
    /// Number of rows, where all are within and there are no lists.
    undivided: Option<usize>,
}

const LEFT_OUT: u8 = 0;
const OUTSIDE: u8 = 1;
const WITHIN: u8 = 2;

impl RowSets {
    /// Divides the first `rows` of a matrix by a pattern, `None` where every row belongs to it; rows that
    /// are not `active` are left out.
    pub(super) fn divide(
        &mut self,
        rows: usize,
        active: Option<&[bool]>,
        pattern: Option<&[u32]>,
        outside: Outside<'_>,
    ) {
        if active.is_none() && pattern.is_none() {
            self.undivided = Some(rows);
            return;
        }
        self.undivided = None;
        self.marks.clear();
        let rest = match (pattern, outside) {
            (None, _) => WITHIN,
            (_, Outside::All) => OUTSIDE,
            (_, Outside::Only(_)) => LEFT_OUT,
        };
        self.marks.resize(rows, rest);
        if let Outside::Only(list) = outside {
            let list = list.iter().take_while(|&&row| (row as usize) < rows);
            list.for_each(|&row| self.marks[row as usize] |= OUTSIDE);
        }
        let pattern = pattern.unwrap_or_default().iter();
        for &row in pattern.take_while(|&&row| (row as usize) < rows) {
            self.marks[row as usize] = WITHIN;
        }
        for list in &mut self.lists {
            if list.len() < rows {
                list.resize(rows, 0);
            }
        }
        self.ends = match active {
            None => self.list(std::iter::repeat(true)),
            Some(active) => self.list(active.iter().copied()),
        };
    }

    /// Writes the marked rows that are active to their lists; returns how many each has.
    ///
    /// Every row is written to both and only counted where it belongs: dark pixels come in no order that a branch
    /// could be predicted by.
    fn list(&mut self, active: impl Iterator<Item = bool>) -> [usize; 2] {
        let [outside, within] = &mut self.lists;
        let mut ends = [0; 2];
        for ((row, &mark), active) in (0..).zip(&self.marks).zip(active) {
            outside[ends[0]] = row;
            within[ends[1]] = row;
            ends[0] += usize::from(active & (mark == OUTSIDE));
            ends[1] += usize::from(active & (mark >= WITHIN));
        }
        ends
    }

    /// The rows that are not left out, and whether they are within the pattern.
    pub(super) fn each(&self) -> impl Iterator<Item = (bool, Rows<'_>)> {
        let whole = self.undivided.map(|rows| (true, Rows::Range(0..rows)));
        let list = |is_within: bool| {
            let place = usize::from(is_within);
            let list = &self.lists[place][..self.ends[place]];
            let wanted = self.undivided.is_none() && !list.is_empty();
            wanted.then_some((is_within, Rows::List(list)))
        };
        [whole, list(false), list(true)].into_iter().flatten()
    }

    pub(super) fn bytes(&self) -> usize {
        let lists = self.lists.iter().map(Vec::capacity).sum::<usize>();
        self.marks.capacity() + lists * size_of::<u32>()
    }
}

/// The rows that differentiated reads use, collected as these are recorded.
#[derive(Default)]
pub(super) struct ActiveRows {
    all: bool,
    /// Whether the sweep needs earlier values of the weights: not where nothing in it multiplies by
    /// them, as reads of constants, which only contribute to the adjoint.
    pub(super) values: bool,
    rows: Vec<bool>,
}

impl ActiveRows {
    /// None of so many rows.
    pub(super) fn start(&mut self, rows: usize) {
        self.all = false;
        self.values = false;
        self.rows.clear();
        self.rows.resize(rows, false);
    }

    /// Every row, with its values.
    pub(super) fn add_everything(&mut self) {
        (self.all, self.values) = (true, true);
    }

    /// Adds a read's rows, all of them where none are named.
    pub(super) fn add(&mut self, rows: Option<&[u32]>) {
        match rows {
            None => self.all = true,
            Some(rows) => {
                for &row in rows {
                    self.rows[row as usize] = true;
                }
            }
        }
    }

    /// Adds the rows `i` of a batch of reads `X W` where a column `i` of `X` is not zero.
    pub(super) fn add_columns(&mut self, x: &[impl Scalar]) {
        for sample in x.chunks(self.rows.len().max(1)) {
            for (row, x) in self.rows.iter_mut().zip(sample) {
                *row |= !x.is_zero();
            }
        }
    }

    /// For each row whether it takes part; `None` where all do.
    pub(super) fn rows(&self) -> Option<&[bool]> {
        (!self.all && self.rows.contains(&false)).then_some(&self.rows[..])
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity()
    }
}

/// Bytes of matrix in a block; vectors need room beside it.
const BYTES: usize = 20 * 1024;

/// Consecutive ranges of rows that cover a matrix `[rows, cols]` of elements of `size` bytes.
pub(super) fn row_blocks(
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
    use super::{Outside, RowSets, row_blocks};
    use metaplast_tensor::kernels::padded::Rows;

    fn lists(row_sets: &RowSets) -> Vec<(bool, Vec<u32>)> {
        let list = |(within, rows): (bool, Rows<'_>)| match rows {
            Rows::List(list) => (within, list.to_vec()),
            Rows::Range(range) => (within, range.map(|i| i as u32).collect()),
        };
        row_sets.each().map(list).collect()
    }

    #[test]
    fn each_row_is_within_or_outside() {
        let mut row_sets = RowSets::default();
        row_sets.divide(6, None, Some(&[1, 2]), Outside::All);
        let expected = vec![(false, vec![0, 3, 4, 5]), (true, vec![1, 2])];
        assert_eq!(lists(&row_sets), expected);
        row_sets.divide(6, None, Some(&[1, 2]), Outside::Only(&[2, 5]));
        assert_eq!(lists(&row_sets), vec![(false, vec![5]), (true, vec![1, 2])]);
        row_sets.divide(3, None, Some(&[]), Outside::All);
        assert_eq!(lists(&row_sets), vec![(false, vec![0, 1, 2])]);
        row_sets.divide(3, None, None, Outside::All);
        assert_eq!(lists(&row_sets), vec![(true, vec![0, 1, 2])]);
    }

    #[test]
    fn rows_that_are_not_active_are_left_out() {
        let mut row_sets = RowSets::default();
        let active = [true, false, true, false];
        row_sets.divide(4, Some(&active), Some(&[0, 1]), Outside::All);
        assert_eq!(lists(&row_sets), vec![(false, vec![2]), (true, vec![0])]);
        row_sets.divide(4, Some(&active), None, Outside::All);
        assert_eq!(lists(&row_sets), vec![(true, vec![0, 2])]);
    }

    #[test]
    fn rows_beyond_the_first_so_many_are_left_out() {
        let mut row_sets = RowSets::default();
        row_sets.divide(3, None, Some(&[1, 3]), Outside::All);
        let expected = vec![(false, vec![0, 2]), (true, vec![1])];
        assert_eq!(lists(&row_sets), expected);
        row_sets.divide(3, None, Some(&[1, 3]), Outside::Only(&[0, 4]));
        assert_eq!(lists(&row_sets), vec![(false, vec![0]), (true, vec![1])]);
        let active = [true, false, true, true, true];
        row_sets.divide(3, Some(&active), None, Outside::All);
        assert_eq!(lists(&row_sets), vec![(true, vec![0, 2])]);
    }

    #[test]
    fn row_blocks_cover_every_row_once() {
        for (rows, cols) in [(0, 3), (1, 0), (784, 170), (3, 100_000), (9, 100_000)] {
            let covered: Vec<usize> = row_blocks(rows, cols, 4).flatten().collect();
            assert_eq!(covered, (0..rows).collect::<Vec<_>>());
        }
    }
}
