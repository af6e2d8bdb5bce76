//! Adjoint buffers, shared among the nodes of a sweep.
//!
//! A node's adjoint lives from its first use in the sweep (its last reader) to its own turn, so a
//! few buffers serve a recording of any length. Buffers are filed by the power of two that holds
//! them, and come back as they were left: who adds to one first makes it zero, best part by part
//! while it is in cache.

use std::ops::Range;

use metaplast_tensor::Scalar;

use crate::values::clear;

const NONE: u32 = u32::MAX;

pub(crate) struct AdjointPool<T> {
    /// For each node its buffer, or `NONE`.
    slot: Vec<u32>,
    buffers: Vec<Vec<T>>,
    /// Unused buffers by binary order of their capacity.
    free: Vec<Vec<u32>>,
    /// For what is computed on the way to an adjoint.
    scratch: Vec<T>,
}

/// An adjoint, to be added to.
pub(crate) struct AdjointSum<'a, T> {
    into: &'a mut [T],
    /// Nothing has been added yet, and what stands there is left over.
    fresh: bool,
}

impl<T: Scalar> AdjointSum<'_, T> {
    /// Calls `add` for neighbouring parts of the adjoint, with their places. A part that nothing has
    /// been added to is made zero just before, so that it need not come from memory twice.
    pub(crate) fn in_parts(self, mut add: impl FnMut(Range<usize>, &mut [T])) {
        /// Elements that fit in the fastest cache, beside as many of a few operands.
        const PART: usize = 1024;
        if !self.fresh {
            return add(0..self.into.len(), self.into);
        }
        let mut start = 0;
        for part in self.into.chunks_mut(PART) {
            clear(part);
            add(start..start + part.len(), part);
            start += part.len();
        }
    }
}

/// The binary order under which a buffer of `len` elements is filed.
pub(crate) fn order(len: usize) -> usize {
    len.max(1).next_power_of_two().trailing_zeros() as usize
}

impl<T: Scalar> AdjointPool<T> {
    pub(crate) fn new() -> Self {
        AdjointPool {
            slot: Vec::new(),
            buffers: Vec::new(),
            free: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Gives all buffers back; no node has an adjoint afterwards.
    pub(crate) fn clear(&mut self) {
        for slot in 0..self.slot.len() {
            self.release(slot);
        }
        self.slot.clear();
    }

    /// Makes the pool ready for a sweep over `nodes` nodes.
    pub(crate) fn prepare(&mut self, nodes: usize) {
        self.clear();
        self.slot.resize(nodes, NONE);
    }

    /// The adjoint of `node`, made of zeros where it has none yet.
    pub(crate) fn accumulator(&mut self, node: usize, len: usize) -> &mut [T] {
        let AdjointSum { into, fresh } = self.sum(node, len);
        if fresh {
            clear(into);
        }
        into
    }

    /// The adjoint of `node`.
    #[inline]
    pub(crate) fn sum(&mut self, node: usize, len: usize) -> AdjointSum<'_, T> {
        let fresh = self.slot[node] == NONE;
        if fresh {
            self.slot[node] = self.acquire(len);
        }
        let into = &mut self.buffers[self.slot[node] as usize];
        AdjointSum { into, fresh }
    }

    /// Lends numbers, which may be any, beside the pool.
    pub(crate) fn with_scratch<R>(
        &mut self,
        len: usize,
        work: impl FnOnce(&mut [T], &mut Self) -> R,
    ) -> R {
        let mut scratch = std::mem::take(&mut self.scratch);
        if scratch.len() < len {
            scratch.resize(len, T::ZERO);
        }
        let result = work(&mut scratch[..len], self);
        self.scratch = scratch;
        result
    }

    /// The adjoint of `node`, if anything has contributed to it.
    pub(crate) fn get(&self, node: usize) -> Option<&[T]> {
        match self.slot.get(node) {
            None | Some(&NONE) => None,
            Some(&slot) => Some(&self.buffers[slot as usize]),
        }
    }

    /// Moves the adjoint of `node` out, so that others can be written while it is read.
    pub(crate) fn take(&mut self, node: usize) -> Option<Vec<T>> {
        match self.slot[node] {
            NONE => None,
            slot => Some(std::mem::take(&mut self.buffers[slot as usize])),
        }
    }

    /// Puts back what [`take`](Self::take) moved out, and frees it unless it is to be kept.
    pub(crate) fn put_back(&mut self, node: usize, adjoint: Vec<T>, keep: bool) {
        self.buffers[self.slot[node] as usize] = adjoint;
        if !keep {
            self.release(node);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(Vec::capacity).sum();
        let buffers = buffers + self.scratch.capacity();
        buffers * size_of::<T>() + self.slot.capacity() * size_of::<u32>()
    }

    fn acquire(&mut self, len: usize) -> u32 {
        let order = order(len);
        let free = self.free.get_mut(order).and_then(Vec::pop);
        let slot = free.unwrap_or_else(|| {
            self.buffers.push(Vec::with_capacity(1 << order));
            (self.buffers.len() - 1) as u32
        });
        let buffer = &mut self.buffers[slot as usize];
        if buffer.len() != len {
            buffer.resize(len, T::ZERO);
        }
        slot
    }

    fn release(&mut self, node: usize) {
        let slot = std::mem::replace(&mut self.slot[node], NONE);
        if slot == NONE {
            return;
        }
        let order = order(self.buffers[slot as usize].len());
        if self.free.len() <= order {
            self.free.resize_with(order + 1, Vec::new);
        }
        self.free[order].push(slot);
    }
}
