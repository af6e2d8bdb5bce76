//! Nodes: where each recorded value stands, how it is shaped and what it was computed from.
//!
//! A recording of an episode has tens of thousands of them, so a node is kept small: shapes, of
//! which a recording has few different ones, patterns and generations stand in lists of their own,
//! and the operations beside the nodes (see `recording.rs`). Nothing here knows an operation or a
//! number type.

mod memory;
mod node;
#[cfg(test)]
mod tests;

use std::ops::Range;

use metaplast_tensor::Shape;

use self::node::{FLAGS, NEEDS_GRADIENT, Node, PATTERNED};
use crate::lists::make_room;

/// What [`Nodes::push`] is told of a new node.
pub(crate) struct NewNode<'a> {
    pub(crate) operands: &'a [u32],
    /// First element of its value in the tape's buffer.
    pub(crate) start: usize,
    /// Number of the value's elements.
    pub(crate) len: usize,
    pub(crate) shape: Shape,
    /// Sparsity pattern, in the recording's `Patterns`, or [`DENSE`].
    pub(crate) pattern: u32,
    /// Generation of the recording in which it is made.
    pub(crate) stamp: u32,
    pub(crate) needs_gradient: bool,
}

/// The nodes of a recording in order of creation, with their operands and shapes.
#[derive(Default)]
pub(crate) struct Nodes {
    list: Vec<Node>,
    operands: Vec<u32>,
    shapes: Vec<Shape>,
    /// Places of shapes, with the patterns of values that have one.
    patterned: Vec<(u32, u32)>,
    /// Nodes that were given their pattern when they were no longer the last.
    patterned_late: Vec<u32>,
    /// First nodes of the generations, which ascend.
    generations: Vec<(u32, u32)>,
}

/// The lengths of the lists at some time, to which [`Nodes::truncate`] goes back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) nodes: usize,
    pub(crate) operands: usize,
    patterned: usize,
}

/// The pattern of a value whose elements may all be other than zero.
pub(crate) const DENSE: u32 = u32::MAX;

impl Nodes {
    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Number of operands of all nodes together.
    pub(crate) fn operand_count(&self) -> usize {
        self.operands.len()
    }

