//! Rows of a padded matrix: which ones a kernel works on, and walking over them in groups.

use std::ops::Range;

use crate::kernels::dispatch::Code;

/// Rows of a matrix, ascending.
#[derive(Clone, Debug)]
pub enum Rows<'a> {
    /// All in a range.
    Range(Range<usize>),
    /// Those with these indices.
    List(&'a [u32]),
}

/// Rows that share the loads of what they are multiplied with.
pub(super) const GROUP: usize = 4;
/// Vectors taken together at most; more take several passes, in order.
pub(super) const TERMS: usize = 3;

/// Work on a few rows at a time.
pub(in crate::kernels) trait ByRows {
    /// Implementations are `#[inline(always)]`, like all that a kernel calls.
    fn work<C: Code, const R: usize>(&mut self, rows: [usize; R]);

    /// Work on one row that is left over, the same as on several; in less code where that matters.
    #[inline(always)]
    fn work_on_one<C: Code>(&mut self, row: usize) {
        self.work::<C, 1>([row]);
    }
}

impl<'a> Rows<'a> {
    /// How many there are.
    #[inline(always)]
    pub(in crate::kernels) fn count(&self) -> usize {
        match self {
            Rows::Range(range) => range.len(),
            Rows::List(list) => list.len(),
        }
    }

    /// Calls `f` with each.
    pub(in crate::kernels) fn for_each(&self, mut f: impl FnMut(usize)) {
        match self {
            Rows::Range(range) => range.clone().for_each(f),
            Rows::List(list) => list.iter().for_each(|&i| f(i as usize)),
        }
    }

    /// The row at a place among them.
    pub(in crate::kernels) fn get(&self, place: usize) -> Option<usize> {
        match self {
            Rows::Range(range) => range.clone().nth(place),
            Rows::List(list) => list.get(place).map(|&row| row as usize),
        }
    }

    /// Those at some places among them.
    #[inline(always)]
    pub(in crate::kernels) fn part(&self, places: Range<usize>) -> Rows<'a> {
        match self {
            Rows::Range(range) => Rows::Range(range.start + places.start..range.start + places.end),
            Rows::List(list) => Rows::List(&list[places]),
        }
    }

    /// Indices of `R` of them, from the one with number `first` on.
    #[inline(always)]
    fn group<const R: usize>(&self, first: usize) -> [usize; R] {
        let mut group = [0; R];
        match self {
            Rows::Range(range) => {
                for r in 0..R {
                    group[r] = range.start + first + r;
                }
            }
            Rows::List(list) => {
                let list = &list[first..][..R];
                for r in 0..R {
                    group[r] = list[r] as usize;
                }
            }
        }
        group
    }
}

/// Works through the rows in groups of `G`, and what is left over one by one.
///
/// Ranges and lists share these two loops: `work` is inlined into each, and a branch for each group
/// costs nothing beside it.
#[inline(always)]
pub(in crate::kernels) fn in_groups<C: Code, const G: usize>(
    rows: &Rows<'_>,
    work: &mut impl ByRows,
) {
    let count = rows.count();
    let mut first = 0;
    if const { G > 1 } {
        while first + G <= count {
            work.work::<C, G>(rows.group(first));
            first += G;
        }
    }
    while first < count {
        let [row] = rows.group(first);
        work.work_on_one::<C>(row);
        first += 1;
    }
}
