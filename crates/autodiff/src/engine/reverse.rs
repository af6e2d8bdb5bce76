//! Reverse of reads and updates; that of an update is one pass over weights and adjoint.
//!
//! ```text
//! v = W x                                        kept as the node's value
//! W ← (1 − d) W + Σ_k u_k v_kᵀ + s v wᵀ
//!
//! ū_k += W̄ v_k     v̄_k += W̄ᵀ u_k     d̄ −= ⟨W_before, W̄⟩
//! s̄ += v·W̄ w       w̄ += s W̄ᵀ v       v̄ = s W̄ w      x̄ += W_beforeᵀ v̄
//! W̄ ← (1 − d) W̄ + v̄ xᵀ
//! ```

use metaplast_tensor::kernels::Write;
use metaplast_tensor::kernels::fused::{
    OuterProducts, ReverseProducts, ReverseUpdate, reverse_update,
};
use metaplast_tensor::{Scalar, kernels};

use super::arena::StateArena;
use super::buffer::Buffer;
use super::operands::Operands;
use super::ops::{Batch, Direction, Read, Update, WholeRead};
use super::product::seen;
use super::row_sets::Outside;
use super::terms::Terms;
use super::workspace::Workspace;
use crate::adjoint::AdjointPool;
use crate::nodes::DENSE;
use crate::op::{Adjoints, Inputs};
use crate::sparsity::Patterns;

/// A recorded operation on a state, as the sweep passes it.
pub(crate) struct Passed<'a, T: Scalar> {
    pub(crate) inputs: Inputs<'a, T>,
    /// The result of a read, or `W x` of an update's projection.
    pub(crate) value: &'a [T],
    /// Sparsity pattern of a read's result.
    pub(crate) pattern: u32,
    pub(crate) patterns: &'a Patterns,
}

impl<T: Scalar> StateArena<T> {
    /// Adds to the adjoints of a read's operand and of the weights, from the adjoint of its result.
    pub(crate) fn reverse_read(
        &mut self,
        read: Read,
        passed: &Passed<'_, T>,
        adjoint: &[T],
        adjoints: &mut AdjointPool<T>,
    ) {
        let (buffer, workspace) = self.buffer_and_workspace(read.state);
        assert_eq!(
            read.version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away; reads before the cut cannot be differentiated"
        );
        let Passed {
            inputs, patterns, ..
        } = passed;
        let (x, x_pattern) = (inputs.value(0), inputs.pattern(0));
        let direction = read.direction;
        if let Some(into) = Adjoints::new(inputs, adjoints).of(0) {
            let weights = seen(buffer, read.detached);
            let back = direction.reversed();
            let pattern = match direction {
                Direction::Forward => passed.pattern,
                Direction::Transposed => x_pattern,
            };
            match read.batch {
                Batch::Rows => workspace.multiply_batch(&weights, back, adjoint, into, Write::Add),
                Batch::One => {
                    workspace.multiply(&weights, back, patterns.get(pattern), adjoint, into);
                }
            }
        }
        if !read.contributes() {
            return;
        }
        if let Some(decay_adjoint) = &mut buffer.decay_adjoint {
            decay_adjoint.add_read(adjoint, passed.value);
        }
        let (left, right, pattern) = match direction {
            Direction::Forward => (adjoint, x, passed.pattern),
            Direction::Transposed => (x, adjoint, x_pattern),
        };
        match read.batch {
            Batch::One => {
                let row_sets = &mut workspace.row_sets;
                buffer.contribute(left, right, pattern, patterns, row_sets);
            }
            Batch::Rows => {
                let n = inputs.shape(0).dims()[0];
                buffer.contribute_batch(left, right, n, patterns, workspace);
            }
        }
    }

    /// Adds to the adjoint of the weights, from the adjoint of a copy of them.
    pub(crate) fn reverse_whole_read(
        &mut self,
        read: WholeRead,
        passed: &Passed<'_, T>,
        adjoint: &[T],
    ) {
        let (buffer, workspace) = self.buffer_and_workspace(read.state);
        assert_eq!(
            read.version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away; reads before the cut cannot be differentiated"
        );
        if !read.contributes() {
            return;
        }
        if let Some(decay_adjoint) = &mut buffer.decay_adjoint {
            decay_adjoint.add_read(adjoint, passed.value);
        }
        buffer.contribute_whole(adjoint, passed.patterns, &mut workspace.row_sets);
    }

