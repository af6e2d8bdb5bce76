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
    if rec.nodes[root].needs_gradient() {
        rec.adjoints
            .accumulator(root, seed.len())
            .copy_from_slice(seed);
    }
    descend(rec);
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
    descend(rec);
    rec.states.end_sweep(&rec.patterns);
}

fn prepare<T: Scalar>(rec: &mut Recording<T>) {
    rec.check_sweepable();
    rec.sweeps = rec.sweeps.wrapping_add(1);
    rec.adjoints.prepare(rec.nodes.len());
}

fn descend<T: Scalar>(rec: &mut Recording<T>) {
    let Recording {
        nodes,
        ops,
        values,
        states,
        patterns,
        adjoints,
        ..
    } = rec;
    for (id, op) in ops.iter().enumerate().rev() {
        let node = &nodes[id];
        let inputs = Inputs::new(nodes, values, nodes.operands(id));
        let value = &values[nodes.value_range(id)];
        let passed = |inputs| Passed {
            inputs,
            value,
            pattern: nodes.pattern(id),
            patterns,
        };
        match op {
            Recorded::Leaf => continue,
            Recorded::State(StateOp::Update(update)) => {
                states.reverse_update(*update, &passed(inputs), adjoints);
                continue;
            }
            _ => {}
        }
        let Some(adjoint) = adjoints.take(id) else {
            continue;
        };
        match op {
            Recorded::State(StateOp::Read(read)) => {
                states.reverse_read(*read, &passed(inputs), &adjoint, adjoints);
            }
            Recorded::State(StateOp::ReadWhole(read)) => {
                states.reverse_whole_read(*read, &passed(inputs), &adjoint);
            }
            _ => {
                if let Some(behaviour) = op.behaviour() {
                    let mut into = Adjoints::new(&inputs, adjoints);
                    behaviour.vjp(&inputs, value, &adjoint, &mut into);
                }
            }
        }
        adjoints.put_back(id, adjoint, node.is_retained());
    }
    rec.rewound = rec.states.any_rewound();
}
