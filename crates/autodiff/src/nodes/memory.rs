//! Memory of the lists of nodes: room for what is to come, and bytes held.

use metaplast_tensor::Shape;

use super::Nodes;
use super::node::Node;

impl Nodes {
    /// Makes room for so many in all, and gives back what is beyond it where `exactly`.
    pub(crate) fn reserve(&mut self, nodes: usize, operands: usize, exactly: bool) {
        if exactly {
            self.list.shrink_to(nodes);
            self.operands.shrink_to(operands);
        }
        self.list
            .reserve_exact(nodes.saturating_sub(self.list.len()));
        let more = operands.saturating_sub(self.operands.len());
        self.operands.reserve_exact(more);
    }

    /// How many nodes and operands have room beside those that are there.
    pub(crate) fn room(&self) -> [usize; 2] {
        [
            self.list.capacity() - self.list.len(),
            self.operands.capacity() - self.operands.len(),
        ]
    }

    /// Bytes of so many nodes and operands.
    pub(crate) fn bytes_of(nodes: usize, operands: usize) -> usize {
        nodes * size_of::<Node>() + operands * size_of::<u32>()
    }

    /// Bytes of the lists of shapes, patterns and generations, as allocated.
    pub(crate) fn list_bytes(&self) -> usize {
        let pairs = self.patterned.capacity() + self.generations.capacity();
        self.shapes.capacity() * size_of::<Shape>()
            + pairs * size_of::<(u32, u32)>()
            + self.patterned_late.capacity() * size_of::<u32>()
    }

    /// Bytes held, as allocated.
    pub(crate) fn bytes(&self) -> usize {
        Self::bytes_of(self.list.capacity(), self.operands.capacity()) + self.list_bytes()
    }
}