    /// Undoes an update and adds to the adjoints of its operands.
    pub(crate) fn reverse_update(
        &mut self,
        update: Update,
        passed: &Passed<'_, T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let (buffer, workspace) = self.buffer_and_workspace(update.state);
        assert_eq!(
            update.version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away"
        );
        buffer.rewound = true;
        workspace.with_sums(|sums, workspace| {
            let terms = Terms::new(update.operands, &passed.inputs, passed.patterns, sums);
            passed.go_back(update, &terms, buffer, workspace, adjoints);
        });
    }

    /// The first value of a state that a sweep has rewound, from the recorded operations on states,
    /// last first. Rows that the sweep left alone are rewound now, in a copy.
    #[track_caller]
    pub(crate) fn first_value<'a>(
        &self,
        state: usize,
        updates: impl Iterator<Item = (Update, Passed<'a, T>)>,
    ) -> Vec<T> {
        let buffer = self.rewound(state);
        let left_alone: Vec<bool> = match buffer.active.rows() {
            _ if !buffer.active.values => vec![true; buffer.rows],
            Some(active) => active.iter().map(|active| !active).collect(),
            None => return buffer.value.to_vec(),
        };
        let (mut value, mut workspace) = (buffer.value.clone(), Workspace::new());
        for (update, passed) in updates {
            if update.state as usize == state && update.version <= buffer.inactive_version {
                workspace.with_sums(|sums, workspace| {
                    let terms = Terms::new(update.operands, &passed.inputs, passed.patterns, sums);
                    terms.prepare(value.cols(), &mut workspace.vectors);
                    terms.join(passed.value, &mut workspace.joined);
                    let rows = buffer.changing(update.version);
                    terms.undo(&mut value, rows, Some(&left_alone), workspace);
                });
            }
        }
        value.to_vec()
    }
}

