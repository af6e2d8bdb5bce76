//! Reverse sweep: nodes in descending order, no recursion, no sort.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`), by way of the table of
//! instances.

use metaplast_tensor::Scalar;

use crate::adjoint::AdjointPool;
use crate::engine::arena::StateArena;
use crate::engine::ops::StateOp;
use crate::engine::reverse::Passed;
use crate::op::{Adjoints, Inputs};
use crate::recording::{Recorded, Recording};

/// Accumulates the adjoints of everything below `root`, with `seed` as the adjoint of `root`.
///
/// States are undone update by update on the way, so that every read finds the weights of its own
/// time; they end at their first value.
pub(crate) fn sweep<T: Scalar>(rec: &mut Recording<T>, root: usize, seed: &[T]) {
    prepare(rec);
    rec.states.begin_sweep(0);
    let kept = rec.ops[root].is_leaf() || rec.nodes[root].is_retained();
    if kept && rec.nodes[root].needs_gradient() {
        rec.adjoints
            .accumulator(root, seed.len())
            .copy_from_slice(seed);
    }
    descend(rec, (!kept).then_some((root, seed)));
    rec.states.end_sweep(&rec.patterns);
}

/// Sweeps one segment of a longer recording, with the adjoints of the nodes that later segments
/// read as `seeds`.
///
/// The adjoints of the first `carried` states go on from where the segment after this one left them; states that
/// the segment has made for itself have none. There are no carried ones in the last segment in time. Pending contributions are added at the end: their rows may be named by
/// patterns of this recording.
pub(crate) fn sweep_segment<T: Scalar>(
    rec: &mut Recording<T>,
    seeds: &[(usize, &[T])],
    carried: usize,
) {
    prepare(rec);
    rec.states.activate_all();
    rec.states.begin_sweep(carried);
    for &(id, seed) in seeds {
        if rec.nodes[id].needs_gradient() {
            let into = rec.adjoints.accumulator(id, seed.len());
            for (into, &seed) in into.iter_mut().zip(seed) {
                *into += seed;
            }
        }
    }
    descend(rec, None);
    rec.states.end_sweep(&rec.patterns);
}

fn prepare<T: Scalar>(rec: &mut Recording<T>) {
    rec.check_sweepable();
    rec.sweeps = rec.sweeps.wrapping_add(1);
    rec.adjoints.prepare(rec.nodes.len());
}

/// Passes all nodes; `root` is one whose adjoint is given and need not be kept.
fn descend<T: Scalar>(rec: &mut Recording<T>, root: Option<(usize, &[T])>) {
    let Recording {
        nodes,
        ops,
        values,
        states,
        patterns,
        adjoints,
        ..
    } = rec;
    for (id, node, operands) in nodes.descending() {
        let op = &ops[id];
        if op.is_leaf() {
            continue;
        }
        let seed = match root {
            Some((root, seed)) if root == id && node.needs_gradient() => Some(seed),
            _ => None,
        };
        let Some(behaviour) = op.behaviour() else {
            let passed = Passed {
                inputs: Inputs::new(nodes, values, operands),
                value: &values[nodes.value_range(id)],
                pattern: nodes.pattern(id),
                patterns,
            };
            pass_state(
                op,
                (id, node.is_retained()),
                &passed,
                seed,
                states,
                adjoints,
            );
            continue;
        };
        with_adjoint(
            adjoints,
            (id, node.is_retained()),
            seed,
            |adjoint, adjoints| {
                let inputs = Inputs::new(nodes, values, operands);
                let value = &values[nodes.value_range(id)];
                behaviour.vjp(
                    &inputs,
                    value,
                    adjoint,
                    &mut Adjoints::new(&inputs, adjoints),
                );
            },
        );
    }
    rec.rewound = rec.states.any_rewound();
}

/// Passes an operation on a state. Updates have no adjoint of their own.
#[inline(never)]
fn pass_state<T: Scalar>(
    op: &Recorded<T>,
    node: (usize, bool),
    passed: &Passed<'_, T>,
    seed: Option<&[T]>,
    states: &mut StateArena<T>,
    adjoints: &mut AdjointPool<T>,
) {
    let Recorded::State(op) = *op else { return };
    match op {
        StateOp::Update(update) => states.reverse_update(update, passed, adjoints),
        StateOp::Add(addition) => states.reverse_addition(addition, passed, adjoints),
        StateOp::Scale(scaling) => states.reverse_scaling(scaling, passed, adjoints),
        StateOp::Read(read) => with_adjoint(adjoints, node, seed, |adjoint, adjoints| {
            states.reverse_read(read, passed, adjoint, adjoints);
        }),
        StateOp::ReadWhole(read) => with_adjoint(adjoints, node, seed, |adjoint, _| {
            states.reverse_whole_read(read, passed, adjoint);
        }),
    }
}

/// Calls `pass` with the adjoint of a node, if it has one: the seed, or what has been added up. That is
/// freed afterwards unless the node is retained.
#[inline(always)]
fn with_adjoint<T: Scalar>(
    adjoints: &mut AdjointPool<T>,
    (id, retained): (usize, bool),
    seed: Option<&[T]>,
    pass: impl FnOnce(&[T], &mut AdjointPool<T>),
) {
    if let Some(seed) = seed {
        pass(seed, adjoints);
    } else if let Some(adjoint) = adjoints.take(id) {
        pass(&adjoint.numbers, adjoints);
        adjoints.put_back(id, adjoint, retained);
    }
}
