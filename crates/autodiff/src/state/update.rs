//! The update of a state and its reverse, each one pass over the matrix.
//!
//! ```text
//! v = W x                                        kept as the node's value
//! W ← (1 − d) W + Σ_k u_k v_kᵀ + s v wᵀ
//!
//! ū_k += W̄ v_k     v̄_k += W̄ᵀ u_k     d̄ −= ⟨W_before, W̄⟩
//! s̄ += v·W̄ w       w̄ += s W̄ᵀ v       v̄ = s W̄ w      x̄ += W_beforeᵀ v̄
//! W̄ ← (1 − d) W̄ + v̄ xᵀ
//! ```
//!
//! A projection whose right vector is that of a term joins it: `(u_k + s v) v_kᵀ`. Left vectors with
//! known zeros are looked at, and their adjoints computed, in the rows of their support alone.

use std::ops::Range;

use metaplast_tensor::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Scalar, kernels};
use smallvec::SmallVec;

use super::buffer::Buffer;
use super::stretches::{Split, stretches};
use crate::adjoint::AdjointPool;
use crate::ops::{Adjoints, Inputs};
use crate::support::{EVERYWHERE, Supports};

/// What a recorded update consists of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Number of outer products.
    pub(crate) rank: u32,
    pub(crate) decay: bool,
    pub(crate) projection: bool,
}

impl Form {
    fn rank(self) -> usize {
        self.rank as usize
    }

    fn decay_operand(self) -> usize {
        2 * self.rank()
    }

    /// The first of the projection's three operands.
    fn projection_operand(self) -> usize {
        2 * self.rank() + usize::from(self.decay)
    }

    /// `1 − d`
    pub(crate) fn keep<T: Scalar>(self, inputs: &Inputs<'_, T>) -> T {
        if self.decay {
            T::ONE - inputs.value(self.decay_operand())[0]
        } else {
            T::ONE
        }
    }

    /// Panics with the shapes where an operand does not fit a state `[rows, cols]`.
    #[track_caller]
    pub(super) fn check<T: Scalar>(self, inputs: &Inputs<'_, T>, rows: usize, cols: usize) {
        for k in 0..self.rank() {
            let (left, right) = (inputs.shape(k), inputs.shape(self.rank() + k));
            assert!(
                left.dims() == [rows] && right.dims() == [cols],
                "rank_k_update: state of shape [{rows}, {cols}], left vector {left}, right vector {right}"
            );
        }
        if self.projection {
            let at = self.projection_operand();
            let [scale, through, right] = [0, 1, 2].map(|k| inputs.shape(at + k));
            assert!(
                scale.len() == 1 && through.dims() == [cols] && right.dims() == [cols],
                "update: state of shape [{rows}, {cols}], projection with scale {scale}, through {through}, right vector {right}"
            );
        }
    }
}

/// The outer products of one update.
pub(super) struct Terms<'a, T> {
    keep: T,
    /// Left vectors; that of a projection with a term of its own is empty.
    us: SmallVec<[&'a [T]; 4]>,
    vs: SmallVec<[&'a [T]; 4]>,
    /// Rows outside of which all terms but the `dense` ones are zero.
    support: Option<&'a [u32]>,
    all: SmallVec<[usize; 4]>,
    dense: SmallVec<[usize; 4]>,
    projection: Option<ProjectionTerm<'a, T>>,
}

#[derive(Clone, Copy)]
struct ProjectionTerm<'a, T> {
    scale: T,
    through: &'a [T],
    /// The term it joins.
    term: usize,
}

