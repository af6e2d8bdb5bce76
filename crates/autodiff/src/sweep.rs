//! Reverse sweep: nodes in descending order, no recursion, no sort.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`), by way of the table of
//! instances.

use metaplast_tensor::Scalar;

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
    rec.states.begin_sweep();
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
/// The states' adjoints go on from where the segment after this one left them, unless this is the
/// `last` segment in time. Pending contributions are added at the end: their rows may be named by
/// patterns of this recording.
pub(crate) fn sweep_segment<T: Scalar>(
    rec: &mut Recording<T>,
    seeds: &[(usize, &[T])],
    last: bool,
) {
    prepare(rec);
    rec.states.activate_all();
    if last {
        rec.states.begin_sweep();
    }
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
    let passed = |id: usize| Passed {
        inputs: Inputs::new(nodes, values, nodes.operands(id)),
        value: &values[nodes.value_range(id)],
        pattern: nodes.pattern(id),
        patterns,
    };
    for (id, op) in ops.iter().enumerate().rev() {
        match op {
            Recorded::Leaf => continue,
            Recorded::State(StateOp::Update(update)) => {
                states.reverse_update(*update, &passed(id), adjoints);
                continue;
            }
            Recorded::State(StateOp::Add(addition)) => {
                states.reverse_addition(*addition, &passed(id), adjoints);
                continue;
            }
            _ => {}
        }
        let (taken, seed) = match root {
            Some((root, seed)) if root == id => (None, nodes[id].needs_gradient().then_some(seed)),
            _ => (adjoints.take(id), None),
        };
        let Some(adjoint) = seed.or(taken.as_deref()) else {
            continue;
        };
        let passed = passed(id);
        match op {
            Recorded::State(StateOp::Read(read)) => {
                states.reverse_read(*read, &passed, adjoint, adjoints);
            }
            Recorded::State(StateOp::ReadWhole(read)) => {
                states.reverse_whole_read(*read, &passed, adjoint);
            }
            _ => {
                if let Some(behaviour) = op.behaviour() {
                    let Passed { inputs, value, .. } = passed;
                    let mut into = Adjoints::new(&inputs, adjoints);
                    behaviour.vjp(&inputs, value, adjoint, &mut into);
                }
            }
        }
        if let Some(adjoint) = taken {
            adjoints.put_back(id, adjoint, nodes[id].is_retained());
        }
    }
    rec.rewound = rec.states.any_rewound();
}
