//! Numbers: the type that tensors, kernels and tapes are generic over.
//!
//! This module and the [`kernels`](crate::kernels) import each other: kernels are generic over
//! [`Scalar`], and its hidden methods choose between the kernels of `f32` and `f64` and those of
//! other numbers. So a kernel of `f32` or `f64` is compiled here, once, and not again in each crate
//! that uses it.

mod floats;

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::kernels::dispatch::{Anywhere, Job};
use crate::kernels::fused::{project::Project, reverse_update::Reverse};
use crate::kernels::map::{Function, Map, MapAdd};
use crate::kernels::padded::dual_matrix::{DualMatrix, DualTerms};
use crate::kernels::padded::parts_matrix::NewPartsMatrix;
use crate::kernels::padded::{
    Rows, add_rows::AddRows, dots::Dots, max_abs::MaxAbsBlocks, scaling::ReverseScaleElements,
    scaling::ScaleElements, update::Update, update::Way,
};
use crate::kernels::parts::DualVector;
use crate::kernels::write::Write;
use crate::kernels::{
    axpy::Axpy, dot::Dot, gather, matmul::MatMul, matmul_nt::MatMulNt, matvec::MatVec,
    matvec_transposed::MatVecTransposed, max_abs::MaxAbs, rank_k::RankK, sparse::SparseMatVec,
    sum::ColumnSums, sum::Sums, symmetric::Product, symmetric::UpdateProduct, transpose, tree,
    windows,
};