impl<'a, T: Scalar> Terms<'a, T> {
    pub(super) fn new(form: Form, inputs: &Inputs<'a, T>, supports: &'a Supports) -> Self {
        let rank = form.rank();
        let mut us: SmallVec<[&[T]; 4]> = (0..rank).map(|k| inputs.value(k)).collect();
        let mut vs: SmallVec<[&[T]; 4]> = (rank..2 * rank).map(|k| inputs.value(k)).collect();
        let projection = form.projection.then(|| {
            let at = form.projection_operand();
            let right = inputs.id(at + 2);
            let joined = (0..rank).find(|&k| inputs.id(rank + k) == right);
            let term = joined.unwrap_or_else(|| {
                us.push(&[]);
                vs.push(inputs.value(at + 2));
                rank
            });
            ProjectionTerm {
                scale: inputs.value(at)[0],
                through: inputs.value(at + 1),
                term,
            }
        });
        let mut sparse = (0..rank).map(|k| inputs.node(k).support);
        let sparse = sparse.find(|&s| s != EVERYWHERE).unwrap_or(EVERYWHERE);
        let is_dense = |k: &usize| {
            let projected = projection.is_some_and(|p: ProjectionTerm<'_, T>| p.term == *k);
            projected || inputs.node(*k).support != sparse
        };
        let all: SmallVec<[usize; 4]> = (0..vs.len()).collect();
        Terms {
            keep: form.keep(inputs),
            support: supports.get(sparse),
            dense: all.iter().copied().filter(is_dense).collect(),
            all,
            us,
            vs,
            projection,
        }
    }

    /// Puts the right vectors and, after them, the one that the projection goes through next to
    /// each other, and the first left vector of the projection's term where it is joined.
    fn prepare(&self, rows: usize, cols: usize, scratch: &mut Scratch<T>) {
        let terms = self.vs.len();
        scratch.vectors.assign_zeros(terms + 1, cols);
        for (k, v) in self.vs.iter().enumerate() {
            scratch.vectors.assign_row(k, v);
        }
        scratch.joined.clear();
        if let Some(projection) = self.projection {
            scratch.vectors.assign_row(terms, projection.through);
            scratch.joined.extend_from_slice(self.us[projection.term]);
            scratch.joined.resize(rows, T::ZERO);
        }
    }

    /// Adds `s v` to the left vector of the projection's term, in the rows of a stretch.
    fn join(&self, stretch: Range<usize>, projected: &[T], joined: &mut [T]) {
        if let Some(ProjectionTerm { scale, .. }) = self.projection {
            for (joined, &v) in joined[stretch.clone()].iter_mut().zip(&projected[stretch]) {
                *joined += scale * v;
            }
        }
    }

    /// Left vectors of some terms; `joined` is that of the projection's.
    fn lefts<'b>(&self, terms: &[usize], joined: &'b [T]) -> SmallVec<[&'b [T]; 4]>
    where
        'a: 'b,
    {
        let place = self.projection.map(|projection| projection.term);
        let left = |&k: &usize| match place {
            Some(term) if term == k => joined,
            _ => self.us[k],
        };
        terms.iter().map(left).collect()
    }

    /// Divides a stretch for [`passes`](Self::passes).
    fn divide(&self, stretch: &Range<usize>, split: &mut Split) {
        if self.sparse() {
            split.divide(stretch, self.support);
        }
    }

    fn sparse(&self) -> bool {
        self.support.is_some() && self.dense.len() < self.all.len()
    }

    /// Calls `pass` for the rows that all terms change and for those that only some do, each time
    /// with the rows and the terms; `split` holds the divided stretch.
    fn passes(
        &self,
        stretch: &Range<usize>,
        split: &Split,
        mut pass: impl FnMut(Rows<'_>, &[usize]),
    ) {
        if !self.sparse() {
            return pass(Rows::Range(stretch.clone()), &self.all);
        }
        pass(Rows::List(&split.inside), &self.all);
        if !self.dense.is_empty() || self.keep != T::ONE {
            pass(Rows::List(&split.outside), &self.dense);
        }
    }

    /// Updates `value`, and writes `W x` of the projection to `projected`.
    pub(super) fn apply(
        &self,
        value: &mut PaddedMatrix<T>,
        projected: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let (rows, cols) = (value.rows(), value.cols());
        self.prepare(rows, cols, scratch);
        let Scratch {
            vectors,
            joined,
            split,
            ..
        } = scratch;
        let through = self.vs.len();
        for stretch in stretches(rows, cols, size_of::<T>()) {
            if self.projection.is_some() {
                let into = &mut [&mut projected[..]];
                value.dots(Rows::Range(stretch.clone()), vectors, &[through], into);
                self.join(stretch.clone(), projected, joined);
            }
            self.divide(&stretch, split);
            self.passes(&stretch, split, |rows, terms| {
                value.update(rows, self.keep, &self.lefts(terms, joined), vectors, terms);
            });
        }
    }
}

/// What one update needs beside its operands, kept from one to the next.
pub(super) struct Scratch<T> {
    pub(super) split: Split,
    /// Right vectors of all terms, and the one that the projection goes through.
    vectors: PaddedMatrix<T>,
    /// Left vector of the projection's term.
    joined: Vec<T>,
    /// Adjoints of the left vectors of all terms, one after the other, and of the right ones.
    lefts: Vec<T>,
    rights: PaddedMatrix<T>,
    /// Adjoint of `v = W x`; that of `x` comes last in `rights`.
    projected: Vec<T>,
}

impl<T: Scalar> Scratch<T> {
    pub(super) fn new() -> Self {
        Scratch {
            split: Split::default(),
            vectors: PaddedMatrix::new(),
            joined: Vec::new(),
            lefts: Vec::new(),
            rights: PaddedMatrix::new(),
            projected: Vec::new(),
        }
    }

    /// Bytes that the reverse of an update of a state `[rows, cols]` needs.
    pub(super) fn bytes_of(form: Form, rows: usize, cols: usize) -> usize {
        let terms = form.rank() + usize::from(form.projection);
        (terms + 2) * rows * size_of::<T>() + 2 * PaddedMatrix::<T>::bytes_of(terms + 1, cols)
    }

    pub(super) fn bytes(&self) -> usize {
        let numbers = self.joined.capacity() + self.lefts.capacity() + self.projected.capacity();
        numbers * size_of::<T>() + self.vectors.bytes() + self.rights.bytes()
    }
}

/// One recorded update, as the sweep passes it.
pub(super) struct Passed<'a, 'i, T: Scalar> {
    pub(super) form: Form,
    /// Whether adjoints flow to its operands.
    pub(super) differentiable: bool,
    pub(super) inputs: &'a Inputs<'i, T>,
    /// `W x` of the projection.
    pub(super) projected: &'a [T],
    pub(super) supports: &'a Supports,
}

impl<T: Scalar> Passed<'_, '_, T> {
    /// Undoes the update in `buffer` and adds to the adjoints of its operands.
    pub(super) fn reverse(
        &self,
        buffer: &mut Buffer<T>,
        scratch: &mut Scratch<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let terms = Terms::new(self.form, self.inputs, self.supports);
        let (rows, cols) = (buffer.rows, buffer.cols);
        // Without anything differentiable in the state there is no adjoint to pass.
        let tracked = buffer.adjoint.rows() == rows && buffer.tracked;
        let restored = buffer.restore();
        terms.prepare(rows, cols, scratch);
        let zeros = |into: &mut Vec<T>, len| {
            into.clear();
            into.resize(len, T::ZERO);
        };
        zeros(&mut scratch.lefts, terms.vs.len() * rows);
        zeros(&mut scratch.projected, rows);
        scratch.rights.assign_zeros(terms.vs.len() + 1, cols);
        let mut decayed = T::ZERO;
        for stretch in stretches(rows, cols, size_of::<T>()) {
            if self.form.projection {
                terms.join(stretch.clone(), self.projected, &mut scratch.joined);
            }
            if tracked {
                let (adjoint, split) = (&mut buffer.adjoint, &mut scratch.split);
                let waiting = &buffer.waiting;
                waiting.apply(adjoint, stretch.clone(), self.supports, split);
                terms.divide(&stretch, split);
                if self.differentiable || self.form.projection {
                    multiply(&terms, &buffer.adjoint, &stretch, scratch);
                }
            }
            if !restored {
                if !tracked {
                    terms.divide(&stretch, &mut scratch.split);
                }
                let (value, joined) = (&mut buffer.value, &scratch.joined);
                let vectors = &scratch.vectors;
                terms.passes(&stretch, &scratch.split, |rows, picked| {
                    let lefts = terms.lefts(picked, joined);
                    value.undo(rows, terms.keep, &lefts, vectors, picked);
                });
            }
            if tracked && self.form.decay {
                decayed += buffer.value.inner(&buffer.adjoint, stretch.clone());
            }
            if let Some(projection) = terms.projection.filter(|_| tracked) {
                let products = &scratch.lefts[projection.term * rows..][stretch.clone()];
                let into = &mut scratch.projected[stretch.clone()];
                for (into, &product) in into.iter_mut().zip(products) {
                    *into = projection.scale * product;
                }
                let (coefficients, place) = ([&scratch.projected[..]], [terms.vs.len()]);
                let (rows, sums) = (Rows::Range(stretch), &mut scratch.rights);
                buffer.value.add_rows(rows, &coefficients, sums, &place);
            }
        }
        if !tracked {
            return;
        }
        buffer.waiting.clear();
        buffer.waiting.scale = terms.keep;
        if let Some(projection) = terms.projection {
            let (left, split) = (&scratch.projected, &mut scratch.split);
            buffer.contribute(left, projection.through, EVERYWHERE, self.supports, split);
        }
        if self.differentiable {
            self.hand_out(&terms, decayed, rows, scratch, adjoints);
        }
    }

    /// Adds what was computed to the operands' adjoints.
    fn hand_out(
        &self,
        terms: &Terms<'_, T>,
        decayed: T,
        rows: usize,
        scratch: &Scratch<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let inputs = self.inputs;
        let mut into = Adjoints::of_operands(inputs, adjoints);
        let left = |k: usize| &scratch.lefts[k * rows..][..rows];
        let rank = self.form.rank();
        for k in 0..rank {
            if let Some(adjoint) = into.of(k) {
                kernels::axpy(T::ONE, left(k), adjoint);
            }
            if let Some(adjoint) = into.of(rank + k) {
                scratch.rights.add_row_to(k, adjoint);
            }
        }
        if self.form.decay
            && let Some(adjoint) = into.of(self.form.decay_operand())
        {
            adjoint[0] -= decayed;
        }
        if let Some(projection) = terms.projection {
            let at = self.form.projection_operand();
            if let Some(adjoint) = into.of(at) {
                adjoint[0] += kernels::dot(self.projected, left(projection.term));
            }
            if let Some(adjoint) = into.of(at + 1) {
                scratch.rights.add_row_to(terms.vs.len(), adjoint);
            }
            if projection.term == rank
                && let Some(adjoint) = into.of(at + 2)
            {
                scratch.rights.add_row_to(rank, adjoint);
            }
        }
    }
}

/// `W̄ v_k` and `W̄ᵀ u_k` of all terms in the rows of a stretch.
fn multiply<T: Scalar>(
    terms: &Terms<'_, T>,
    adjoint: &PaddedMatrix<T>,
    stretch: &Range<usize>,
    scratch: &mut Scratch<T>,
) {
    let Scratch {
        split,
        vectors,
        joined,
        lefts,
        rights,
        ..
    } = scratch;
    let height = adjoint.rows();
    terms.passes(stretch, split, |rows, picked| {
        let places = lefts.chunks_mut(height.max(1)).enumerate();
        let wanted = places.filter(|(k, _)| picked.contains(k));
        let mut by_left: SmallVec<[&mut [T]; 4]> = wanted.map(|(_, left)| left).collect();
        adjoint.dots(rows.clone(), vectors, picked, &mut by_left);
        adjoint.add_rows(rows, &terms.lefts(picked, joined), rights, picked);
    });
}
