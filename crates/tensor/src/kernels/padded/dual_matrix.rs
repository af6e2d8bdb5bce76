//! Matrices of dual numbers: one of values, and one for each direction in which an element has a tangent.
//!
//! ```text
//! W x        value W x       tangents W ẋ + Ẇ x
//! Wᵀ c       value Wᵀ c      tangents Wᵀ ċ + Ẇᵀ c
//! W ← k W + Σ u vᵀ           Ẇ ← k Ẇ + Σ (u̇ vᵀ + u v̇ᵀ) + k̇ W
//! ```

use super::matrix::PaddedMatrix;
use super::rows::Rows;
use super::update::Way;
use crate::Scalar;
use crate::kernels::parts::DualVector;

/// A matrix by parts, which are numbers of this type.
#[doc(hidden)]
#[derive(Debug)]
pub struct DualMatrix<P> {
    value: PaddedMatrix<P>,
    tangents: Vec<Tangents<P>>,
}

/// Tangents of a matrix in one direction.
#[derive(Debug)]
struct Tangents<P> {
    /// Means nothing where it is not in use.
    matrix: PaddedMatrix<P>,
    /// Whether some of them may not be zero.
    used: bool,
}

/// Left vectors, a matrix whose rows are right vectors, and which of them belongs to which left vector.
pub(crate) type DualTerms<'a, P> = (&'a [DualVector<P>], Option<&'a DualMatrix<P>>, &'a [usize]);

/// Rows of several matrices, which are to be rows of one.
type RowList<'a, P> = Vec<(&'a PaddedMatrix<P>, usize)>;

/// Where a vector's value and its tangents that are not all zero are in a list of rows.
struct Places {
    value: usize,
    tangents: Vec<(usize, usize)>,
}

impl Places {
    fn tangent(&self, k: usize) -> Option<usize> {
        let mut tangents = self.tangents.iter();
        tangents.find(|(of, _)| *of == k).map(|&(_, place)| place)
    }
}

/// The matrix of these rows.
fn stacked<P: Scalar>(list: &RowList<'_, P>, cols: usize) -> PaddedMatrix<P> {
    let mut matrix = PaddedMatrix::new();
    matrix.assign_zeros(list.len(), cols);
    for (at, (from, i)) in list.iter().enumerate() {
        matrix.copy_row(at, from, *i);
    }
    matrix
}

impl<P: Scalar> DualMatrix<P> {
    /// With so many directions, of no shape yet.
    pub(super) fn new(directions: usize) -> Self {
        let tangents = (0..directions).map(|_| Tangents {
            matrix: PaddedMatrix::new(),
            used: false,
        });
        DualMatrix {
            value: PaddedMatrix::new(),
            tangents: tangents.collect(),
        }
    }

    /// The directions in use, and the tangents in them.
    fn in_use(&self) -> impl Iterator<Item = (usize, &PaddedMatrix<P>)> {
        let used = self.tangents.iter().enumerate();
        used.filter_map(|(k, tangents)| tangents.used.then_some((k, &tangents.matrix)))
    }

    /// The tangents in direction `k`, which is in use from now on.
    fn tangent(&mut self, k: usize) -> &mut PaddedMatrix<P> {
        let Tangents { matrix, used } = &mut self.tangents[k];
        if !*used {
            *used = true;
            matrix.assign_zeros(self.value.rows(), self.value.cols());
        }
        matrix
    }

