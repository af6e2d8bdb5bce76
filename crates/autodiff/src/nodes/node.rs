//! One node, as small as can be.

/// A value on the tape: where it stands and whether anything differentiable is in it.
pub(crate) struct Node {
    /// First element in the tape's value buffer.
    pub(super) start: usize,
    /// First place in the list of operands; those of the next node follow.
    pub(super) operands: u32,
    /// Place in the list of shapes, or of shapes with a pattern, and flags.
    pub(super) layout: u32,
}

pub(super) const NEEDS_GRADIENT: u32 = 1 << 31;
const RETAINED: u32 = 1 << 30;
pub(super) const PATTERNED: u32 = 1 << 29;
pub(super) const FLAGS: u32 = NEEDS_GRADIENT | RETAINED | PATTERNED;

// A sweep walks all of them.
const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    /// Whether anything differentiable is in the value.
    pub(crate) fn needs_gradient(&self) -> bool {
        self.layout & NEEDS_GRADIENT != 0
    }

    /// Whether the adjoint is kept after the sweep although the node is not a leaf.
    pub(crate) fn is_retained(&self) -> bool {
        self.layout & RETAINED != 0
    }

    /// Keeps the adjoint after the sweep.
    pub(crate) fn retain(&mut self) {
        self.layout |= RETAINED;
    }

    pub(super) fn place(&self) -> usize {
        (self.layout & !FLAGS) as usize
    }
}
