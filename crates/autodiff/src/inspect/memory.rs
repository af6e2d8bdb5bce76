//! Bytes that a tape holds.

use metaplast_tensor::Scalar;

use crate::recording::{Recorded, Recording};
use crate::tape::Tape;

/// Bytes that a tape holds; see [`Tape::memory`].
///
/// [`Tape::memory`] and [`Tape::estimate`] make one, with examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TapeMemory {
    /// Nodes recorded now.
    pub nodes: usize,
    /// Bytes of the nodes, their operand lists and sparsity patterns, as allocated.
    pub node_bytes: usize,
    /// Bytes of recorded values, as allocated.
    pub value_bytes: usize,
    /// Bytes of states: values, adjoints, pending contributions and snapshots.
    pub state_bytes: usize,
    /// Bytes of adjoint buffers, which a sweep shares among nodes.
    pub adjoint_bytes: usize,
}

impl TapeMemory {
    /// The sum of all parts, in bytes.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.scalar(1.0);
    /// let held = tape.memory();
    /// assert_eq!(held.total(), held.node_bytes + held.value_bytes);
    /// ```
    #[must_use]
    pub fn total(&self) -> usize {
        self.node_bytes + self.value_bytes + self.state_bytes + self.adjoint_bytes
    }
}

impl<T: Scalar> Tape<T> {
    /// Bytes held now, by part.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.var(&Tensor::zeros([1000]));
    /// let first = tape.memory();
    /// assert!(first.value_bytes >= 8000);
    /// tape.reset();
    /// tape.var(&Tensor::zeros([1000]));
    /// assert_eq!(tape.memory(), first);
    /// ```
    #[must_use]
    pub fn memory(&self) -> TapeMemory {
        self.recording.borrow().memory()
    }
}

impl<T: Scalar> Recording<T> {
    /// [`Tape::memory`].
    pub(crate) fn memory(&self) -> TapeMemory {
        TapeMemory {
            nodes: self.nodes.len(),
            node_bytes: self.nodes.bytes()
                + self.ops.capacity() * size_of::<Recorded<T>>()
                + self.patterns.bytes(),
            value_bytes: self.values.capacity() * size_of::<T>(),
            state_bytes: self.states.bytes(),
            adjoint_bytes: self.adjoints.bytes(),
        }
    }
}
