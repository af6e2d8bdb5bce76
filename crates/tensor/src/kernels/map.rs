//! Elementwise functions, in wide instructions where their body allows.

use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES};
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
        if const { !C::UNROLLED } {
            for (y, &x) in self.y.iter_mut().zip(self.x) {
                *y = self.f.value(x);
            }
            return;
        }
        let (x_blocks, x_rest) = self.x.as_chunks::<LANES>();
        let (y_blocks, y_rest) = self.y.as_chunks_mut::<LANES>();
        let f = self.f;
        for (x, y) in x_blocks.iter().zip(y_blocks) {
            one_block();
            *y = block(f, x);
        }
        if !x_rest.is_empty() {
            let y = block(f, &padded(x_rest));
            y_rest.copy_from_slice(&y[..x_rest.len()]);
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
        if const { !C::UNROLLED } {
            let elements = self.x.iter().zip(self.y).zip(self.w);
            for (((&x, &y), &w), into) in elements.zip(self.into) {
                *into += contribution(self.f, x, y, w);
            }
            return;
        }
        let (x, x_rest) = self.x.as_chunks::<LANES>();
        let (y, y_rest) = self.y.as_chunks::<LANES>();
        let (w, w_rest) = self.w.as_chunks::<LANES>();
        let (into, into_rest) = self.into.as_chunks_mut::<LANES>();
        let f = self.f;
        for (((x, y), w), into) in x.iter().zip(y).zip(w).zip(into) {
            one_block();
            *into = block_add(f, x, y, w, into);
        }
        if !x_rest.is_empty() {
            let (x, y, w) = (padded(x_rest), padded(y_rest), padded(w_rest));
            let sums = block_add(f, &x, &y, &w, &padded(into_rest));
            into_rest.copy_from_slice(&sums[..x_rest.len()]);
        }
    }
}

/// Keeps the compiler, by no instruction, from working on many blocks at once: it would gather their
/// elements and scatter them again, which takes ten times the code and several times as long.
#[inline(always)]
fn one_block() {
    std::hint::black_box(());
}

#[inline(always)]
fn block<T: Scalar, F: Function<T>>(f: F, x: &Block<T>) -> Block<T> {
    let mut y = [T::ZERO; LANES];
    for l in 0..LANES {
        y[l] = f.value(x[l]);
    }
    y
}

#[inline(always)]
fn block_add<T: Scalar, F: Function<T>>(
    f: F,
    x: &Block<T>,
    y: &Block<T>,
    w: &Block<T>,
    into: &Block<T>,
) -> Block<T> {
    let mut sums = *into;
    for l in 0..LANES {
        sums[l] += contribution(f, x[l], y[l], w[l]);
    }
    sums
}

#[inline(always)]
fn contribution<T: Scalar, F: Function<T>>(f: F, x: T, y: T, w: T) -> T {
    // Computed in any case, so that no branch stands in the way of wide instructions.
    let contribution = f.weighted(x, y, w);
    if w.is_zero() { T::ZERO } else { contribution }
}

#[inline(always)]
fn padded<T: Scalar>(rest: &[T]) -> Block<T> {
    let mut block = [T::ZERO; LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}
