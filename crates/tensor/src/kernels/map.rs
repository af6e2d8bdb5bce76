//! Elementwise functions, in wide instructions where their body allows.

use super::dispatch::{Code, Kernel};
use crate::Scalar;

/// y ← f(x), element by element.
///
/// ```
/// use metaplast_tensor::kernels::{Function, map};
///
/// #[derive(Clone, Copy)]
/// struct Square;
///
/// impl Function<f32> for Square {
///     #[inline(always)]
///     fn value(self, x: f32) -> f32 { x * x }
///     #[inline(always)]
///     fn weighted(self, x: f32, _: f32, w: f32) -> f32 { 2.0 * x * w }
/// }
///
/// let mut y = [0.0; 3];
/// map(Square, &[1.0, 2.0, 3.0], &mut y);
/// assert_eq!(y, [1.0, 4.0, 9.0]);
/// ```
#[track_caller]
pub fn map<T: Scalar, F: Function<T>>(f: F, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "map: the vectors differ in length");
    T::kernel_map(Map { f, x, y });
}

/// into ← into + f(x, y, w), element by element, with [`Function::weighted`]: the reverse of
/// [`map`], when `y = f(x)`, `w` is the adjoint of `y` and `into` that of `x`.
///
/// Where `w` is zero nothing is added, whatever the function gives there: 0 · ∞ counts as 0.
#[track_caller]
pub fn map_add<T: Scalar, F: Function<T>>(f: F, x: &[T], y: &[T], w: &[T], into: &mut [T]) {
    let same = [y.len(), w.len(), into.len()]
        .iter()
        .all(|&len| len == x.len());
    assert!(same, "map_add: the vectors differ in length");
    T::kernel_map_add(MapAdd { f, x, y, w, into });
}

/// A function of one number, or of a number and two that belong to it.
///
/// Implementations mark their methods `#[inline(always)]`: a call cannot be made wide.
pub trait Function<T>: Copy {
    /// `f(x)`
    fn value(self, x: T) -> T;

    /// What element `x` contributes, given the value `y` there and a weight `w`.
    fn weighted(self, x: T, y: T, w: T) -> T;
}

/// `y_i = f(x_i)`
#[doc(hidden)]
pub struct Map<'a, T, F> {
    pub(crate) f: F,
    pub(crate) x: &'a [T],
    pub(crate) y: &'a mut [T],
}

impl<T: Scalar, F: Function<T>> Kernel for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = self.f.value(x);
        }
    }
}

/// `into_i += f(x_i, y_i, w_i)`
#[doc(hidden)]
pub struct MapAdd<'a, T, F> {
    pub(crate) f: F,
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [T],
    pub(crate) w: &'a [T],
    pub(crate) into: &'a mut [T],
}

impl<T: Scalar, F: Function<T>> Kernel for MapAdd<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let elements = self.x.iter().zip(self.y).zip(self.w);
        for (((&x, &y), &w), into) in elements.zip(self.into) {
            *into += contribution(self.f, x, y, w);
        }
    }
}

#[inline(always)]
fn contribution<T: Scalar, F: Function<T>>(f: F, x: T, y: T, w: T) -> T {
    // Computed in any case, so that no branch stands in the way of wide instructions.
    let contribution = f.weighted(x, y, w);
    if w.is_zero() { T::ZERO } else { contribution }
}
