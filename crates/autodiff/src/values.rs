//! Values: the numbers of a recording, one node's after the other's.

use std::ops::{Deref, DerefMut};

use metaplast_tensor::Scalar;

use crate::lists::make_room;

/// A list of numbers that keeps those beyond its end, so that room which is taken again and
/// overwritten as a whole needs no zeros first.
pub(crate) struct Values<T> {
    numbers: Vec<T>,
    /// How many of them belong to the recording; the rest is left over from earlier ones.
    len: usize,
}

impl<T: Scalar> Values<T> {
    pub(crate) fn new() -> Self {
        Values {
            numbers: Vec::new(),
            len: 0,
        }
    }

    /// Appends `len` numbers, which may be any, and returns where they start.
    #[inline]
    pub(crate) fn room(&mut self, len: usize) -> usize {
        let start = self.len;
        self.len += len;
        if self.len > self.numbers.len() {
            self.grow();
        }
        if cfg!(debug_assertions) {
            // Whoever leaves one of them as it is shall notice.
            self.numbers[start..self.len].fill(T::from_f64(f64::NAN));
        }
        start
    }

    #[inline(never)]
    fn grow(&mut self) {
        let missing = self.len - self.numbers.len();
        make_room(&mut self.numbers, missing);
        self.numbers.resize(self.len, T::ZERO);
    }

    /// Appends `len` zeros and returns where they start.
    #[inline]
    pub(crate) fn zeros(&mut self, len: usize) -> usize {
        let start = self.room(len);
        clear(&mut self.numbers[start..self.len]);
        start
    }

    /// Forgets all but the first `len`, and keeps the memory.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// How many numbers there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.numbers.capacity()
    }

    /// Makes room for `more` without the slack of a growing list.
    pub(crate) fn reserve_exact(&mut self, more: usize) {
        let beyond = self.numbers.len() - self.len;
        self.numbers.reserve_exact(more.saturating_sub(beyond));
    }

    /// Gives memory back beyond that for `capacity` numbers.
    pub(crate) fn shrink_to(&mut self, capacity: usize) {
        self.numbers.truncate(self.len.max(capacity));
        self.numbers.shrink_to(capacity);
    }
}

/// Makes numbers zero, the one of a scalar without a call.
#[inline]
pub(crate) fn clear<T: Scalar>(numbers: &mut [T]) {
    match numbers {
        [number] => *number = T::ZERO,
        _ => numbers.fill(T::ZERO),
    }
}

impl<T> Deref for Values<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.numbers[..self.len]
    }
}

impl<T> DerefMut for Values<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[..self.len]
    }
}
