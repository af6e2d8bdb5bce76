//! Matrices of dual numbers: one of values, and one for each direction in which an element has a tangent.
//!
//! ```text
//! W x        value W x       tangents W ẋ + Ẇ x
//! Wᵀ c       value Wᵀ c      tangents Wᵀ ċ + Ẇᵀ c
//! W ← k W + Σ u vᵀ           Ẇ ← k Ẇ + Σ (u̇ vᵀ + u v̇ᵀ) + k̇ W
//! ```

use std::any::Any;

use smallvec::SmallVec;

use super::matrix::PaddedMatrix;
use super::parts_matrix::{PartsMatrix, TermsByParts};
use super::rows::Rows;
use super::update::Way;
use crate::Scalar;
use crate::kernels::parts::{DualNumber, DualVector};

#[derive(Clone, Debug)]
pub(crate) struct DualMatrix<T: DualNumber<N>, const N: usize> {
    value: PaddedMatrix<T::Part>,
    tangents: [PaddedMatrix<T::Part>; N],
    /// The directions in which some tangent may not be zero; what is kept for others means nothing.
    used: [bool; N],
}

/// Rows of several matrices, which are to be rows of one.
type RowList<'a, P> = SmallVec<[(&'a PaddedMatrix<P>, usize); 12]>;

/// Where a vector's value and its tangents that are not all zero are in a list of rows.
struct Places {
    value: usize,
    tangents: SmallVec<[(usize, usize); 4]>,
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

impl<T: DualNumber<N>, const N: usize> DualMatrix<T, N> {
    pub(crate) fn new() -> Self {
        DualMatrix {
            value: PaddedMatrix::new(),
            tangents: std::array::from_fn(|_| PaddedMatrix::new()),
            used: [false; N],
        }
    }

    /// The directions in use.
    fn directions(&self) -> impl Iterator<Item = usize> + use<T, N> {
        let used = self.used;
        (0..N).filter(move |&k| used[k])
    }

    /// The tangents in direction `k`, which is in use from now on.
    fn tangent(&mut self, k: usize) -> &mut PaddedMatrix<T::Part> {
        if !self.used[k] {
            self.used[k] = true;
            self.tangents[k].assign_zeros(self.value.rows(), self.value.cols());
        }
        &mut self.tangents[k]
    }

    /// Appends the parts of row `i` to a list.
    fn list_row<'a>(&'a self, i: usize, list: &mut RowList<'a, T::Part>) -> Places {
        let mut places = Places {
            value: list.len(),
            tangents: SmallVec::new(),
        };
        list.push((&self.value, i));
        for k in self.directions() {
            if !self.tangents[k].row_is_zero(i) {
                places.tangents.push((k, list.len()));
                list.push((&self.tangents[k], i));
            }
        }
        places
    }

    fn of(matrix: &dyn PartsMatrix<T>) -> &Self {
        let matrix: &dyn Any = matrix;
        matrix.downcast_ref().expect("a number type has one kind")
    }

    fn of_mut(matrix: &mut dyn PartsMatrix<T>) -> &mut Self {
        let matrix: &mut dyn Any = matrix;
        matrix.downcast_mut().expect("a number type has one kind")
    }
}

impl<T: DualNumber<N>, const N: usize> PartsMatrix<T> for DualMatrix<T, N> {
    fn boxed_clone(&self) -> Box<dyn PartsMatrix<T>> {
        let mut copy = Self::new();
        copy.copy_from(self);
        Box::new(copy)
    }

    fn detached(&self) -> Box<dyn PartsMatrix<T>> {
        Box::new(DualMatrix::<T, N> {
            value: match T::Part::CARRIES_TANGENTS {
                true => self.value.detached(),
                false => self.value.clone(),
            },
            ..Self::new()
        })
    }

