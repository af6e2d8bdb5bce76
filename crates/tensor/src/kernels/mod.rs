//! Loops over slices that learning steps spend their time in.
//!
//! Matrices are row-major slices. Nothing here allocates. Every function checks the lengths it is
//! given and panics, naming itself and the shapes, when they do not fit.
//!
//! # The same bits everywhere
//!
//! Each loop is written once and compiled for several instruction sets; the best one is chosen when
//! the program runs ([`instruction_set`]). A sum over the columns of a row has sixteen lanes and
//! one tree at its end; a sum over rows runs through them in ascending order. How many rows or
//! columns are worked on together changes neither, so results are the same, bit for bit, on every
//! instruction set with fused multiply-add, and [`matvec`], [`matvec_both`], [`matmul_nt`] and
//! [`dot`] agree exactly, as do [`matvec_transposed`] and [`matvec_both`].
//!
//! # Zeros
//!
//! Online learning multiplies by many exact zeros (dark pixels, silent units).
//! [`matvec_transposed`], [`matvec_both`] and the rank-k kernels leave a row out when its
//! coefficient is zero, *whatever the row or the vectors hold*: 0 · ∞ counts as 0 there. The other
//! kernels follow IEEE 754.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes, rows and terms index several fixed arrays at once"
)]

pub(crate) mod axpy;
pub(crate) mod back;
#[cfg(test)]
mod bits;
pub(crate) mod both;
mod combine;
pub(crate) mod dispatch;
pub(crate) mod dot;
mod in_parts;
pub(crate) mod lanes;
pub(crate) mod map;
pub(crate) mod matmul;
pub(crate) mod matvec;
pub(crate) mod max_abs;
pub(crate) mod padded;
pub(crate) mod project;
pub(crate) mod rank_k;
pub(crate) mod transposed;
pub(crate) mod tree;

use crate::Scalar;
use both::MatVecBoth;
use map::{Map, MapAdd};
use matmul::{MatMul, MatMulNt};
use rank_k::{Direction, RankK};

pub use dispatch::{InstructionSet, instruction_set};
pub use map::Function;

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

/// The dot product of two vectors of one length.
///
/// ```
/// use metaplast_tensor::kernels::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[must_use]
#[track_caller]
pub fn dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: the vectors differ in length");
    T::kernel_dot(x, y)
}

/// `max_i |x_i|`, the infinity norm: zero of no elements, and NaN is passed over.
///
/// ```
/// use metaplast_tensor::kernels::max_abs;
/// assert_eq!(max_abs(&[1.0, -3.0, f64::NAN]), 3.0);
/// assert_eq!(max_abs::<f32>(&[]), 0.0);
/// ```
#[must_use]
pub fn max_abs<T: Scalar>(x: &[T]) -> T {
    T::kernel_max_abs(x)
}

/// y ← y + α x.
///
/// ```
/// use metaplast_tensor::kernels::axpy;
/// let mut y = [1.0, 1.0];
/// axpy(2.0, &[3.0, 4.0], &mut y);
/// assert_eq!(y, [7.0, 9.0]);
/// ```
#[track_caller]
pub fn axpy<T: Scalar>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: the vectors differ in length");
    T::kernel_axpy(alpha, x, y);
}

/// y ← A x, or y ← y + A x. A is `[y.len(), x.len()]`.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matvec};
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let mut y = [0.0; 2];
/// matvec(&a, &[1.0, 0.0, -1.0], &mut y, Write::Set);
/// assert_eq!(y, [-2.0, -2.0]);
/// ```
#[track_caller]
pub fn matvec<T: Scalar>(a: &[T], x: &[T], y: &mut [T], write: Write) {
    check_matrix("matvec", "A", a, y.len(), x.len());
    T::kernel_matvec(a, x, y, write);
}

/// y ← Aᵀ x, or y ← y + Aᵀ x. A is `[x.len(), y.len()]`.
///
/// A row of A whose coefficient in `x` is zero is left out, whatever it holds.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matvec_transposed};
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let mut y = [100.0; 3];
/// matvec_transposed(&a, &[1.0, -1.0], &mut y, Write::Add);
/// assert_eq!(y, [97.0; 3]);
/// ```
#[track_caller]
pub fn matvec_transposed<T: Scalar>(a: &[T], x: &[T], y: &mut [T], write: Write) {
    check_matrix("matvec_transposed", "A", a, x.len(), y.len());
    T::kernel_matvec_transposed(a, x, y, write);
}

