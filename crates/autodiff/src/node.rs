//! Nodes: where each recorded value stands, how it is shaped and what it was computed from.
//!
//! A recording of an episode has tens of thousands of them, so a node is kept small: shapes, of
//! which a recording has few different ones, stand in a list of their own, and the operations
//! beside the nodes (see `recording.rs`). Nothing here knows an operation or a number type.

use std::ops::Range;

use metaplast_tensor::Shape;
use smallvec::SmallVec;

use crate::lists::make_room;

/// A value on the tape: where it stands and whether anything differentiable is in it.
pub(crate) struct Node {
    /// First element in the tape's value buffer; the value of the next node follows.
    start: usize,
    /// First place in the list of operands; those of the next node follow.
    operands: u32,
    /// Place in the list of shapes, and two flags.
    shape: u32,
    /// Sparsity pattern of the value, in the recording's `Patterns`.
    pub(crate) pattern: u32,
    /// Generation of the recording in which the node was made.
    pub(crate) stamp: u32,
}

const NEEDS_GRADIENT: u32 = 1 << 31;
const RETAINED: u32 = 1 << 30;

// A sweep walks all of them.
const _: () = assert!(size_of::<Node>() == 24);

impl Node {
    /// Whether anything differentiable is in the value.
    pub(crate) fn needs_gradient(&self) -> bool {
        self.shape & NEEDS_GRADIENT != 0
    }

    /// Whether the adjoint is kept after the sweep although the node is not a leaf.
    pub(crate) fn is_retained(&self) -> bool {
        self.shape & RETAINED != 0
    }

    /// Keeps the adjoint after the sweep.
    pub(crate) fn retain(&mut self) {
        self.shape |= RETAINED;
    }
}

/// What [`Nodes::push`] is told of a new node.
pub(crate) struct NewNode<'a> {
    pub(crate) operands: &'a [u32],
    /// First element of its value, which follows that of the last node.
    pub(crate) start: usize,
    pub(crate) shape: Shape,
    pub(crate) pattern: u32,
    pub(crate) stamp: u32,
    pub(crate) needs_gradient: bool,
}

/// The nodes of a recording in order of creation, with their operands and shapes.
#[derive(Default)]
pub(crate) struct Nodes {
    list: Vec<Node>,
    operands: Vec<u32>,
    shapes: Vec<Shape>,
}

impl Nodes {
    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Number of operands of all nodes together.
    pub(crate) fn operand_count(&self) -> usize {
        self.operands.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Node> {
        self.list.iter()
    }

    pub(crate) fn get(&self, id: usize) -> Option<&Node> {
        self.list.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: usize) -> &mut Node {
        &mut self.list[id]
    }

    pub(crate) fn shape(&self, id: usize) -> &Shape {
        let place = self.list[id].shape & !(NEEDS_GRADIENT | RETAINED);
        &self.shapes[place as usize]
    }

    /// Where a node's value stands.
    pub(crate) fn value_range(&self, id: usize) -> Range<usize> {
        let start = self.list[id].start;
        let end = match self.list.get(id + 1) {
            Some(next) => next.start,
            None => start + self.shape(id).len(),
        };
        start..end
    }

    /// Calls `f` with the shapes of these nodes.
    pub(crate) fn with_shapes<R>(&self, ids: &[u32], f: impl FnOnce(&[&Shape]) -> R) -> R {
        let shapes: SmallVec<[&Shape; 6]> = ids.iter().map(|&id| self.shape(id as usize)).collect();
        f(&shapes)
    }

    /// The nodes from which a node was computed.
    pub(crate) fn operands(&self, id: usize) -> &[u32] {
        let next = self.list.get(id + 1);
        let end = next.map_or(self.operands.len(), |next| next.operands as usize);
        &self.operands[self.list[id].operands as usize..end]
    }

    /// The operands of all nodes.
    pub(crate) fn all_operands(&self) -> &[u32] {
        &self.operands
    }

    /// Appends a node and returns its place.
    pub(crate) fn push(&mut self, new: NewNode<'_>) -> u32 {
        let id = u32::try_from(self.list.len()).expect("tape: more than 2³² nodes");
        let first = u32::try_from(self.operands.len()).expect("tape: more than 2³² operands");
        make_room(&mut self.operands, new.operands.len());
        self.operands.extend_from_slice(new.operands);
        let mut shape = self.place_of(new.shape);
        if new.needs_gradient {
            shape |= NEEDS_GRADIENT;
        }
        make_room(&mut self.list, 1);
        self.list.push(Node {
            start: new.start,
            operands: first,
            shape,
            pattern: new.pattern,
            stamp: new.stamp,
        });
        id
    }

    /// The place of a shape in the list of shapes, into which it is put where it is new.
    fn place_of(&mut self, shape: Shape) -> u32 {
        /// So many shapes are looked at; a recording with more different ones keeps some twice.
        const MOST: usize = 32;
        let known = self.shapes.iter().rev().take(MOST);
        let known = known.enumerate().find(|(_, known)| **known == shape);
        let place = match known {
            Some((back, _)) => self.shapes.len() - 1 - back,
            None => {
                self.shapes.push(shape);
                self.shapes.len() - 1
            }
        };
        assert!(place < RETAINED as usize, "tape: more than 2³⁰ shapes");
        place as u32
    }

    /// Forgets the nodes after the first `nodes`, with all but the first `operands` operands.
    pub(crate) fn truncate(&mut self, nodes: usize, operands: usize) {
        self.list.truncate(nodes);
        self.operands.truncate(operands);
        if nodes == 0 {
            self.shapes.clear();
        }
    }

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

    /// Bytes of so many nodes and operands.
    pub(crate) fn bytes_of(nodes: usize, operands: usize) -> usize {
        nodes * size_of::<Node>() + operands * size_of::<u32>()
    }

    /// Bytes of the list of shapes, as allocated.
    pub(crate) fn shape_bytes(&self) -> usize {
        self.shapes.capacity() * size_of::<Shape>()
    }

    /// Bytes held, as allocated.
    pub(crate) fn bytes(&self) -> usize {
        Self::bytes_of(self.list.capacity(), self.operands.capacity()) + self.shape_bytes()
    }
}

impl std::ops::Index<usize> for Nodes {
    type Output = Node;

    fn index(&self, id: usize) -> &Node {
        &self.list[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own_operands_and_shape() {
        let mut nodes = Nodes::default();
        let mut start = 0;
        for k in 0..100usize {
            let operands: Vec<u32> = (0..k as u32 % 3).collect();
            let id = nodes.push(NewNode {
                operands: &operands,
                start,
                shape: Shape::from([k % 50]),
                pattern: 0,
                stamp: 1,
                needs_gradient: k % 2 == 0,
            });
            assert_eq!(id as usize, k);
            start += k % 50;
        }
        for k in 0..100 {
            assert_eq!(nodes.operands(k).len(), k % 3);
            assert_eq!(nodes.shape(k).dims(), [k % 50]);
            assert_eq!(nodes.value_range(k).len(), k % 50);
            assert_eq!(nodes[k].needs_gradient(), k % 2 == 0);
        }
    }

    #[test]
    fn equal_shapes_are_kept_once() {
        let mut nodes = Nodes::default();
        for k in 0..1000 {
            nodes.push(NewNode {
                operands: &[],
                start: 0,
                shape: Shape::from([k % 7, 2]),
                pattern: 0,
                stamp: 0,
                needs_gradient: false,
            });
        }
        assert_eq!(nodes.shapes.len(), 7);
    }
}