    fn copy_from(&mut self, other: &dyn PartsMatrix<T>) {
        let other = Self::of(other);
        self.value.copy_from(&other.value);
        self.used = other.used;
        for k in other.directions() {
            self.tangents[k].copy_from(&other.tangents[k]);
        }
    }

    fn assign_zeros(&mut self, rows: usize, cols: usize) {
        self.value.assign_zeros(rows, cols);
        self.used = [false; N];
    }

    fn assign_row(&mut self, i: usize, elements: &[T]) {
        let mut part: SmallVec<[T::Part; 256]> = elements.iter().map(|x| x.value_part()).collect();
        self.value.assign_row(i, &part);
        for k in 0..N {
            part.clear();
            part.extend(elements.iter().map(|x| x.tangent_part(k)));
            if self.used[k] || !part.iter().all(|x| x.is_zero()) {
                self.tangent(k).assign_row(i, &part);
            }
        }
    }

    fn write_row(&self, i: usize, into: &mut Vec<T>) {
        let start = into.len();
        into.extend(self.value.row(i).map(T::constant_part));
        for k in self.directions() {
            let elements = into[start..].iter_mut().zip(self.tangents[k].row(i));
            elements.for_each(|(x, tangent)| x.set_tangent_part(k, tangent));
        }
    }

    fn bytes(&self) -> usize {
        let tangents: usize = self.tangents.iter().map(PaddedMatrix::bytes).sum();
        self.value.bytes() + tangents
    }

    fn dots(
        &self,
        rows: Rows<'_>,
        vectors: &dyn PartsMatrix<T>,
        xs: &[usize],
        out: &mut [&mut [T]],
    ) {
        let (vectors, height) = (Self::of(vectors), self.value.rows());
        if height == 0 {
            return;
        }
        for (&x, out) in xs.iter().zip(out) {
            let mut list = RowList::new();
            let places = vectors.list_row(x, &mut list);
            let stack = stacked(&list, self.value.cols());
            // Values, tangents in each direction, and what is to be added to one of them.
            let mut sums = vec![T::Part::ZERO; (2 + N) * height];
            let (sums, more) = sums.split_at_mut((1 + N) * height);
            {
                let parts = sums.chunks_mut(height).enumerate();
                let there = |at: usize| at == 0 || places.tangent(at - 1).is_some();
                let parts = parts.filter_map(|(at, sums)| there(at).then_some(sums));
                let mut into: SmallVec<[&mut [T::Part]; 8]> = parts.collect();
                let each: SmallVec<[usize; 8]> = (0..list.len()).collect();
                self.value.dots(rows.clone(), &stack, &each, &mut into);
            }
            for k in self.directions() {
                let sums = &mut sums[(1 + k) * height..][..height];
                if places.tangent(k).is_none() {
                    self.tangents[k].dots(rows.clone(), &stack, &[0], &mut [sums]);
                } else {
                    self.tangents[k].dots(rows.clone(), &stack, &[0], &mut [&mut *more]);
                    sums.iter_mut().zip(&*more).for_each(|(sum, &x)| *sum += x);
                }
            }
            let live = |k: &usize| self.used[*k] || places.tangent(*k).is_some();
            let live: SmallVec<[usize; 8]> = (0..N).filter(live).collect();
            rows.for_each(|i| {
                let mut sum = T::constant_part(sums[i]);
                for &k in &live {
                    sum.set_tangent_part(k, sums[(1 + k) * height + i]);
                }
                out[i] = sum;
            });
        }
    }