/// A ← keep · A + Σ_k u_k v_kᵀ, the terms added in the order of k. A is `[rows, cols]`, every u_k
/// has `rows` elements and every v_k `cols`.
///
/// When `keep` is one, a row in which every u_k is zero is left as it is. [`rank_k_undo`] takes
/// the update back.
///
/// ```
/// use metaplast_tensor::kernels::{rank_k_undo, rank_k_update};
/// let mut a = [1.0, 2.0, 3.0, 4.0];
/// rank_k_update(&mut a, 2, 2, 0.5, &[&[1.0, 2.0]], &[&[10.0, 20.0]]);
/// assert_eq!(a, [10.5, 21.0, 21.5, 42.0]);
/// rank_k_undo(&mut a, 2, 2, 0.5, &[&[1.0, 2.0]], &[&[10.0, 20.0]]);
/// assert_eq!(a, [1.0, 2.0, 3.0, 4.0]);
/// ```
#[track_caller]
pub fn rank_k_update<T: Scalar>(
    a: &mut [T],
    rows: usize,
    cols: usize,
    keep: T,
    us: &[&[T]],
    vs: &[&[T]],
) {
    check_terms("rank_k_update", a, rows, cols, us, vs);
    let direction = Direction::Update;
    T::kernel_rank_k(RankK {
        a,
        rows,
        cols,
        keep,
        us,
        vs,
        direction,
    });
}

/// A ← (A − Σ_k u_k v_kᵀ) / keep: takes a [`rank_k_update`] with the same arguments back.
///
/// The terms are taken away in the opposite order. Each leaves a rounding error of the size of
/// A's own; where multiply-add is fused the products themselves are exact in both directions. The
/// division is correctly rounded or nearly so; an element that has become infinite may come back
/// as NaN, and a `keep` of zero cannot be undone.
///
/// ```
/// use metaplast_tensor::kernels::rank_k_undo;
///
/// let mut a = [10.5, 21.0];
/// rank_k_undo(&mut a, 1, 2, 0.5, &[&[1.0]], &[&[10.0, 20.0]]);
/// assert_eq!(a, [1.0, 2.0]);
/// ```
#[track_caller]
pub fn rank_k_undo<T: Scalar>(
    a: &mut [T],
    rows: usize,
    cols: usize,
    keep: T,
    us: &[&[T]],
    vs: &[&[T]],
) {
    check_terms("rank_k_undo", a, rows, cols, us, vs);
    let direction = Direction::Undo;
    T::kernel_rank_k(RankK {
        a,
        rows,
        cols,
        keep,
        us,
        vs,
        direction,
    });
}

/// C ← A B, or C ← C + A B. A is `[m, k]`, B `[k, n]`, C `[m, n]`.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul};
/// let mut c = [0.0; 2];
/// matmul(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], &mut c, 1, 2, 2, Write::Set);
/// assert_eq!(c, [13.0, 16.0]);
/// ```
#[track_caller]
pub fn matmul<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul", "A", a, m, k);
    check_matrix("matmul", "B", b, k, n);
    check_matrix("matmul", "C", c, m, n);
    let a_strides = (k, 1);
    T::kernel_matmul(MatMul {
        a,
        a_strides,
        b,
        c,
        m,
        k,
        n,
        write,
    });
}

/// C ← A Bᵀ, or C ← C + A Bᵀ. A is `[m, k]`, B `[n, k]`, C `[m, n]`.
///
/// Each element is the [`dot`] of a row of A and a row of B.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul_nt};
///
/// let mut c = [0.0; 2];
/// matmul_nt(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], &mut c, 1, 2, 2, Write::Set);
/// assert_eq!(c, [11.0, 17.0]);
/// ```
#[track_caller]
pub fn matmul_nt<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul_nt", "A", a, m, k);
    check_matrix("matmul_nt", "B", b, n, k);
    check_matrix("matmul_nt", "C", c, m, n);
    T::kernel_matmul_nt(MatMulNt {
        a,
        b,
        c,
        m,
        k,
        n,
        write,
    });
}

