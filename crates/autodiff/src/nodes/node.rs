//! One node, as small as can be.

/// A value on the tape: where it stands and whether anything differentiable is in it.
pub(crate) struct Node {
    value: Value,
    /// First place in the list of operands; those of the next node follow.
    pub(super) operands: u32,
    /// Place in the list of shapes, or of shapes with a pattern, and flags.
    pub(super) layout: u32,
}

/// First element in the tape's value buffer and number of elements, in one word.
struct Value(u64);

/// Bits for the number of elements.
const LEN: u32 = 24;
/// So many elements or more, of which the shape tells the number.
const MANY: u64 = (1 << LEN) - 1;

pub(super) const NEEDS_GRADIENT: u32 = 1 << 31;
const RETAINED: u32 = 1 << 30;
pub(super) const PATTERNED: u32 = 1 << 29;
pub(super) const FLAGS: u32 = NEEDS_GRADIENT | RETAINED | PATTERNED;

// A sweep walks all of them.
const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    #[inline]
    pub(super) fn new(start: usize, len: usize, operands: u32, layout: u32) -> Self {
        let (start, len) = (start as u64, (len as u64).min(MANY));
        assert!(
            start >> (u64::BITS - LEN) == 0,
            "tape: more than 2⁴⁰ numbers"
        );
        Node {
            value: Value(start << LEN | len),
            operands,
            layout,
        }
    }

    /// First element of the value.
    #[inline]
    pub(super) fn start(&self) -> usize {
        (self.value.0 >> LEN) as usize
    }

    /// Number of its elements, unless they are very many.
    #[inline]
    pub(super) fn len(&self) -> Option<usize> {
        let len = self.value.0 & MANY;
        (len != MANY).then_some(len as usize)
    }

    /// Whether anything differentiable is in the value.
    #[inline]
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