/// A number: `f32`, `f64`, or a type that behaves like one and carries derivatives along.
///
/// The trait is open. A number of another type implements the required methods and inherits portable
/// kernels; `f32` and `f64` override those with ones chosen for the processor at run time. Dual numbers
/// have these, too, for padded matrices and products of matrices, which are taken apart into values and tangents.
///
/// Elementary functions of `f32` and `f64` are the crate's own (for angles of a million radians and
/// more, those of the `libm` crate) and not the platform's, so that a run gives the same bits on
/// another machine. Loops over them become wide instructions. Results are within one unit in the
/// last place of the true value, those of `exp_m1` within two and of `tanh` within three.
///
/// ```
/// use metaplast_tensor::Scalar;
///
/// fn softplus<T: Scalar>(x: T) -> T {
///     x.exp().ln_1p()
/// }
/// assert!((softplus(0.0_f64) - 2.0_f64.ln()).abs() < f64::EPSILON);
/// ```
pub trait Scalar:
    Copy
    + Default
    + PartialEq
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// Zero, with no derivative.
    const ZERO: Self;
    /// One, with no derivative.
    const ONE: Self;
    /// What to call the type in messages and files: `"f32"`, `"f64"`.
    const NAME: &'static str;
    /// Distance from 1 to the next larger primal number.
    const EPSILON: f64;
    /// Whether [`detach`](Scalar::detach) can change a number, as it does for dual numbers.
    const CARRIES_TANGENTS: bool = false;

    /// A number for each of the types whose tapes the autodiff crate compiles itself, 0 for others.
    #[doc(hidden)]
    const PRECOMPILED: u8 = 0;

    /// The constant nearest to `x`.
    fn from_f64(x: f64) -> Self;
    /// The primal value.
    fn to_f64(self) -> f64;

    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near zero.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near zero.
    fn ln_1p(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// The sine of an angle in radians.
    fn sin(self) -> Self;
    /// The cosine of an angle in radians.
    fn cos(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The number to a whole power; a negative `n` gives the reciprocal.
    fn powi(self, n: i32) -> Self;
    /// The number to a real power.
    fn powf(self, p: f64) -> Self;

    /// Up to which size [`near_sin`](Scalar::near_sin) and [`near_cos`](Scalar::near_cos) take angles.
    #[doc(hidden)]
    const NEAR: f64 = f64::INFINITY;

    /// The sine of an angle that is not far from zero, without branches.
    #[doc(hidden)]
    fn near_sin(self) -> Self {
        self.sin()
    }

    /// The cosine of an angle that is not far from zero, without branches.
    #[doc(hidden)]
    fn near_cos(self) -> Self {
        self.cos()
    }

    /// Whether the primal value is neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// The same number with derivative information dropped.
    #[must_use]
    fn detach(self) -> Self {
        self
    }

    /// Whether the number is zero together with every derivative it carries, so that a product
    /// with it may be left out.
    ///
    /// The default never says so, which is always correct and only forgoes the shortcut. A dual
    /// number that overrides it must look at its tangent as well as at its value.
    fn is_zero(self) -> bool {
        false
    }

    // The kernels, one method for each, so that those of `f32` and `f64` are compiled in this crate
    // alone and not again in every crate that calls them. Only `kernel_map` and `kernel_map_add`
    // take a function of the caller's and are compiled with it.

    /// Whether [`kernel_mul_add`](Scalar::kernel_mul_add) rounds once.
    #[doc(hidden)]
    const KERNEL_FUSES: bool = false;

    /// Whether sparse matrices have windows.
    #[doc(hidden)]
    const SPARSE_WINDOWS: bool = false;

    /// What keeps matrices of such numbers by their parts, where they are kept so.
    #[doc(hidden)]
    const BY_PARTS: Option<NewPartsMatrix<Self>> = None;

    /// `self · factor + addend`, rounded once in `f32` and `f64`.
    #[doc(hidden)]
    #[inline(always)]
    fn kernel_mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }

    #[doc(hidden)]
    #[inline(always)]
    fn kernel_tree(lanes: [Self; 16]) -> Self {
        tree::portable(lanes)
    }

    /// Four of them, for code with the largest tiles.
    #[doc(hidden)]
    #[inline(always)]
    fn kernel_four_trees(lanes: &[[Self; 16]; 4]) -> [Self; 4] {
        tree::one_by_one(lanes)
    }

    #[doc(hidden)]
    fn kernel_transpose(x: &[Self], rows: usize, cols: usize, y: &mut [Self]) {
        transpose::tiled(x, rows, cols, y, transpose::portable);
    }

    #[doc(hidden)]
    fn kernel_dot(x: &[Self], y: &[Self]) -> Self {
        Dot { x, y }.run_on::<Anywhere>()
    }

    #[doc(hidden)]
    fn kernel_sums(sums: Sums<'_, Self>) {
        sums.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_column_sums(sums: ColumnSums<'_, Self>) {
        sums.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_max_abs(x: &[Self]) -> Self {
        MaxAbs { x }.run_on::<Anywhere>()
    }

    #[doc(hidden)]
    fn kernel_axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
        Axpy { alpha, x, y }.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_matvec(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
        MatVec { a, x, y, write }.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_matvec_transposed(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
        MatVecTransposed { a, x, y, write }.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_rank_k(update: RankK<'_, Self>) {
        update.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_matmul(product: MatMul<'_, Self>) {
        product.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_matmul_nt(product: MatMulNt<'_, Self>) {
        product.run_on::<Anywhere>();
    }

    /// `x` at sixteen places.
    ///
    /// # Safety
    /// Every place is below the length of `x`; the machine has AVX-512.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn kernel_gather_avx512(x: &[Self], places: &[u16; 16]) -> [Self; 16] {
        // SAFETY: the caller's.
        unsafe { gather::one_by_one(x, places) }
    }

    /// What a window's places pick from thirty-two numbers.
    ///
    /// # Safety
    /// The machine has AVX-512.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn kernel_pick_avx512(numbers: &[Self; 32], places: &[u32; 16]) -> [[Self; 16]; 4] {
        windows::pick(numbers, places)
    }

    #[doc(hidden)]
    fn kernel_sparse_matvec(product: SparseMatVec<'_, Self>) {
        product.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_symmetric_product(product: Product<'_, Self>) {
        product.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_symmetric_update(pass: UpdateProduct<'_, Self>) {
        pass.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_map<F: Function<Self>>(map: Map<'_, Self, F>) {
        map.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_map_add<F: Function<Self>>(map: MapAdd<'_, Self, F>) {
        map.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_dots(products: Dots<'_, '_, Self>) {
        products.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_max_abs(row: MaxAbsBlocks<'_, Self>) -> Self {
        row.run_on::<Anywhere>()
    }

    #[doc(hidden)]
    fn kernel_padded_add_rows(sums: AddRows<'_, '_, Self>) {
        sums.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_update(update: Update<'_, Self>) {
        update.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_scale_elements(scaling: ScaleElements<'_, Self>) {
        scaling.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_reverse_scale_elements(scaling: ReverseScaleElements<'_, Self>) -> Self {
        scaling.run_on::<Anywhere>()
    }

    #[doc(hidden)]
    fn kernel_project(pass: Project<'_, Self>) {
        pass.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_reverse_update(pass: Reverse<'_, Self>) -> Self {
        pass.run_on::<Anywhere>()
    }

    // Matrices of dual numbers, for what their parts are.

    #[doc(hidden)]
    fn kernel_dual_dots(
        matrix: &DualMatrix<Self>,
        rows: &Rows<'_>,
        vectors: &DualMatrix<Self>,
        x: usize,
    ) -> DualVector<Self> {
        matrix.dots(rows, vectors, x)
    }

    #[doc(hidden)]
    fn kernel_dual_add_rows(
        matrix: &DualMatrix<Self>,
        rows: &Rows<'_>,
        coefficients: &DualVector<Self>,
        into: (&mut DualMatrix<Self>, usize),
    ) {
        matrix.add_rows(rows, coefficients, into);
    }

    #[doc(hidden)]
    fn kernel_dual_update(
        matrix: &mut DualMatrix<Self>,
        rows: &Rows<'_>,
        keep: &DualVector<Self>,
        terms: DualTerms<'_, Self>,
        way: Way,
    ) {
        matrix.update(rows, keep, terms, way);
    }
}
