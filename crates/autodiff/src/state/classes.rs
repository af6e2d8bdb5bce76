//! The rows of a matrix, sorted by what a pass has to do in them.

use metaplast_tensor::kernels::padded::Rows;

/// What to do with the rows outside of a support.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outside<'a> {
    All,
    /// Only these, ascending.
    Only(&'a [u32]),
}

/// The rows within a support and others, in lists whose memory is kept from one division to the
/// next.
#[derive(Default)]
pub(super) struct Classes {
    /// For each row the place of its list.
    marks: Vec<u8>,
    /// Rows that are left out, others, and those within; each list is long enough for all rows, of
    /// which the first so many count.
    lists: [Vec<u32>; 3],
    ends: [usize; 3],
    /// Number of rows, where all are within and there are no lists.
    undivided: Option<usize>,
}

const LEFT_OUT: u8 = 0;
const OUTSIDE: u8 = 1;
const WITHIN: u8 = 2;

impl Classes {
    /// Divides the rows of a matrix by a support, `None` where every row belongs to it; rows that
    /// are not `awake` are left out.
    pub(super) fn divide(
        &mut self,
        rows: usize,
        awake: Option<&[bool]>,
        support: Option<&[u32]>,
        outside: Outside<'_>,
    ) {
        if awake.is_none() && support.is_none() {
            self.undivided = Some(rows);
            return;
        }
        self.undivided = None;
        self.marks.clear();
        let rest = match (support, outside) {
            (None, _) => WITHIN,
            (_, Outside::All) => OUTSIDE,
            (_, Outside::Only(_)) => LEFT_OUT,
        };
        self.marks.resize(rows, rest);
        if let Outside::Only(list) = outside {
            list.iter()
                .for_each(|&row| self.marks[row as usize] |= OUTSIDE);
        }
        for &row in support.unwrap_or_default() {
            self.marks[row as usize] = WITHIN;
        }
        for list in &mut self.lists {
            if list.len() < rows {
                list.resize(rows, 0);
            }
        }
        // Every row is written to its list and only counted when it is awake: dark pixels come in
        // no order that a branch could be predicted by.
        let mut ends = [0; 3];
        for (row, &mark) in self.marks.iter().enumerate() {
            let mark = usize::from(mark).min(2);
            self.lists[mark][ends[mark]] = row as u32;
            ends[mark] += usize::from(awake.is_none_or(|awake| awake[row]));
        }
        self.ends = ends;
    }

    /// The rows that are not left out, and whether they are within the support.
    pub(super) fn each(&self) -> impl Iterator<Item = (bool, Rows<'_>)> {
        let whole = self.undivided.map(|rows| (true, Rows::Range(0..rows)));
        let list = |mark: u8| {
            let place = usize::from(mark);
            let list = &self.lists[place][..self.ends[place]];
            let wanted = self.undivided.is_none() && !list.is_empty();
            wanted.then_some((mark == WITHIN, Rows::List(list)))
        };
        [whole, list(OUTSIDE), list(WITHIN)].into_iter().flatten()
    }

    pub(super) fn bytes(&self) -> usize {
        let lists = self.lists.iter().map(Vec::capacity).sum::<usize>();
        self.marks.capacity() + lists * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Classes, Outside};
    use metaplast_tensor::kernels::padded::Rows;

    fn lists(classes: &Classes) -> Vec<(bool, Vec<u32>)> {
        let list = |(within, rows): (bool, Rows<'_>)| match rows {
            Rows::List(list) => (within, list.to_vec()),
            Rows::Range(range) => (within, range.map(|i| i as u32).collect()),
        };
        classes.each().map(list).collect()
    }

    #[test]
    fn each_row_is_within_or_outside() {
        let mut classes = Classes::default();
        classes.divide(6, None, Some(&[1, 2]), Outside::All);
        let expected = vec![(false, vec![0, 3, 4, 5]), (true, vec![1, 2])];
        assert_eq!(lists(&classes), expected);
        classes.divide(6, None, Some(&[1, 2]), Outside::Only(&[2, 5]));
        assert_eq!(lists(&classes), vec![(false, vec![5]), (true, vec![1, 2])]);
        classes.divide(3, None, Some(&[]), Outside::All);
        assert_eq!(lists(&classes), vec![(false, vec![0, 1, 2])]);
        classes.divide(3, None, None, Outside::All);
        assert_eq!(lists(&classes), vec![(true, vec![0, 1, 2])]);
    }

    #[test]
    fn sleeping_rows_are_left_out() {
        let mut classes = Classes::default();
        let awake = [true, false, true, false];
        classes.divide(4, Some(&awake), Some(&[0, 1]), Outside::All);
        assert_eq!(lists(&classes), vec![(false, vec![2]), (true, vec![0])]);
        classes.divide(4, Some(&awake), None, Outside::All);
        assert_eq!(lists(&classes), vec![(true, vec![0, 2])]);
    }
}
