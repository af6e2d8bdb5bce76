//! Terms of one update: its outer products, and the update itself.
//!
//! A projection whose right vector is that of a term joins it: `(u_k + s v) v_kᵀ`. Left vectors with
//! sparsity patterns are looked at, and their adjoints computed, in the rows of their pattern alone.

use metaplast_tensor::kernels::fused::{OuterProducts, Projection, project};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Scalar, kernels};
use smallvec::SmallVec;

use super::operands::Operands;
use super::row_sets::Outside;
use super::workspace::Workspace;
use crate::nodes::DENSE;
use crate::op::Inputs;
use crate::sparsity::Patterns;

/// Left vectors and their patterns.
type Lefts<'a, T> = SmallVec<[(&'a [T], u32); 4]>;

/// The outer products of one update.
pub(super) struct Terms<'a, T> {
    pub(super) keep: T,
    /// Left vectors; that of a projection with a term of its own is empty.
    us: SmallVec<[&'a [T]; 4]>,
    vs: SmallVec<[&'a [T]; 4]>,
    /// Rows outside of which all terms but the `dense` ones are zero.
    pattern: Option<&'a [u32]>,
    /// For each term whether it concerns every row.
    dense: SmallVec<[bool; 4]>,
    /// For each term whether its right vector needs an adjoint.
    wanted: SmallVec<[bool; 4]>,
    pub(super) projection: Option<ProjectionTerm<'a, T>>,
}

#[derive(Clone, Copy)]
pub(super) struct ProjectionTerm<'a, T> {
    pub(super) scale: T,
    pub(super) through: &'a [T],
    /// The term it joins.
    pub(super) term: usize,
}

/// The terms that concern some rows.
pub(super) struct Picked<'a, T> {
    us: SmallVec<[&'a [T]; 4]>,
    /// Places of the right vectors, which are those of the terms.
    vs: SmallVec<[usize; 4]>,
    /// Only the first `wanted` right vectors need adjoints.
    pub(super) wanted: usize,
    pub(super) through: Option<Projection<T>>,
}

impl<T: Scalar> Picked<'_, T> {
    pub(super) fn is_empty(&self) -> bool {
        self.us.is_empty()
    }

    pub(super) fn outer<'b>(&'b self, vectors: &'b PaddedMatrix<T>) -> OuterProducts<'b, T> {
        OuterProducts {
            us: &self.us,
            vectors,
            vs: &self.vs,
        }
    }
}

impl<'a, T: Scalar> Terms<'a, T> {
    /// Reads the operands; `sums` takes the left vectors that are sums.
    pub(super) fn new(
        operands: Operands,
        inputs: &Inputs<'a, T>,
        patterns: &'a Patterns,
        sums: &'a mut Vec<T>,
    ) -> Self {
        let rank = operands.rank();
        sums.clear();
        let mut lefts = Lefts::new();
        if operands.has_sums() {
            for summands in operands.summands(inputs) {
                lefts.push((&[], operands.pattern(inputs, summands.clone())));
                add_up(operands, inputs, summands, sums);
            }
            let (sums, rows): (&'a [T], _) = (sums, sums.len() / rank);
            let each = lefts.iter_mut().zip(sums.chunks(rows.max(1)));
            each.for_each(|(left, sum)| left.0 = sum);
        } else {
            let left = |k| {
                let at = operands.left(k);
                (inputs.value(at), inputs.pattern(at))
            };
            lefts.extend((0..rank).map(left));
        }
        let (mut us, mut vs) = (SmallVec::<[&[T]; 4]>::new(), SmallVec::<[&[T]; 4]>::new());
        let mut dense = SmallVec::<[bool; 4]>::new();
        let mut wanted: SmallVec<[bool; 4]> = (0..rank).map(|k| inputs.needs_gradient(k)).collect();
        let mut sparse = DENSE;
        for (k, (left, pattern)) in lefts.into_iter().enumerate() {
            us.push(left);
            vs.push(inputs.value(k));
            if sparse == DENSE {
                sparse = pattern;
            }
            dense.push(pattern == DENSE || pattern != sparse);
        }
        let projection = operands.projection.then(|| {
            let at = operands.projection_operand();
            let right = inputs.id(at + 2);
            let joined = (0..rank).find(|&k| inputs.id(k) == right);
            let term = joined.unwrap_or_else(|| {
                us.push(&[]);
                vs.push(inputs.value(at + 2));
                dense.push(true);
                wanted.push(inputs.needs_gradient(at + 2));
                rank
            });
            dense[term] = true;
            ProjectionTerm {
                scale: inputs.value(at)[0],
                through: inputs.value(at + 1),
                term,
            }
        });
        let divided = dense.contains(&false);
        Terms {
            keep: operands.keep(inputs),
            pattern: if divided { patterns.get(sparse) } else { None },
            dense,
            wanted,
            us,
            vs,
            projection,
        }
    }

    /// Left and right vectors of all terms.
    pub(super) fn products(&self) -> impl Iterator<Item = (&'a [T], &'a [T])> + '_ {
        self.us.iter().copied().zip(self.vs.iter().copied())
    }