    fn add_rows(
        &self,
        rows: Rows<'_>,
        coefficients: &[&[T]],
        sums: &mut dyn PartsMatrix<T>,
        into: &[usize],
    ) {
        let sums = Self::of_mut(sums);
        for (c, &into) in coefficients.iter().zip(into) {
            let c = DualVector::of_rows(c, &rows);
            for (k, _) in &c.tangents {
                sums.tangent(*k);
            }
            let tangents = c.tangents.iter();
            let mut stack = {
                let mut list: RowList<'_, T::Part> = SmallVec::from_iter([(&sums.value, into)]);
                list.extend(tangents.clone().map(|(k, _)| (&sums.tangents[*k], into)));
                stacked(&list, self.value.cols())
            };
            let mut each: SmallVec<[&[T::Part]; 8]> = SmallVec::from_iter([&c.value[..]]);
            each.extend(tangents.clone().map(|(_, tangent)| &tangent[..]));
            let places: SmallVec<[usize; 8]> = (0..each.len()).collect();
            self.value
                .add_rows(rows.clone(), &each, &mut stack, &places);
            sums.value.copy_row(into, &stack, 0);
            for (at, (k, _)) in tangents.enumerate() {
                sums.tangents[*k].copy_row(into, &stack, 1 + at);
            }
            for k in self.directions() {
                self.tangents[k].add_rows(rows.clone(), &[&c.value], sums.tangent(k), &[into]);
            }
        }
    }

    fn update(
        &mut self,
        rows: Rows<'_>,
        keep: T,
        (us, vectors, vs): TermsByParts<'_, T>,
        way: Way,
    ) {
        let lefts = us.iter().map(|u| DualVector::of_rows(u, &rows));
        let lefts: SmallVec<[DualVector<T::Part>; 4]> = lefts.collect();
        let mut list = RowList::new();
        let rights = vectors.map(Self::of);
        let places = vs
            .iter()
            .filter_map(|&v| Some(rights?.list_row(v, &mut list)));
        let places: SmallVec<[Places; 4]> = places.collect();
        let stack = stacked(&list, self.value.cols());
        let value = keep.value_part();
        // Forward tangents come first, back they come last: both take the weights from before the update.
        if way == Way::Undo {
            self.update_value(&rows, value, &lefts, &stack, &places, way);
        }
        for k in 0..N {
            let mut terms: SmallVec<[(&[T::Part], usize); 8]> = SmallVec::new();
            for (left, right) in lefts.iter().zip(&places) {
                terms.extend(left.tangent(k).map(|tangent| (tangent, right.value)));
                terms.extend(right.tangent(k).map(|place| (&left.value[..], place)));
            }
            let grows = keep.tangent_part(k);
            if !self.used[k] && terms.is_empty() && grows.is_zero() {
                continue;
            }
            let us: SmallVec<[&[T::Part]; 8]> = terms.iter().map(|(u, _)| *u).collect();
            let vs: SmallVec<[usize; 8]> = terms.iter().map(|(_, v)| *v).collect();
            self.tangent(k);
            let tangent = &mut self.tangents[k];
            if way == Way::Undo {
                if !grows.is_zero() {
                    tangent.add_scaled_rows(&rows, -grows, &self.value);
                }
                tangent.undo(rows.clone(), value, &us, &stack, &vs);
            } else {
                tangent.update(rows.clone(), value, &us, &stack, &vs);
                if !grows.is_zero() {
                    tangent.add_scaled_rows(&rows, grows, &self.value);
                }
            }
        }
        if way == Way::Forward {
            self.update_value(&rows, value, &lefts, &stack, &places, way);
        }
    }
}

impl<T: DualNumber<N>, const N: usize> DualMatrix<T, N> {
    fn update_value(
        &mut self,
        rows: &Rows<'_>,
        keep: T::Part,
        lefts: &[DualVector<T::Part>],
        stack: &PaddedMatrix<T::Part>,
        places: &[Places],
        way: Way,
    ) {
        let us: SmallVec<[&[T::Part]; 8]> = lefts.iter().map(|left| &left.value[..]).collect();
        let vs: SmallVec<[usize; 8]> = places.iter().map(|places| places.value).collect();
        match way {
            Way::Forward => self.value.update(rows.clone(), keep, &us, stack, &vs),
            Way::Undo => self.value.undo(rows.clone(), keep, &us, stack, &vs),
        }
    }
}
