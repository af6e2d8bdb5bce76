//! Destination of a result: overwritten or added to.

/// Whether a result overwrites its destination or is added to it.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matvec};
///
/// let mut y = [1.0];
/// matvec(&[2.0], &[3.0], &mut y, Write::Add);
/// assert_eq!(y, [7.0]);
/// matvec(&[2.0], &[3.0], &mut y, Write::Set);
/// assert_eq!(y, [6.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// The destination's old content does not matter.
    Set,
    /// The result is added to the destination.
    Add,
}
