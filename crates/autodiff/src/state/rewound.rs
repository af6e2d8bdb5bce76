//! The first value of a state, after a sweep.

use metaplast_tensor::Scalar;

use super::ops::StateOp;
use super::reverse::undo;
use super::scratch::Scratch;
use crate::node::Recorded;
use crate::ops::Inputs;
use crate::recording::Recording;

impl<T: Scalar> Recording<T> {
    /// The value that a sweep has rewound a state to. Rows that the sweep left alone are rewound
    /// now, in a copy.
    #[track_caller]
    pub(super) fn rewound_value(&self, state: usize) -> Vec<T> {
        let buffer = self.states.rewound(state);
        let left_alone: Vec<bool> = match buffer.touched.awake() {
            _ if !buffer.touched.values => vec![true; buffer.rows],
            Some(awake) => awake.iter().map(|awake| !awake).collect(),
            None => return buffer.value.to_vec(),
        };
        let (mut value, mut scratch) = (buffer.value.clone(), Scratch::new());
        for node in self.nodes.iter().rev() {
            let Recorded::State(StateOp::Update {
                state: of,
                version,
                form,
                ..
            }) = node.op
            else {
                continue;
            };
            if of as usize == state && version <= buffer.untouched_version {
                let operands = &self.operands[node.operand_range()];
                let inputs = Inputs::new(&self.nodes, &self.values, operands);
                let projected = &self.values[node.value_range()];
                let rows = (&mut value, Some(&left_alone[..]));
                undo(form, &inputs, projected, &self.supports, rows, &mut scratch);
            }
        }
        value.to_vec()
    }
}