/// C ← Aᵀ B, or C ← C + Aᵀ B. A is `[k, m]`, B `[k, n]`, C `[m, n]`.
///
/// The result has the bits of [`matmul`] with A transposed beforehand.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul_tn};
///
/// let mut c = [0.0; 4];
/// matmul_tn(&[1.0, 2.0], &[3.0, 4.0], &mut c, 2, 1, 2, Write::Set);
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// ```
#[track_caller]
pub fn matmul_tn<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul_tn", "A", a, k, m);
    check_matrix("matmul_tn", "B", b, k, n);
    check_matrix("matmul_tn", "C", c, m, n);
    let a_strides = (1, m);
    T::kernel_matmul(MatMul {
        a,
        a_strides,
        b,
        c,
        m,
        k,
        n,
        write,
    });
}

/// Several products with A and with Aᵀ, reading A from memory once:
/// `out_rows[k]` += A · `xs_cols[k]` and `out_cols[k]` += Aᵀ · `xs_rows[k]`.
///
/// A is `[rows, cols]`; vectors named after the rows have `rows` elements, those named after the
/// columns `cols`. The bits are those of [`matvec`] and [`matvec_transposed`] with [`Write::Add`],
/// and like there a zero in `xs_rows` leaves its row out.
///
/// ```
/// use metaplast_tensor::kernels::matvec_both;
/// let a = [1.0, 2.0, 3.0, 4.0];
/// let (mut ax, mut aty) = ([0.0; 2], [0.0; 2]);
/// matvec_both(&a, 2, 2, &[&[1.0, 1.0]], &mut [&mut ax], &[&[1.0, 10.0]], &mut [&mut aty]);
/// assert_eq!((ax, aty), ([3.0, 7.0], [31.0, 42.0]));
/// ```
#[track_caller]
pub fn matvec_both<T: Scalar>(
    a: &[T],
    rows: usize,
    cols: usize,
    xs_cols: &[&[T]],
    out_rows: &mut [&mut [T]],
    xs_rows: &[&[T]],
    out_cols: &mut [&mut [T]],
) {
    const OP: &str = "matvec_both";
    check_matrix(OP, "A", a, rows, cols);
    assert_eq!(
        xs_cols.len(),
        out_rows.len(),
        "{OP}: as many results as vectors times A"
    );
    assert_eq!(
        xs_rows.len(),
        out_cols.len(),
        "{OP}: as many results as vectors times Aᵀ"
    );
    for (x, out) in xs_cols.iter().zip(out_rows.iter()) {
        check_vector(OP, "of xs_cols", x, cols);
        check_vector(OP, "of out_rows", out, rows);
    }
    for (x, out) in xs_rows.iter().zip(out_cols.iter()) {
        check_vector(OP, "of xs_rows", x, rows);
        check_vector(OP, "of out_cols", out, cols);
    }
    T::kernel_matvec_both(MatVecBoth {
        a,
        rows,
        cols,
        xs_cols,
        out_rows,
        xs_rows,
        out_cols,
    });
}

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
#[track_caller]
pub fn map_add<T: Scalar, F: Function<T>>(f: F, x: &[T], y: &[T], w: &[T], into: &mut [T]) {
    let same = [y.len(), w.len(), into.len()]
        .iter()
        .all(|&len| len == x.len());
    assert!(same, "map_add: the vectors differ in length");
    T::kernel_map_add(MapAdd { f, x, y, w, into });
}

#[track_caller]
fn check_matrix<T>(op: &str, name: &str, a: &[T], rows: usize, cols: usize) {
    assert!(
        a.len() == rows * cols,
        "{op}: {name} has {} elements, not [{rows}, {cols}]",
        a.len()
    );
}

#[track_caller]
fn check_vector<T>(op: &str, name: &str, x: &[T], len: usize) {
    assert!(
        x.len() == len,
        "{op}: a vector {name} has {} elements, not {len}",
        x.len()
    );
}

#[track_caller]
fn check_terms<T>(op: &str, a: &[T], rows: usize, cols: usize, us: &[&[T]], vs: &[&[T]]) {
    check_matrix(op, "A", a, rows, cols);
    assert!(
        us.len() == vs.len(),
        "{op}: {} left vectors but {} right vectors",
        us.len(),
        vs.len()
    );
    for (u, v) in us.iter().zip(vs) {
        check_vector(op, "on the left", u, rows);
        check_vector(op, "on the right", v, cols);
    }
}
