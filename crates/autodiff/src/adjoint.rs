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
/// Binary orders of lengths.
const ORDERS: usize = usize::BITS as usize + 1;

pub(crate) struct AdjointPool<T> {
    /// For each node its buffer, or `NONE`.
    slot: Vec<u32>,
    buffers: Vec<Vec<T>>,
    /// Unused buffers by binary order of their capacity.
    free: [Vec<u32>; ORDERS],
    /// For what is computed on the way to an adjoint.
    scratch: Vec<T>,
}

/// An adjoint that was moved out of the pool.
pub(crate) struct TakenAdjoint<T> {
    pub(crate) numbers: Vec<T>,
    slot: u32,
}

/// An adjoint, to be added to.
pub(crate) struct AdjointSum<'a, T> {
    into: &'a mut [T],
    /// How many of the numbers are left over from another adjoint: all, where nothing has been added
    /// yet, or none. (A flag would be written as a byte and read as a word, which takes a processor long.)
    left_over: usize,
}

impl<'a, T: Scalar> AdjointSum<'a, T> {
    /// The adjoint, made zero where nothing has been added yet.
    #[inline]
    pub(crate) fn cleared(self) -> &'a mut [T] {
        if self.left_over > 0 {
            clear(self.into);
        }
        self.into
    }

    /// Calls `add` for neighbouring parts of the adjoint, with their places. A part that nothing has
    /// been added to is made zero just before, so that it need not come from memory twice.
    #[inline]
    pub(crate) fn in_parts(self, mut add: impl FnMut(Range<usize>, &mut [T])) {
        /// Elements that fit in the fastest cache, beside as many of a few operands.
        const PART: usize = 1024;
        let len = self.into.len();
        // An adjoint that has been added to is one part.
        let fresh = self.left_over > 0;
        let part = if fresh { PART } else { len };
        let mut start = 0;
        while start < len {
            let end = len.min(start + part);
            let part = &mut self.into[start..end];
            if fresh {
                clear(part);
            }
            add(start..end, part);
            start = end;
        }
    }
}

/// Adjoints that stand one after the other like their values: those of a graph that is swept again and
/// again, and small.
pub(crate) struct AdjointsInPlace<'a, T> {
    /// Those of the values before the one whose turn it is.
    pub(crate) numbers: &'a mut [T],
    /// Which nodes' adjoints have been added to; others are zeros.
    pub(crate) reached: &'a mut [bool],
    pub(crate) scratch: &'a mut Vec<T>,
}

impl<T: Scalar> AdjointsInPlace<'_, T> {
    /// The adjoint of `node`, whose value stands at `place`.
    #[inline(always)]
    pub(crate) fn sum(&mut self, node: usize, place: Range<usize>) -> AdjointSum<'_, T> {
        self.reached[node] = true;
        AdjointSum {
            into: &mut self.numbers[place],
            left_over: 0,
        }
    }
}

/// The first of some numbers, which may be any.
pub(crate) fn first_of<T: Scalar>(numbers: &mut Vec<T>, len: usize) -> &mut [T] {
    if numbers.len() < len {
        numbers.resize(len, T::ZERO);
    }
    &mut numbers[..len]
}

/// The binary order under which a buffer of `len` elements is filed.
#[inline]
pub(crate) fn order(len: usize) -> usize {
    (usize::BITS - len.saturating_sub(1).leading_zeros()) as usize
}

impl<T: Scalar> AdjointPool<T> {
    pub(crate) fn new() -> Self {
        AdjointPool {
            slot: Vec::new(),
            buffers: Vec::new(),
            free: [const { Vec::new() }; ORDERS],
            scratch: Vec::new(),
        }
    }

    /// Gives all buffers back; no node has an adjoint afterwards.
    pub(crate) fn clear(&mut self) {
        let Self {
            slot,
            buffers,
            free,
            ..
        } = self;
        for slot in slot.drain(..).filter(|&slot| slot != NONE) {
            free[order(buffers[slot as usize].len())].push(slot);
        }
    }

    /// Makes the pool ready for a sweep over `nodes` nodes.
    pub(crate) fn prepare(&mut self, nodes: usize) {
        self.clear();
        self.slot.resize(nodes, NONE);
    }

    /// The adjoint of `node`, made of zeros where it has none yet.
    pub(crate) fn accumulator(&mut self, node: usize, len: usize) -> &mut [T] {
        self.sum(node, len).cleared()
    }

    /// The adjoint of `node`.
    #[inline(always)]
    pub(crate) fn sum(&mut self, node: usize, len: usize) -> AdjointSum<'_, T> {
        let fresh = self.slot[node] == NONE;
        if fresh {
            self.slot[node] = self.acquire(len);
        }
        let into = &mut self.buffers[self.slot[node] as usize];
        let left_over = if fresh { len } else { 0 };
        AdjointSum { into, left_over }
    }

    /// Lends numbers, which may be any, beside the pool.
    pub(crate) fn with_scratch<R>(
        &mut self,
        len: usize,
        work: impl FnOnce(&mut [T], &mut Self) -> R,
    ) -> R {
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = work(first_of(&mut scratch, len), self);
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
    #[inline]
    pub(crate) fn take(&mut self, node: usize) -> Option<TakenAdjoint<T>> {
        match self.slot[node] {
            NONE => None,
            slot => Some(TakenAdjoint {
                numbers: std::mem::take(&mut self.buffers[slot as usize]),
                slot,
            }),
        }
    }

    /// Puts back what [`take`](Self::take) moved out of `node`, and frees it unless it is to be kept.
    #[inline]
    pub(crate) fn put_back(&mut self, node: usize, adjoint: TakenAdjoint<T>, keep: bool) {
        let TakenAdjoint { numbers, slot } = adjoint;
        if !keep {
            self.slot[node] = NONE;
            self.free[order(numbers.len())].push(slot);
        }
        self.buffers[slot as usize] = numbers;
    }

    pub(crate) fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(Vec::capacity).sum();
        let buffers = buffers + self.scratch.capacity();
        buffers * size_of::<T>() + self.slot.capacity() * size_of::<u32>()
    }

    #[inline]
    fn acquire(&mut self, len: usize) -> u32 {
        let order = order(len);
        let slot = match self.free[order].pop() {
            Some(slot) => slot,
            None => self.new_buffer(order),
        };
        let buffer = &mut self.buffers[slot as usize];
        if buffer.len() != len {
            buffer.resize(len, T::ZERO);
        }
        slot
    }

    #[cold]
    fn new_buffer(&mut self, order: usize) -> u32 {
        self.buffers.push(Vec::with_capacity(1 << order));
        (self.buffers.len() - 1) as u32
    }
}
