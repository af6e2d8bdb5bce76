//! The reverse sweep: nodes in descending order, no recursion, no sort.

use metaplast_tensor::Scalar;

use crate::node::Recorded;
use crate::ops::{Adjoints, Inputs};
use crate::tape::Recording;

/// Accumulates the adjoints of everything below `root`, with `seed` as the adjoint of `root`.
///
/// States are undone update by update on the way, so that every read finds the weights of its own
/// time; they end at their first value.
pub(crate) fn sweep<T: Scalar>(rec: &mut Recording<T>, root: usize, seed: &[T]) {
    prepare(rec);
    rec.states.begin_sweep();
    if rec.nodes[root].needs_gradient {
        rec.adjoints
            .accumulator(root, seed.len())
            .copy_from_slice(seed);
    }
    descend(rec);
    rec.states.end_sweep(&rec.supports);
}

/// Sweeps one segment of a longer recording, with the adjoints of the nodes that later segments
/// read as `seeds`.
///
/// The states' adjoints go on from where the segment after this one left them, unless this is the
/// `last` segment in time. What waits to be added to them is added: its rows may be named by
/// supports of this recording.
pub(crate) fn sweep_segment<T: Scalar>(
    rec: &mut Recording<T>,
    seeds: &[(usize, &[T])],
    last: bool,
) {
    prepare(rec);
    rec.states.touch_all();
    if last {
        rec.states.begin_sweep();
    }
    for &(id, seed) in seeds {
        if rec.nodes[id].needs_gradient {
            let into = rec.adjoints.accumulator(id, seed.len());
            for (into, &seed) in into.iter_mut().zip(seed) {
                *into += seed;
            }
        }
    }
    descend(rec);
    rec.states.end_sweep(&rec.supports);
}

fn prepare<T: Scalar>(rec: &mut Recording<T>) {
    assert!(
        !rec.rewound,
        "backward: this tape was swept already and its states are rewound; reset it and record again"
    );
    rec.sweeps = rec.sweeps.wrapping_add(1);
    rec.adjoints.prepare(rec.nodes.len());
}

fn descend<T: Scalar>(rec: &mut Recording<T>) {
    for id in (0..rec.nodes.len()).rev() {
        let node = &rec.nodes[id];
        let operands = &rec.operands[node.operand_range()];
        if let Recorded::State(op) = node.op {
            rec.states.reverse(
                op,
                id,
                &Inputs::new(&rec.nodes, &rec.values, operands),
                &rec.values[node.value_range()],
                node.support,
                &rec.supports,
                &mut rec.adjoints,
            );
            continue;
        }
        let Some(behaviour) = node.op.behaviour() else {
            continue;
        };
        let Some(adjoint) = rec.adjoints.take(id) else {
            continue;
        };
        behaviour.vjp(
            &Inputs::new(&rec.nodes, &rec.values, operands),
            &rec.values[node.value_range()],
            &adjoint,
            &mut Adjoints::new(&rec.nodes, &mut rec.adjoints, operands),
        );
        rec.adjoints.put_back(id, adjoint, node.retained);
    }
    rec.rewound = rec.states.any_rewound();
}
