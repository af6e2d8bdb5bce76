//! Sparsity patterns: which elements of a vector may be other than zero, whatever the
//! differentiable inputs are.
//!
//! Most pixels of an image are dark, and what is made of a dark pixel by products is zero as well,
//! for every value of the parameters. Such an element need not be multiplied, and its adjoint is not
//! needed. A pattern is the ascending list of the other elements. Constants get theirs by
//! [`Var::with_sparsity_pattern`](crate::Var::with_sparsity_pattern); operations pass it on as
//! [`Op::sparsity`] says; reads and updates of a [`State`](crate::State) then
//! leave the other rows out.

use std::ops::Range;

use metaplast_tensor::{Scalar, Shape};

use crate::nodes::{DENSE, Nodes};
use crate::op::{Forward, Sparsity};

/// All patterns of a recording, one after the other.
#[derive(Default)]
pub(crate) struct Patterns {
    indices: Vec<u32>,
    ends: Vec<u32>,
}

impl Patterns {
    /// Files the places of `values` that are not zero.
    pub(crate) fn add<T: Scalar>(&mut self, values: &[T]) -> u32 {
        // Every index is written and only counted where it belongs: dark pixels come in no order that a branch
        // could be predicted by.
        let mut list = [0; 256];
        let starts = (0..).step_by(list.len());
        for (first, values) in starts.zip(values.chunks(list.len())) {
            let mut count = 0;
            for (i, x) in (first..).zip(values) {
                list[count] = i;
                count += usize::from(!x.is_zero());
            }
            self.indices.extend_from_slice(&list[..count]);
        }
        self.ends.push(self.indices.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// The indices of one pattern; `None` for [`DENSE`].
    pub(crate) fn get(&self, pattern: u32) -> Option<&[u32]> {
        (pattern != DENSE).then(|| &self.indices[self.range(pattern)])
    }

    fn range(&self, pattern: u32) -> Range<usize> {
        let pattern = pattern as usize;
        let start = pattern.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[pattern] as usize
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        let end = self.ends.last().copied().unwrap_or(0);
        self.indices.truncate(end as usize);
    }

    /// Bytes when what was added after the first `before` patterns has been added `times` times.
    pub(crate) fn bytes_after(&self, before: usize, times: usize) -> usize {
        let start = before
            .checked_sub(1)
            .map_or(0, |last| self.ends[last] as usize);
        let indices = start + (self.indices.len() - start) * times;
        let ends = before + (self.ends.len() - before) * times;
        (indices + ends) * size_of::<u32>()
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.indices.capacity() + self.ends.capacity()) * size_of::<u32>()
    }

    /// The pattern of an operation's result.
    pub(crate) fn inherit<T: Scalar>(
        &self,
        op: &dyn Forward<T>,
        nodes: &Nodes,
        operands: &[u32],
        shape: &Shape,
    ) -> u32 {
        let operands = operands.iter().map(|&id| id as usize);
        // Most operations have only dense operands.
        if self.ends.is_empty() || operands.clone().all(|id| nodes.pattern(id) == DENSE) {
            return DENSE;
        }
        let mut patterns = operands
            .filter(|&id| nodes.shape(id) == shape)
            .map(|id| nodes.pattern(id));
        match op.sparsity() {
            Sparsity::Dense => DENSE,
            Sparsity::Product => patterns.find(|&pattern| pattern != DENSE).unwrap_or(DENSE),
            Sparsity::Sum => {
                let first = patterns.next().unwrap_or(DENSE);
                // Different patterns would have to be united; it has not been needed.
                if patterns.all(|pattern| pattern == first) {
                    first
                } else {
                    DENSE
                }
            }
        }
    }
}
