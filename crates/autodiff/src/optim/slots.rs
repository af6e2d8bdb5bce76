//! Slots: one number that an optimiser remembers for each element of each parameter.

use metaplast_tensor::Scalar;

/// One number for each element of each parameter, zero at first.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots<T>(Vec<Option<Vec<T>>>);

impl<T: Scalar> Slots<T> {
    /// The numbers that belong to parameter `i`, which has `len` elements.
    #[track_caller]
    pub(super) fn of(&mut self, i: usize, len: usize) -> &mut [T] {
        if self.0.len() <= i {
            self.0.resize_with(i + 1, || None);
        }
        let slot = self.0[i].get_or_insert_with(|| vec![T::ZERO; len]);
        assert!(
            slot.len() == len,
            "step: parameter {i} had {} elements at earlier steps, now {len}",
            slot.len()
        );
        slot
    }

    /// The numbers of parameter `i`, if it has any yet.
    pub(super) fn get(&self, i: usize) -> Option<&[T]> {
        self.0.get(i)?.as_deref()
    }

    /// Sets all of them to zero.
    pub(super) fn clear(&mut self) {
        for slot in self.0.iter_mut().flatten() {
            slot.fill(T::ZERO);
        }
    }
}

impl<T> From<Vec<Vec<T>>> for Slots<T> {
    fn from(slots: Vec<Vec<T>>) -> Self {
        Slots(slots.into_iter().map(Some).collect())
    }
}
