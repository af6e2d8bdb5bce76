//! What a tape remembers.

use metaplast_tensor::Scalar;

use crate::adjoint::AdjointPool;
use crate::node::Node;
use crate::state::StateArena;
use crate::support::Supports;
use crate::tape::Mark;

/// Everything a tape remembers: the nodes, their values, the states and the adjoints of the last sweep.
pub(crate) struct Recording<T: Scalar> {
    pub(crate) nodes: Vec<Node<T>>,
    pub(crate) operands: Vec<u32>,
    pub(crate) values: Vec<T>,
    pub(crate) states: StateArena<T>,
    pub(crate) supports: Supports,
    pub(crate) adjoints: AdjointPool<T>,
    /// Raised by every reset and cut, so that handles from before are recognised.
    pub(crate) generation: u32,
    /// Raised by every reset only.
    pub(crate) resets: u32,
    /// Raised by every sweep, so that gradients of an earlier one are recognised.
    pub(crate) sweeps: u32,
    /// A sweep has passed and rewound the states; only a reset makes the tape usable again.
    pub(crate) rewound: bool,
}

/// Makes room for `more` elements. A long recording does not grow by doubling, which could leave
/// half of its memory unused; moving large buffers costs the system little.
pub(crate) fn make_room<E>(list: &mut Vec<E>, more: usize) {
    const DOUBLING: usize = 1 << 16;
    if list.capacity() - list.len() < more && list.capacity() > DOUBLING {
        list.reserve_exact(more.max(list.capacity() / 8));
    }
}

impl<T: Scalar> Recording<T> {
    /// Appends `len` zeros to the values and returns where they start.
    pub(crate) fn zeros(&mut self, len: usize) -> usize {
        let start = self.values.len();
        make_room(&mut self.values, len);
        self.values.resize(start + len, T::ZERO);
        start
    }

    /// Panics unless everything before `mark` still stands.
    #[track_caller]
    pub(crate) fn check(&self, mark: Mark) {
        // Within one generation nodes and states are only ever added, so place and stamp tell one.
        let last_node = mark.nodes.checked_sub(1);
        let last_node = last_node.and_then(|place| self.nodes.get(place));
        assert!(
            self.resets == mark.resets
                && self.nodes.len() >= mark.nodes
                && last_node.map(|node| node.stamp) == mark.last_node
                && self.states.stamp_before(mark.states) == mark.last_state,
            "tape: this mark belongs to a recording that was reset or cut back further"
        );
    }
}
