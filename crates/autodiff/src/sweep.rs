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
    assert!(
        !rec.rewound,
        "backward: this tape was swept already and its states are rewound; reset it and record again"
    );
    rec.sweeps = rec.sweeps.wrapping_add(1);
    rec.adjoints.prepare(rec.nodes.len());
    rec.states.begin_sweep();
    if rec.nodes[root].needs_gradient {
        rec.adjoints
            .accumulator(root, seed.len())
            .copy_from_slice(seed);
    }
    for id in (0..rec.nodes.len()).rev() {
        let node = &rec.nodes[id];
        let operands = &rec.operands[node.operand_range()];
        if let Recorded::State(op) = node.op {
            rec.states.reverse(
                op,
                id,
                &Inputs::new(&rec.nodes, &rec.values, operands),
                &mut rec.adjoints,
                operands,
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
    rec.states.end_sweep();
    rec.rewound = rec.states.any_rewound();
}
