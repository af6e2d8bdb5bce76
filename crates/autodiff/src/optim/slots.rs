//! What an optimiser remembers of each parameter.

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
}