impl<T: Scalar> Passed<'_, T> {
    fn go_back(
        &self,
        update: Update,
        terms: &Terms<'_, T>,
        buffer: &mut Buffer<T>,
        workspace: &mut Workspace<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        terms.prepare(buffer.cols, &mut workspace.vectors);
        terms.join(self.value, &mut workspace.joined);
        // Values that nothing multiplies by are left where they are.
        let exact = buffer.restore();
        let undo = !exact && buffer.active.values;
        // Without anything differentiable in the state there is no adjoint to pass.
        let tracked = buffer.adjoint.rows() == buffer.rows && buffer.tracked;
        if !tracked {
            if undo {
                let rows = buffer.changing(update.version);
                let active = buffer.active.rows();
                terms.undo(&mut buffer.value, rows, active, workspace);
            }
            return;
        }
        let changing = buffer.changing(update.version);
        let due = match &mut buffer.decay_adjoint {
            Some(inner) => inner.is_due(exact, changing < buffer.rows),
            None => false,
        };
        let (patterns, row_sets) = (self.patterns, &mut workspace.row_sets);
        buffer.settle_frozen(changing, patterns, row_sets);
        let anew = self.pass(terms, buffer, changing, workspace, undo, due);
        let decayed = buffer.decay_adjoint.as_mut().map(|inner| {
            let left = |k: usize| &workspace.lefts[k * buffer.rows..][..buffer.rows];
            let products = (0..terms.len()).map(|k| (terms.left(k, &workspace.joined), left(k)));
            inner.reverse_update(due.then_some(anew), terms.keep, products)
        });
        buffer.pending.clear();
        let row_sets = &mut workspace.row_sets;
        buffer.scale_adjoint(terms.keep, changing, self.patterns, row_sets);
        if let Some(projection) = terms.projection {
            let (left, row_sets) = (&workspace.projected, &mut workspace.row_sets);
            if let Some(inner) = &mut buffer.decay_adjoint {
                inner.add_read(left, self.value);
            }
            buffer.contribute(left, projection.through, DENSE, self.patterns, row_sets);
        }
        if update.differentiable {
            self.hand_out(
                update.operands,
                terms,
                decayed,
                buffer.rows,
                workspace,
                adjoints,
            );
        }
    }

    /// Brings the adjoint of the rows that change up to date, takes its products with the update's vectors
    /// into `workspace` and undoes the update; returns `⟨W_before, W̄⟩` if that is to be computed anew.
    fn pass(
        &self,
        terms: &Terms<'_, T>,
        buffer: &mut Buffer<T>,
        changing: usize,
        workspace: &mut Workspace<T>,
        undo: bool,
        anew: bool,
    ) -> T {
        let (rows, cols) = (buffer.rows, buffer.cols);
        let zeros = |into: &mut Vec<T>, len| {
            into.clear();
            into.resize(len, T::ZERO);
        };
        zeros(&mut workspace.lefts, terms.len() * rows);
        zeros(&mut workspace.projected, rows);
        workspace.rights.assign_zeros(terms.len() + 1, cols);
        let pending = &buffer.pending;
        let active = buffer.active.rows();
        // Products are sums over rows in the order of these lists, which depends on the update
        // alone: what happens to be pending must not change a bit of them.
        let outside = match pending.pattern(self.patterns) {
            Some(pattern) if !terms.is_dense() && !pending.is_dense() => Outside::Only(pattern),
            _ => Outside::All,
        };
        let row_sets = &mut workspace.row_sets;
        row_sets.divide(changing, active, terms.pattern(), outside);
        let (lefts, places) = pending.outer(true);
        let mut inner = T::ZERO;
        for (within, rows) in workspace.row_sets.each() {
            let picked = terms.pick(within, Some(&workspace.joined));
            let adjoint_stays = lefts.is_empty() && pending.scale == T::ONE;
            let value_stays = !undo || terms.keep == T::ONE;
            if picked.is_empty() && adjoint_stays && value_stays && !anew {
                continue;
            }
            let step = ReverseUpdate {
                rows,
                scale: pending.scale,
                pending: OuterProducts {
                    us: &lefts,
                    vectors: pending.rights(),
                    vs: &places,
                },
                terms: picked.outer(&workspace.vectors),
                wanted: picked.wanted,
                keep: terms.keep,
                undo,
                projection: picked.through,
                inner: anew,
            };
            let products = ReverseProducts {
                lefts: &mut workspace.lefts,
                rights: &mut workspace.rights,
                projected: &mut workspace.projected,
            };
            inner += reverse_update(&mut buffer.value, &mut buffer.adjoint, &step, products);
        }
        inner
    }

    /// Adds what was computed to the operands' adjoints.
    fn hand_out(
        &self,
        operands: Operands,
        terms: &Terms<'_, T>,
        decayed: Option<T>,
        rows: usize,
        workspace: &Workspace<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let inputs = &self.inputs;
        let mut into = Adjoints::new(inputs, adjoints);
        let left = |k: usize| &workspace.lefts[k * rows..][..rows];
        let rank = operands.rank();
        let sums = operands.has_sums();
        for k in 0..rank {
            if !sums && let Some(adjoint) = into.of(operands.left(k)) {
                kernels::axpy(T::ONE, left(k), adjoint);
            }
            if let Some(adjoint) = into.of(k) {
                workspace.rights.add_row_to(k, adjoint);
            }
        }
        if operands.decay
            && let Some(adjoint) = into.of(operands.decay_operand())
        {
            adjoint[0] -= decayed.expect("updates that decay are noted as they are recorded");
        }
        if let Some(projection) = terms.projection {
            let at = operands.projection_operand();
            if let Some(adjoint) = into.of(at) {
                adjoint[0] += kernels::dot(self.value, left(projection.term));
            }
            if let Some(adjoint) = into.of(at + 1) {
                workspace.rights.add_row_to(terms.len(), adjoint);
            }
            if projection.term == rank
                && let Some(adjoint) = into.of(at + 2)
            {
                workspace.rights.add_row_to(rank, adjoint);
            }
        }
        if sums {
            // As if each sum were an operation of its own, recorded before the update.
            let last_first = operands.summands(inputs).rev();
            for (k, summands) in (0..rank).rev().zip(last_first) {
                for at in summands.map(|j| operands.coefficient(j)) {
                    if let Some(adjoint) = into.of(at) {
                        adjoint[0] += kernels::dot(inputs.value(at + 1), left(k));
                    }
                    if let Some(adjoint) = into.of(at + 1) {
                        kernels::axpy(inputs.value(at)[0], left(k), adjoint);
                    }
                }
            }
        }
    }
}
