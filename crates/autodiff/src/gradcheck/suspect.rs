//! Suspect: which operation's derivative is wrong.
//!
//! An operation's vjp has to be the transpose of its jvp: `⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩` for any `ȳ`. On a
//! recording of dual numbers `ẋ` and `J ẋ` are there already, so each node can be asked by itself.

use super::directions::Directions;
use super::report::Checked;
use crate::adjoint::AdjointPool;
use crate::op::Adjoints;
use crate::recording::Recording;
use crate::tape::Tape;
use crate::{Dual, Var};

/// The first recorded operation whose two derivatives disagree by more than `tolerance`, relative
/// to the terms of the products, with its node and its operands' shapes.
#[cfg_attr(not(debug_assertions), inline)]
pub(super) fn suspect(root: Var<'_, Checked>, tolerance: f64) -> Option<String> {
    let tape: &Tape<Checked> = root.tape();
    let rec = tape.recording.borrow();
    let mut directions = Directions::new();
    let mut pool = AdjointPool::new();
    let nodes = 0..rec.nodes.len();
    let wrong = |&node: &usize| disagrees(&rec, node, &mut pool, &mut directions, tolerance);
    let node = { nodes }.find(wrong)?;
    let operands = rec.nodes.operands(node).iter();
    let shapes: Vec<String> = operands
        .map(|&id| rec.nodes.shape(id as usize).to_string())
        .collect();
    let name = rec.ops[node].behaviour()?.name();
    Some(format!("`{name}` of {} at node {node}", shapes.join(", ")))
}

#[cfg_attr(not(debug_assertions), inline)]
fn disagrees(
    rec: &Recording<Checked>,
    id: usize,
    pool: &mut AdjointPool<Checked>,
    directions: &mut Directions,
    tolerance: f64,
) -> bool {
    let node = &rec.nodes[id];
    let op = rec.ops[id].behaviour();
    let Some(op) = op.filter(|_| node.needs_gradient()) else {
        return false;
    };
    let operands = rec.nodes.operands(id);
    let output = rec.value(id);
    let seed: Vec<Checked> = directions
        .take(output.len())
        .into_iter()
        .map(Dual::constant)
        .collect();
    pool.prepare(rec.nodes.len());
    let inputs = rec.inputs(id);
    op.vjp(&inputs, output, &seed, &mut Adjoints::new(&inputs, pool));

    let (mut difference, mut size) = (0.0, 0.0);
    let mut add = |adjoint: &[Checked], values: &[Checked], sign: f64| {
        for (a, x) in adjoint.iter().zip(values) {
            let term = a.value() * x.tangent()[0];
            difference += sign * term;
            size += term.abs();
        }
    };
    add(&seed, output, 1.0);
    for (place, &operand) in operands.iter().enumerate() {
        // An operand that comes twice has one adjoint, with both parts.
        let again = operands[..place].contains(&operand);
        if let Some(adjoint) = pool.get(operand as usize).filter(|_| !again) {
            add(adjoint, rec.value(operand as usize), -1.0);
        }
    }
    difference.is_nan() || difference.abs() > tolerance * size.max(1e-3)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metaplast_tensor::{Scalar, Shape, tensor};

    use super::suspect;
    use crate::gradcheck::{Tolerance, gradcheck};
    use crate::op::{Adjoints, Inputs, Op};
    use crate::{Dual, Tape};

    /// A cosine whose vjp has lost its sign.
    #[derive(Debug)]
    struct Crooked;

    impl<T: Scalar> Op<T> for Crooked {
        fn name(&self) -> &'static str {
            "crooked"
        }

        fn shape(&self, operands: &[&Shape]) -> Shape {
            operands[0].clone()
        }

        fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
            for (y, &x) in output.iter_mut().zip(inputs.value(0)) {
                *y = x.cos();
            }
        }

        fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
            let Some(dx) = adjoints.of(0) else { return };
            for ((dx, &dy), &x) in dx.iter_mut().zip(dy).zip(inputs.value(0)) {
                *dx += x.sin() * dy;
            }
        }
    }

    #[test]
    fn the_wrong_operation_is_named_in_the_middle_of_right_ones() {
        let report = gradcheck(&[tensor![0.3, 1.2]], Tolerance::default(), |x| {
            let y = x[0].exp().tanh();
            (x[0].tape().custom(Arc::new(Crooked), &[y]) * x[0]).sum()
        });
        assert_eq!(
            report.suspect.as_deref(),
            Some("`crooked` of [2] at node 3")
        );
        let text = report.to_string();
        assert!(text.contains("FAILED in `crooked` of [2]"), "{text}");
    }

    #[test]
    fn right_operations_are_not_suspected() {
        let tape = Tape::new();
        let x = tape.var(&tensor![Dual::new(0.3, [1.0]), Dual::new(1.2, [-0.5])]);
        let y = (x * x).softmax().dot(x.stop_gradient() * 2.0 + x);
        assert_eq!(suspect(y, 1e-12), None);
    }
}