    /// The right vector of term `k`.
    pub(super) fn right(&self, k: usize) -> &'a [T] {
        self.vs[k]
    }

    /// Number of terms, with that of a projection.
    pub(super) fn len(&self) -> usize {
        self.vs.len()
    }

    /// Left vector `k`; `joined` takes the place of that of the projection's term.
    pub(super) fn left<'b>(&self, k: usize, joined: &'b [T]) -> &'b [T]
    where
        'a: 'b,
    {
        match self.projection {
            Some(projection) if projection.term == k => joined,
            _ => self.us[k],
        }
    }

    /// Rows outside of which only some terms change anything; `None` where all do everywhere.
    pub(super) fn pattern(&self) -> Option<&'a [u32]> {
        self.pattern
    }

    /// Whether rows outside the pattern change.
    pub(super) fn is_dense(&self) -> bool {
        self.pattern.is_none() || self.keep != T::ONE || self.dense.contains(&true)
    }

    /// Puts the right vectors and, after them, the one that the projection goes through next to
    /// each other.
    pub(super) fn prepare(&self, cols: usize, vectors: &mut PaddedMatrix<T>) {
        let terms = self.len();
        vectors.set_shape(terms + 1, cols);
        for (k, v) in self.vs.iter().enumerate() {
            vectors.assign_row(k, v);
        }
        if let Some(projection) = self.projection {
            vectors.assign_row(terms, projection.through);
        }
    }

    /// The left vector of the projection's term with `s v` added, for undoing.
    pub(super) fn join(&self, projected: &[T], joined: &mut Vec<T>) {
        joined.clear();
        let Some(ProjectionTerm { scale, term, .. }) = self.projection else {
            return;
        };
        joined.extend_from_slice(self.us[term]);
        joined.resize(projected.len(), T::ZERO);
        for (joined, &v) in joined.iter_mut().zip(projected) {
            *joined += scale * v;
        }
    }

    /// The terms that concern rows within the pattern, or others. `joined` takes the place of the
    /// left vector of the projection's term.
    pub(super) fn pick<'b>(&self, within: bool, joined: Option<&'b [T]>) -> Picked<'b, T>
    where
        'a: 'b,
    {
        let mut picked = Picked {
            us: SmallVec::new(),
            vs: SmallVec::new(),
            wanted: 0,
            through: None,
        };
        for (k, &u) in self.us.iter().enumerate() {
            if !within && !self.dense[k] {
                continue;
            }
            let projection = self.projection.filter(|projection| projection.term == k);
            if let Some(ProjectionTerm { scale, .. }) = projection {
                let term = picked.us.len();
                picked.through = Some(Projection { scale, term });
            }
            picked.us.push(match projection {
                Some(_) => joined.unwrap_or(u),
                None => u,
            });
            picked.vs.push(k);
            if self.wanted[k] {
                picked.wanted = picked.vs.len();
            }
        }
        picked
    }

    /// Undoes the update in those of the first `rows` that are active, with what [`prepare`](Self::prepare) and
    /// [`join`](Self::join) put into `workspace`.
    pub(super) fn undo(
        &self,
        value: &mut PaddedMatrix<T>,
        rows: usize,
        active: Option<&[bool]>,
        workspace: &mut Workspace<T>,
    ) {
        let Workspace {
            vectors,
            joined,
            row_sets,
            ..
        } = workspace;
        row_sets.divide(rows, active, self.pattern(), Outside::All);
        for (within, rows) in row_sets.each() {
            let picked = self.pick(within, Some(joined));
            value.undo(rows, self.keep, &picked.us, vectors, &picked.vs);
        }
    }

    /// Updates the first `rows` of `value`, and writes `W x` of the projection to `projected`.
    pub(super) fn apply(
        &self,
        value: &mut PaddedMatrix<T>,
        rows: usize,
        projected: &mut [T],
        workspace: &mut Workspace<T>,
    ) {
        let cols = value.cols();
        let Workspace {
            vectors, row_sets, ..
        } = workspace;
        self.prepare(cols, vectors);
        if let Some(pattern) = self.pattern.filter(|_| !self.is_dense()) {
            let picked = self.pick(true, None);
            let count = pattern.partition_point(|&row| (row as usize) < rows);
            let rows = Rows::List(&pattern[..count]);
            return value.update(rows, self.keep, &picked.us, vectors, &picked.vs);
        }
        row_sets.divide(rows, None, self.pattern(), Outside::All);
        for (within, rows) in row_sets.each() {
            let picked = self.pick(within, None);
            if let Some(through) = picked.through {
                let terms = picked.outer(vectors);
                project(
                    value,
                    rows,
                    self.keep,
                    terms,
                    through,
                    self.len(),
                    projected,
                );
            } else if !picked.is_empty() || self.keep != T::ONE {
                value.update(rows, self.keep, &picked.us, vectors, &picked.vs);
            }
        }
    }
}

/// Appends `Σ_j c_j x_j`.
fn add_up<T: Scalar>(
    operands: Operands,
    inputs: &Inputs<'_, T>,
    summands: std::ops::Range<usize>,
    sums: &mut Vec<T>,
) {
    let start = sums.len();
    for at in summands.map(|j| operands.coefficient(j)) {
        let x = inputs.value(at + 1);
        sums.resize(start + x.len(), T::ZERO);
        kernels::axpy(inputs.value(at)[0], x, &mut sums[start..]);
    }
}
