//! `f32` and `f64`: elementary functions of the crate's own, and kernels chosen for the processor.

use super::Scalar;
use crate::elementary::{double, powers, single};
use crate::kernels::dispatch::{Job, Portable};
use crate::kernels::fused::{project::Project, reverse_update::Reverse};
use crate::kernels::map::{Function, Map, MapAdd};
use crate::kernels::padded::dual_matrix::{DualMatrix, DualTerms};
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

/// Functions of fewer elements are computed one by one: a wide instruction would be filled with
/// zeros for the most part. Function bodies fuse nothing, so the bits are the same.
const FEW: usize = 4;

macro_rules! impl_scalar {
    (
        $float:ident, $precompiled:literal, $tree:path, $four_trees:path, $turn:path, $functions:ident, $power:path,
        $gather:ident, { $($own:item)* }
    ) => {
        impl Scalar for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAME: &'static str = stringify!($float);
            const EPSILON: f64 = $float::EPSILON as f64;
            const KERNEL_FUSES: bool = true;
            const PRECOMPILED: u8 = $precompiled;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $functions::exp(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                $functions::exp_m1(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                $functions::ln(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> Self {
                $functions::ln_1p(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // Correctly rounded by IEEE 754, hence the same everywhere.
                $float::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline]
            fn sin(self) -> Self {
                $functions::sin(self)
            }
            #[inline]
            fn cos(self) -> Self {
                $functions::cos(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                $functions::tanh(self)
            }
            #[inline]
            fn powi(self, n: i32) -> Self {
                power(self, n)
            }
            #[inline(always)]
            fn powf(self, p: f64) -> Self {
                $power(self, p)
            }
            const NEAR: f64 = $functions::NEAR as f64;
            #[inline(always)]
            fn near_sin(self) -> Self {
                $functions::near_sin(self)
            }
            #[inline(always)]
            fn near_cos(self) -> Self {
                $functions::near_cos(self)
            }
            #[inline]
            fn is_finite(self) -> bool {
                $float::is_finite(self)
            }
            #[inline(always)]
            fn is_zero(self) -> bool {
                self == 0.0
            }
            #[inline(always)]
            fn kernel_mul_add(self, factor: Self, addend: Self) -> Self {
                self.mul_add(factor, addend)
            }

            #[inline(always)]
            fn kernel_tree(lanes: [Self; 16]) -> Self {
                $tree(lanes)
            }

            #[inline(always)]
            fn kernel_four_trees(lanes: &[[Self; 16]; 4]) -> [Self; 4] {
                $four_trees(lanes)
            }

            fn kernel_transpose(x: &[Self], rows: usize, cols: usize, y: &mut [Self]) {
                transpose::tiled(x, rows, cols, y, $turn);
            }

            fn kernel_dot(x: &[Self], y: &[Self]) -> Self {
                Dot { x, y }.run_here()
            }
            fn kernel_sums(sums: Sums<'_, Self>) {
                sums.run_here();
            }
            fn kernel_column_sums(sums: ColumnSums<'_, Self>) {
                sums.run_here();
            }
            fn kernel_max_abs(x: &[Self]) -> Self {
                MaxAbs { x }.run_here()
            }
            fn kernel_axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
                Axpy { alpha, x, y }.run_here();
            }
            fn kernel_matvec(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
                MatVec { a, x, y, write }.run_here();
            }
            fn kernel_matvec_transposed(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
                MatVecTransposed { a, x, y, write }.run_here();
            }
            fn kernel_rank_k(update: RankK<'_, Self>) {
                update.run_here();
            }
            fn kernel_matmul(product: MatMul<'_, Self>) {
                product.run_here();
            }
            fn kernel_matmul_nt(product: MatMulNt<'_, Self>) {
                product.run_here();
            }
            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            unsafe fn kernel_gather_avx512(x: &[Self], places: &[u16; 16]) -> [Self; 16] {
                // SAFETY: the caller's.
                unsafe { gather::avx512::$gather(x, places) }
            }
            $($own)*
            fn kernel_sparse_matvec(product: SparseMatVec<'_, Self>) {
                product.run_here();
            }
            fn kernel_symmetric_product(product: Product<'_, Self>) {
                product.run_here();
            }
            fn kernel_symmetric_update(pass: UpdateProduct<'_, Self>) {
                pass.run_here();
            }
            fn kernel_map<F: Function<Self>>(map: Map<'_, Self, F>) {
                if map.x.len() < FEW {
                    return map.run_on::<Portable>();
                }
                map.run_here();
            }
            fn kernel_map_add<F: Function<Self>>(map: MapAdd<'_, Self, F>) {
                if map.x.len() < FEW {
                    return map.run_on::<Portable>();
                }
                map.run_here();
            }
            fn kernel_padded_dots(products: Dots<'_, '_, Self>) {
                products.share(|part| part.run_here());
            }
            fn kernel_padded_max_abs(row: MaxAbsBlocks<'_, Self>) -> Self {
                row.run_here()
            }
            fn kernel_padded_add_rows(sums: AddRows<'_, '_, Self>) {
                sums.share(|part| part.run_here());
            }
            fn kernel_padded_update(update: Update<'_, Self>) {
                update.share(|part| part.run_here());
            }
            fn kernel_scale_elements(scaling: ScaleElements<'_, Self>) {
                scaling.run_here();
            }
            fn kernel_reverse_scale_elements(scaling: ReverseScaleElements<'_, Self>) -> Self {
                scaling.run_here()
            }
            fn kernel_dual_dots(
                matrix: &DualMatrix<Self>,
                rows: &Rows<'_>,
                vectors: &DualMatrix<Self>,
                x: usize,
            ) -> DualVector<Self> {
                matrix.dots(rows, vectors, x)
            }
            fn kernel_dual_add_rows(
                matrix: &DualMatrix<Self>,
                rows: &Rows<'_>,
                coefficients: &DualVector<Self>,
                into: (&mut DualMatrix<Self>, usize),
            ) {
                matrix.add_rows(rows, coefficients, into);
            }
            fn kernel_dual_update(
                matrix: &mut DualMatrix<Self>,
                rows: &Rows<'_>,
                keep: &DualVector<Self>,
                terms: DualTerms<'_, Self>,
                way: Way,
            ) {
                matrix.update(rows, keep, terms, way);
            }
            fn kernel_project(pass: Project<'_, Self>) {
                pass.run_here();
            }
            fn kernel_reverse_update(pass: Reverse<'_, Self>) -> Self {
                pass.run_here()
            }
        }
    };
}

impl_scalar!(
    f32,
    1,
    tree::single,
    tree::four_singles,
    transpose::single,
    single,
    powers::of_single,
    singles,
    {
        const SPARSE_WINDOWS: bool = true;

        #[cfg(target_arch = "x86_64")]
        #[inline(always)]
        unsafe fn kernel_pick_avx512(numbers: &[f32; 32], places: &[u32; 16]) -> [[f32; 16]; 4] {
            // SAFETY: the caller's.
            unsafe { windows::avx512::pick(numbers, places) }
        }
    }
);
impl_scalar!(
    f64,
    2,
    tree::portable,
    tree::one_by_one,
    transpose::portable,
    double,
    powers::of_double,
    doubles,
    {}
);

/// Powers by repeated squaring: the standard library leaves the precision of its `powi` open.
#[inline]
fn power<T: Scalar>(base: T, n: i32) -> T {
    let mut square = base;
    let mut left = n.unsigned_abs();
    let mut result = T::ONE;
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        left >>= 1;
        if left > 0 {
            square *= square;
        }
    }
    if n < 0 { T::ONE / result } else { result }
}