    /// The lengths of the lists now.
    pub(crate) fn extent(&self) -> Extent {
        Extent {
            nodes: self.list.len(),
            operands: self.operands.len(),
            patterned: self.patterned.len(),
        }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Node> {
        self.list.iter()
    }

    pub(crate) fn get_mut(&mut self, id: usize) -> &mut Node {
        &mut self.list[id]
    }

    #[inline]
    pub(crate) fn shape(&self, id: usize) -> &Shape {
        &self.shapes[self.shape_place(id)]
    }

    #[inline]
    fn shape_place(&self, id: usize) -> usize {
        let node = &self.list[id];
        match node.layout & PATTERNED {
            0 => node.place(),
            _ => self.patterned[node.place()].0 as usize,
        }
    }

    /// Sparsity pattern of the value.
    pub(crate) fn pattern(&self, id: usize) -> u32 {
        let node = &self.list[id];
        match node.layout & PATTERNED {
            0 => DENSE,
            _ => self.patterned[node.place()].1,
        }
    }

    /// Gives a value that has none a sparsity pattern.
    pub(crate) fn set_pattern(&mut self, id: usize, pattern: u32) {
        let place = self.patterned_place(self.shape_place(id) as u32, pattern);
        let flags = self.list[id].layout & FLAGS;
        self.list[id].layout = flags | PATTERNED | place;
        if id + 1 < self.list.len() {
            self.patterned_late.push(id as u32);
        }
    }

    /// Generation of the recording in which a node was made; `None` where there is no such node.
    pub(crate) fn stamp(&self, id: usize) -> Option<u32> {
        if id >= self.list.len() {
            return None;
        }
        // Most are of the last.
        if let Some(&(first, stamp)) = self.generations.last()
            && first as usize <= id
        {
            return Some(stamp);
        }
        let after = self
            .generations
            .partition_point(|&(first, _)| first as usize <= id);
        Some(self.generations[after - 1].1)
    }

    /// Where a node's value stands.
    #[inline]
    pub(crate) fn value_range(&self, id: usize) -> Range<usize> {
        let start = self.list[id].start();
        start..start + self.value_len(id)
    }

    /// Number of elements of a node's value.
    #[inline]
    pub(crate) fn value_len(&self, id: usize) -> usize {
        match self.list[id].len() {
            Some(len) => len,
            None => self.long_value_len(id),
        }
    }

    #[cold]
    fn long_value_len(&self, id: usize) -> usize {
        self.shape(id).len()
    }

    /// The nodes from which a node was computed.
    pub(crate) fn operands(&self, id: usize) -> &[u32] {
        let next = self.list.get(id + 1);
        let end = next.map_or(self.operands.len(), |next| next.operands as usize);
        &self.operands[self.list[id].operands as usize..end]
    }

    /// The nodes from the last to the first, with their places and operands.
    pub(crate) fn descending(&self) -> impl Iterator<Item = (usize, &Node, &[u32])> {
        let mut end = self.operands.len();
        self.list.iter().enumerate().rev().map(move |(id, node)| {
            let start = node.operands as usize;
            let operands = &self.operands[start..end];
            end = start;
            (id, node, operands)
        })
    }

    /// The operands of all nodes.
    pub(crate) fn all_operands(&self) -> &[u32] {
        &self.operands
    }

    /// Appends a node and returns its place.
    #[inline]
    pub(crate) fn push(&mut self, new: NewNode<'_>) -> u32 {
        let id = u32::try_from(self.list.len()).expect("tape: more than 2³² nodes");
        let first = u32::try_from(self.operands.len()).expect("tape: more than 2³² operands");
        make_room(&mut self.operands, new.operands.len());
        for &operand in new.operands {
            self.operands.push(operand);
        }
        let mut layout = self.place_of(&new.shape, new.operands);
        if new.pattern != DENSE {
            layout = PATTERNED | self.patterned_place(layout, new.pattern);
        }
        if new.needs_gradient {
            layout |= NEEDS_GRADIENT;
        }
        if self
            .generations
            .last()
            .is_none_or(|last| last.1 != new.stamp)
        {
            self.generations.push((id, new.stamp));
        }
        make_room(&mut self.list, 1);
        self.list.push(Node::new(new.start, new.len, first, layout));
        id
    }

    /// The place of the shape of a result in the list of shapes, into which it is put where it is new.
    #[inline]
    fn place_of(&mut self, shape: &Shape, operands: &[u32]) -> u32 {
        // Most results are shaped like their first operand, or like the result before.
        let before = self.list.len().checked_sub(1);
        for id in operands
            .first()
            .map(|&id| id as usize)
            .into_iter()
            .chain(before)
        {
            let place = self.shape_place(id);
            if self.shapes[place] == *shape {
                return place as u32;
            }
        }
        self.search(shape)
    }

    #[inline(never)]
    fn search(&mut self, shape: &Shape) -> u32 {
        /// So many shapes are looked at; a recording with more different ones keeps some twice.
        const MOST: usize = 32;
        let known = self.shapes.iter().rev().take(MOST);
        let known = known.enumerate().find(|(_, known)| *known == shape);
        let place = match known {
            Some((back, _)) => self.shapes.len() - 1 - back,
            None => {
                self.shapes.push(shape.clone());
                self.shapes.len() - 1
            }
        };
        assert!(place < PATTERNED as usize, "tape: more than 2²⁹ shapes");
        place as u32
    }

    /// The place of a shape with a pattern, which is put into the list where it is new.
    fn patterned_place(&mut self, shape: u32, pattern: u32) -> u32 {
        /// The results of an operation on a vector come soon after it.
        const MOST: usize = 4;
        let known = self.patterned.iter().rev().take(MOST);
        let known = known
            .enumerate()
            .find(|(_, known)| **known == (shape, pattern));
        let place = match known {
            Some((back, _)) => self.patterned.len() - 1 - back,
            None => {
                make_room(&mut self.patterned, 1);
                self.patterned.push((shape, pattern));
                self.patterned.len() - 1
            }
        };
        assert!(
            place < PATTERNED as usize,
            "tape: more than 2²⁹ sparse vectors"
        );
        place as u32
    }

    /// Forgets everything made since the lists had these lengths.
    pub(crate) fn truncate(&mut self, extent: Extent) {
        self.list.truncate(extent.nodes);
        self.operands.truncate(extent.operands);
        for k in (0..self.patterned_late.len()).rev() {
            let id = self.patterned_late[k] as usize;
            if id >= extent.nodes {
                self.patterned_late.swap_remove(k);
            } else if self.list[id].place() >= extent.patterned {
                // Its pattern is forgotten: any element may be other than zero.
                let (flags, shape) = (self.list[id].layout & FLAGS, self.shape_place(id));
                self.list[id].layout = (flags & !PATTERNED) | shape as u32;
                self.patterned_late.swap_remove(k);
            }
        }
        self.patterned.truncate(extent.patterned);
        while self
            .generations
            .last()
            .is_some_and(|last| last.0 as usize >= extent.nodes)
        {
            self.generations.pop();
        }
        if extent.nodes == 0 {
            self.shapes.clear();
        }
    }
}

impl std::ops::Index<usize> for Nodes {
    type Output = Node;

    fn index(&self, id: usize) -> &Node {
        &self.list[id]
    }
}
