//! Keys: variables without their tape, for a struct that owns a tape and what was recorded on it.

use metaplast_tensor::Scalar;

use crate::tape::Tape;
use crate::var::Var;

/// A [variable](Var) without the borrow of its tape.
///
/// [`Var::key`] makes one and [`Tape::at`] takes it back, so that a type can own a tape and
/// remember which of its values are the input and the output.
///
/// ```
/// use metaplast_autodiff::{Key, Tape};
/// use metaplast_tensor::{Tensor, tensor};
///
/// /// A recorded function that can be differentiated later.
/// struct Recorded {
///     tape: Tape<f64>,
///     x: Key,
///     y: Key,
/// }
///
/// fn record(at: &Tensor<f64>) -> Recorded {
///     let tape = Tape::new();
///     let x = tape.var(at);
///     let (x, y) = (x.key(), x.square().key());
///     Recorded { tape, x, y }
/// }
///
/// let Recorded { tape, x, y } = record(&tensor![1.0, 3.0]);
/// let gradients = tape.at(y).backward_with(&tensor![1.0, 10.0]);
/// assert_eq!(gradients.wrt(tape.at(x)), tensor![2.0, 60.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    id: u32,
    stamp: u32,
}

impl<T: Scalar> Var<'_, T> {
    /// The variable without its tape; [`Tape::at`] takes it back.
    #[must_use]
    pub fn key(self) -> Key {
        let (id, stamp) = self.place();
        Key { id, stamp }
    }
}

impl<T: Scalar> Tape<T> {
    /// The variable that had this [key](Var::key) on this tape.
    ///
    /// A key does not know its tape: one of another tape stands for another value here.
    ///
    /// # Panics
    /// When the recording of the key was reset or cut back.
    #[must_use]
    #[track_caller]
    pub fn at(&self, key: Key) -> Var<'_, T> {
        let var = Var::new(self, key.id, key.stamp);
        var.check(self, &self.recording.borrow());
        var
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "reset or cut back")]
    fn a_key_of_an_earlier_recording_is_refused() {
        let tape = Tape::<f64>::new();
        let key = tape.scalar(1.0).key();
        tape.reset();
        let _ = tape.scalar(2.0);
        let _ = tape.at(key);
    }
}