    /// Appends the parts of row `i` to a list.
    fn list_row<'a>(&'a self, i: usize, list: &mut RowList<'a, P>) -> Places {
        let mut places = Places {
            value: list.len(),
            tangents: Vec::new(),
        };
        list.push((&self.value, i));
        for (k, tangents) in self.in_use() {
            if !tangents.row_is_zero(i) {
                places.tangents.push((k, list.len()));
                list.push((tangents, i));
            }
        }
        places
    }

    pub(super) fn detached(&self) -> Self {
        DualMatrix {
            value: self.value.detached(),
            ..Self::new(self.tangents.len())
        }
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.value.copy_from(&other.value);
        for (ours, theirs) in self.tangents.iter_mut().zip(&other.tangents) {
            ours.used = theirs.used;
            if ours.used {
                ours.matrix.copy_from(&theirs.matrix);
            }
        }
    }

    pub(super) fn assign_zeros(&mut self, rows: usize, cols: usize) {
        self.value.assign_zeros(rows, cols);
        let each = self.tangents.iter_mut();
        each.for_each(|tangents| tangents.used = false);
    }

    pub(super) fn assign_row(&mut self, i: usize, elements: &DualVector<P>) {
        self.value.assign_row(i, &elements.value);
        for k in 0..self.tangents.len() {
            match elements.tangent(k) {
                Some(tangents) => self.tangent(k).assign_row(i, tangents),
                None if self.tangents[k].used => {
                    let zeros = vec![P::ZERO; elements.value.len()];
                    self.tangents[k].matrix.assign_row(i, &zeros);
                }
                None => {}
            }
        }
    }

    pub(super) fn row(&self, i: usize) -> DualVector<P> {
        let tangents = self.in_use();
        DualVector {
            value: self.value.row(i).collect(),
            tangents: tangents.map(|(k, of)| (k, of.row(i).collect())).collect(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let tangents = self.tangents.iter().map(|tangents| tangents.matrix.bytes());
        self.value.bytes() + tangents.sum::<usize>()
    }

    /// The products of these rows with row `x` of `vectors`; zeros in the places of others.
    pub(crate) fn dots(&self, rows: &Rows<'_>, vectors: &Self, x: usize) -> DualVector<P> {
        let mut list = RowList::new();
        let places = vectors.list_row(x, &mut list);
        let stack = stacked(&list, vectors.value.cols());
        let zeros = || vec![P::ZERO; self.value.rows()];
        let mut sums = DualVector {
            value: zeros(),
            tangents: Vec::new(),
        };
        let tangents = places.tangents.iter().map(|(k, _)| (*k, zeros()));
        sums.tangents.extend(tangents);
        let mut into: Vec<&mut [P]> = Vec::new();
        into.push(&mut sums.value);
        let tangents = sums.tangents.iter_mut();
        into.extend(tangents.map(|(_, tangents)| &mut tangents[..]));
        let each: Vec<usize> = (0..list.len()).collect();
        self.value.dots(rows.clone(), &stack, &each, &mut into);
        drop(into);
        let mut more = zeros();
        for (k, tangents) in self.in_use() {
            tangents.dots(rows.clone(), &stack, &[0], &mut [&mut more]);
            let sums = sums.tangent_mut(k).iter_mut();
            sums.zip(&more).for_each(|(sum, &x)| *sum += x);
        }
        sums
    }

    /// Adds the sum of multiples of these rows to row `into` of `sums`.
    pub(crate) fn add_rows(
        &self,
        rows: &Rows<'_>,
        c: &DualVector<P>,
        (sums, into): (&mut Self, usize),
    ) {
        let mut places: Vec<usize> = Vec::from_iter([0]);
        let mut each: Vec<&[P]> = Vec::from_iter([&c.value[..]]);
        for (k, tangents) in &c.tangents {
            sums.tangent(*k);
            places.push(each.len());
            each.push(tangents);
        }
        let mut stack = {
            let mut list: RowList<'_, P> = Vec::from_iter([(&sums.value, into)]);
            let tangents = c.tangents.iter();
            list.extend(tangents.map(|(k, _)| (&sums.tangents[*k].matrix, into)));
            stacked(&list, sums.value.cols())
        };
        self.value
            .add_rows(rows.clone(), &each, &mut stack, &places);
        sums.value.copy_row(into, &stack, 0);
        for (at, (k, _)) in c.tangents.iter().enumerate() {
            sums.tangent(*k).copy_row(into, &stack, 1 + at);
        }
        for (k, tangents) in self.in_use() {
            tangents.add_rows(rows.clone(), &[&c.value], sums.tangent(k), &[into]);
        }
    }

    /// Updates these rows, or takes an update back.
    pub(crate) fn update(
        &mut self,
        rows: &Rows<'_>,
        keep: &DualVector<P>,
        (lefts, vectors, vs): DualTerms<'_, P>,
        way: Way,
    ) {
        let mut list = RowList::new();
        let places = vs
            .iter()
            .filter_map(|&v| Some(vectors?.list_row(v, &mut list)));
        let places: Vec<Places> = places.collect();
        let stack = stacked(&list, self.value.cols());
        let kept = keep.value[0];
        let change = |matrix: &mut PaddedMatrix<P>, terms: &[(&[P], usize)]| {
            let us: Vec<&[P]> = terms.iter().map(|(u, _)| *u).collect();
            let vs: Vec<usize> = terms.iter().map(|(_, v)| *v).collect();
            match way {
                Way::Forward => matrix.update(rows.clone(), kept, &us, &stack, &vs),
                Way::Undo => matrix.undo(rows.clone(), kept, &us, &stack, &vs),
            }
        };
        let values = lefts.iter().zip(&places);
        let values = values.map(|(left, right)| (&left.value[..], right.value));
        let values: Vec<(&[P], usize)> = values.collect();
        // Tangents take the weights from before the update, so that they are first forward and last back.
        if way == Way::Undo {
            change(&mut self.value, &values);
        }
        for k in 0..self.tangents.len() {
            let mut terms: Vec<(&[P], usize)> = Vec::new();
            for (left, right) in lefts.iter().zip(&places) {
                terms.extend(left.tangent(k).map(|tangents| (tangents, right.value)));
                terms.extend(right.tangent(k).map(|place| (&left.value[..], place)));
            }
            let grows = keep.tangent(k).map_or(P::ZERO, |grows| grows[0]);
            if !self.tangents[k].used && terms.is_empty() && grows.is_zero() {
                continue;
            }
            self.tangent(k);
            let tangents = &mut self.tangents[k].matrix;
            if way == Way::Undo && !grows.is_zero() {
                tangents.add_scaled_rows(rows, -grows, &self.value);
            }
            change(tangents, &terms);
            if way == Way::Forward && !grows.is_zero() {
                tangents.add_scaled_rows(rows, grows, &self.value);
            }
        }
        if way == Way::Forward {
            change(&mut self.value, &values);
        }
    }
}
