//! Known zeros: elements that are zero whatever the differentiable inputs are.
//!
//! Most pixels of an image are dark, and what is made of a dark pixel by products is zero as well,
//! for every value of the parameters. An element that is known to be zero need not be multiplied,
//! and nobody wants its adjoint. The *support* of a vector is the ascending list of its other
//! elements. Constants get theirs by [`Var::with_known_zeros`](crate::Var::with_known_zeros);
//! operations pass it on as [`Op::zeros`](crate::Op::zeros) says; reads and updates of a
//! [`State`](crate::State) then leave the other rows out.

use std::ops::Range;

use metaplast_tensor::{Scalar, Shape};

use crate::node::Node;
use crate::ops::{Op, Zeros};

/// The support of a node of which no zeros are known.
pub(crate) const EVERYWHERE: u32 = u32::MAX;

/// All supports of a recording, one after the other.
#[derive(Default)]
pub(crate) struct Supports {
    indices: Vec<u32>,
    ends: Vec<u32>,
}

impl Supports {
    /// Files the places of `values` that are not zero.
    pub(crate) fn add<T: Scalar>(&mut self, values: &[T]) -> u32 {
        let nonzero = (0..).zip(values).filter(|(_, x)| !x.is_zero());
        self.indices.extend(nonzero.map(|(i, _)| i));
        self.ends.push(self.indices.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// The indices of one support; `None` for [`EVERYWHERE`].
    pub(crate) fn get(&self, support: u32) -> Option<&[u32]> {
        (support != EVERYWHERE).then(|| &self.indices[self.range(support)])
    }

    fn range(&self, support: u32) -> Range<usize> {
        let support = support as usize;
        let start = support.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[support] as usize
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        let end = self.ends.last().copied().unwrap_or(0);
        self.indices.truncate(end as usize);
    }

    /// Bytes when what was added after the first `before` supports has been added `times` times.
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

    /// The support of an operation's result.
    pub(crate) fn inherit<T: Scalar>(
        &self,
        op: &dyn Op<T>,
        nodes: &[Node<T>],
        operands: &[u32],
        shape: &Shape,
    ) -> u32 {
        let mut operands = operands.iter().map(|&id| &nodes[id as usize]);
        // No operand of most operations has known zeros.
        if self.ends.is_empty() || operands.clone().all(|node| node.support == EVERYWHERE) {
            return EVERYWHERE;
        }
        let mut supports = operands
            .by_ref()
            .filter(|node| node.shape == *shape)
            .map(|node| node.support);
        match op.zeros() {
            Zeros::Unknown => EVERYWHERE,
            Zeros::WhereAny => supports
                .find(|&support| support != EVERYWHERE)
                .unwrap_or(EVERYWHERE),
            Zeros::WhereAll => {
                let first = supports.next().unwrap_or(EVERYWHERE);
                // Different supports would have to be united; it has not been needed.
                if supports.all(|support| support == first) {
                    first
                } else {
                    EVERYWHERE
                }
            }
        }
    }
}
