//! Effectors: what turns the outputs of the readouts into a position.

use std::fmt::Debug;

use metaplast_tensor::Scalar;

/// From outputs to a position; [`Arm`] and [`Direct`] are two, [`FromFn`] makes one of a closure.
pub trait Effector<T>: Debug + Send + Sync {
    /// Outputs that it takes.
    fn outputs(&self) -> usize;

    /// Numbers in a position.
    fn dims(&self) -> usize;

    /// Writes the position for outputs `z` (`[outputs]`) into `position` (`[dims]`).
    fn position(&self, z: &[T], position: &mut [T]);

    /// Adds the derivative's transpose times `adjoint` (`[dims]`) to `into` (`[outputs]`): what a run
    /// that is [recorded](crate::RecordedRun) on a tape needs.
    ///
    /// # Panics
    /// Unless the effector overrides it.
    fn pull_back(&self, z: &[T], adjoint: &[T], into: &mut [T]) {
        let _ = (z, adjoint, into);
        panic!("{self:?} has no derivative: implement Effector::pull_back");
    }
}

/// The outputs are the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direct(pub usize);

impl<T: Scalar> Effector<T> for Direct {
    fn outputs(&self) -> usize {
        self.0
    }

    fn dims(&self) -> usize {
        self.0
    }

    fn position(&self, z: &[T], position: &mut [T]) {
        position.copy_from_slice(z);
    }

    fn pull_back(&self, _: &[T], adjoint: &[T], into: &mut [T]) {
        into.iter_mut().zip(adjoint).for_each(|(z, &a)| *z += a);
    }
}

/// An arm of rigid segments in the plane. Each output is the angle of a joint, in units of π,
/// against the segment before it; at zero all point upwards.
///
/// With aⱼ = π (z₁ + … + zⱼ) the hand is at base + Σ Lⱼ (sin aⱼ, cos aⱼ).
///
/// ```
/// use metaplast_reservoir::{Arm, Effector};
///
/// let mut hand = [0.0_f64; 2];
/// Arm::new([1.8, 1.8]).position(&[0.0, 0.5], &mut hand);
/// assert!((hand[0] - 1.8).abs() < 1e-15 && (hand[1] + 0.2).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Lengths, from the shoulder.
    lengths: Vec<f64>,
    base: [f64; 2],
}

impl Arm {
    /// An arm whose shoulder is at (0, −2), below the target.
    ///
    /// # Panics
    /// When there is no segment.
    #[must_use]
    #[track_caller]
    pub fn new(lengths: impl Into<Vec<f64>>) -> Self {
        Arm::with_base(lengths, [0.0, -2.0])
    }

    /// An arm whose shoulder is at `base`.
    ///
    /// # Panics
    /// When there is no segment.
    #[must_use]
    #[track_caller]
    pub fn with_base(lengths: impl Into<Vec<f64>>, base: [f64; 2]) -> Self {
        let lengths = lengths.into();
        assert!(!lengths.is_empty(), "arm: no segments");
        Arm { lengths, base }
    }

    /// The arm of the published tasks: 1.8 and 1.8 for two segments, else 1.8, 1.2, 0.6 and then
    /// segments of 0.1.
    ///
    /// # Panics
    /// When there is no segment.
    #[must_use]
    #[track_caller]
    pub fn published(segments: usize) -> Self {
        if segments == 2 {
            return Arm::new([1.8, 1.8]);
        }
        let lengths = [1.8, 1.2, 0.6].into_iter().chain(std::iter::repeat(0.1));
        Arm::new(lengths.take(segments).collect::<Vec<_>>())
    }

    /// The joints and the hand for outputs `z`, from the shoulder: for drawing.
    ///
    /// # Panics
    /// When there are not as many outputs as segments.
    #[must_use]
    #[track_caller]
    pub fn joints(&self, z: &[f64]) -> Vec<[f64; 2]> {
        assert_eq!(z.len(), self.lengths.len(), "arm: outputs and segments");
        let mut joints = vec![self.base];
        self.walk(z, |at| joints.push(at));
        joints
    }

    fn walk<T: Scalar>(&self, z: &[T], mut reached: impl FnMut([T; 2])) {
        let mut turns = T::ZERO;
        let mut at = self.base.map(T::from_f64);
        for (&length, &z) in self.lengths.iter().zip(z) {
            turns += z;
            let (angle, length) = (
                T::from_f64(std::f64::consts::PI) * turns,
                T::from_f64(length),
            );
            at = [at[0] + length * angle.sin(), at[1] + length * angle.cos()];
            reached(at);
        }
    }
}

impl<T: Scalar> Effector<T> for Arm {
    fn outputs(&self) -> usize {
        self.lengths.len()
    }

    fn dims(&self) -> usize {
        2
    }

    fn position(&self, z: &[T], position: &mut [T]) {
        self.walk(z, |at| position.copy_from_slice(&at));
    }

    fn pull_back(&self, z: &[T], adjoint: &[T], into: &mut [T]) {
        // A joint turns all that is beyond it about itself: ∂p/∂zⱼ is π times the way from joint j
        // to the hand, turned clockwise by a quarter.
        let mut joints = vec![self.base.map(T::from_f64)];
        self.walk(z, |at| joints.push(at));
        let hand = joints[z.len()];
        let pi = T::from_f64(std::f64::consts::PI);
        for (into, joint) in into.iter_mut().zip(&joints) {
            let (x, y) = (hand[0] - joint[0], hand[1] - joint[1]);
            *into += pi * (y * adjoint[0] - x * adjoint[1]);
        }
    }
}

/// An effector made of a closure.
///
/// ```
/// use metaplast_reservoir::{Effector, FromFn};
///
/// // One output that moves along a parabola.
/// let track = FromFn::new(1, 2, |z: &[f64], position: &mut [f64]| {
///     position.copy_from_slice(&[z[0], z[0] * z[0]]);
/// });
/// let mut position = [0.0; 2];
/// track.position(&[3.0], &mut position);
/// assert_eq!(position, [3.0, 9.0]);
/// ```
pub struct FromFn<F> {
    outputs: usize,
    dims: usize,
    position: F,
}

impl<F> FromFn<F> {
    /// From a function of the outputs (`[outputs]`) that writes the position (`[dims]`).
    pub fn new(outputs: usize, dims: usize, position: F) -> Self {
        FromFn {
            outputs,
            dims,
            position,
        }
    }
}

impl<F> Debug for FromFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FromFn")
            .field("outputs", &self.outputs)
            .field("dims", &self.dims)
            .finish_non_exhaustive()
    }
}

impl<T, F> Effector<T> for FromFn<F>
where
    F: Fn(&[T], &mut [T]) + Send + Sync,
{
    fn outputs(&self) -> usize {
        self.outputs
    }

    fn dims(&self) -> usize {
        self.dims
    }

    fn position(&self, z: &[T], position: &mut [T]) {
        (self.position)(z, position);
    }
}
