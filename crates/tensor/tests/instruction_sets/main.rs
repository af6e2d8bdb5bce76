//! Instruction sets: each of them gives the bits of the plain loops.
//!
//! A program of its own, since it switches the instruction set of the whole process.

mod dual;
mod reference;
mod results;

use std::sync::{Mutex, MutexGuard, PoisonError};

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, InstructionSet, Write, instruction_set};
use proptest::prelude::*;

use dual::Drawn;
use reference::Reference;
use results::{Case, numbers, results, results_by_parts};

/// Held while a test switches instruction sets. Dropping it switches back.
struct Switch {
    before: InstructionSet,
    _alone: MutexGuard<'static, ()>,
}

impl Switch {
    fn new() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let alone = ONE_AT_A_TIME.lock();
        Switch {
            before: instruction_set(),
            _alone: alone.unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Calls `f` on each instruction set that this machine has.
    fn on_each_set(&self, mut f: impl FnMut(InstructionSet)) {
        let wide = [
            InstructionSet::Avx2,
            InstructionSet::Avx512,
            InstructionSet::Neon,
        ];
        for set in wide.into_iter().chain([InstructionSet::Portable]) {
            if kernels::use_instruction_set(set) {
                f(set);
            }
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        assert!(kernels::use_instruction_set(self.before));
    }
}

/// Bits in which a negative zero counts as zero: a row whose contributions are all zero may be left
/// alone or have zero added.
fn bits<T: Scalar>(numbers: &[T]) -> Vec<u64> {
    numbers
        .iter()
        .map(|x| (x.to_f64() + 0.0).to_bits())
        .collect()
}

fn agree<T: Scalar>(case: Case) {
    let fused = results::<Reference<T, true>>(case);
    assert!(fused.iter().all(|x| x.is_finite()));
    let (fused, rounded) = (bits(&fused), bits(&results::<Reference<T, false>>(case)));
    Switch::new().on_each_set(|set| {
        let expected = if set.fused() { &fused } else { &rounded };
        assert!(bits(&results::<T>(case)) == *expected, "{set}: {case:?}");
    });
}

fn agree_in_both_precisions(rows: usize, cols: usize, terms: usize, seed: u64) {
    let case = Case {
        rows,
        cols,
        terms,
        seed,
    };
    agree::<f32>(case);
    agree::<f64>(case);
}

/// `A B` or `Aᵀ B`, element by element: blocks of 128 products, each in the order of the inner
/// index.
fn chains<T: Scalar>(
    [m, k, n]: [usize; 3],
    (a, (along_m, along_k)): (&[T], (usize, usize)),
    b: &[T],
    c: &mut [T],
    fused: bool,
) {
    for (at, c) in c.iter_mut().enumerate() {
        let (i, j) = (at / n, at % n);
        for from in (0..k).step_by(128) {
            let mut sum = T::ZERO;
            for p in from..k.min(from + 128) {
                let (a, b) = (a[i * along_m + p * along_k], b[p * n + j]);
                sum = if fused {
                    a.kernel_mul_add(b, sum)
                } else {
                    a * b + sum
                };
            }
            *c += sum;
        }
    }
    debug_assert_eq!(c.len(), m * n);
}

fn products_are_chains<T: Scalar>([m, k, n]: [usize; 3], seed: u64) {
    let (a, b) = (numbers::<T>(m * k, seed), numbers::<T>(k * n, seed ^ 1));
    let start = numbers::<T>(m * n, seed ^ 2);
    Switch::new().on_each_set(|set| {
        for transposed in [false, true] {
            let strides = if transposed { (1, m) } else { (k, 1) };
            let mut expected = start.clone();
            chains([m, k, n], (&a, strides), &b, &mut expected, set.fused());
            let mut c = start.clone();
            let product = if transposed {
                kernels::matmul_tn
            } else {
                kernels::matmul
            };
            product(&a, &b, &mut c, m, k, n, Write::Add);
            let same = bits(&c) == bits(&expected);
            assert!(same, "{set}: [{m}, {k}, {n}], transposed: {transposed}");
        }
    });
}

/// By their parts, dual numbers have the values of plain numbers, bit for bit, and tangents that
/// differ from those of the plain loops by rounding, which add the same products in another order: by 10⁻¹² of the
/// largest number of a kernel's results. All are the same on every set with fused multiply-add.
fn dual_numbers_agree(case: Case) {
    let plain_loops = results_by_parts::<Drawn<false>>(case);
    let mut first = None;
    Switch::new().on_each_set(|set| {
        let by_parts = results_by_parts::<Drawn<true>>(case);
        let numbers = results_by_parts::<f64>(case);
        for (at, (ours, theirs)) in by_parts.iter().zip(&plain_loops).enumerate() {
            assert_eq!(ours.len(), theirs.len());
            let parts = |x: &Drawn<false>| {
                x.tangents
                    .map(f64::abs)
                    .into_iter()
                    .fold(x.value.abs(), f64::max)
            };
            let bound = 1e-12 * theirs.iter().map(parts).fold(1.0, f64::max);
            for (a, b) in ours.iter().zip(theirs) {
                let near = |a: f64, b: f64| (a - b).abs() <= bound;
                let tangents = a.tangents.iter().zip(b.tangents);
                let all_near = near(a.value, b.value) && tangents.clone().all(|(&a, b)| near(a, b));
                assert!(all_near, "{set}, kernel {at}: {a} and {b}, {case:?}");
            }
            let values = at + 1 == by_parts.len() || bits(ours) == bits(&numbers[at]);
            assert!(values, "{set}, kernel {at}: {case:?}");
        }
        if set.fused() {
            let expected = first.get_or_insert_with(|| by_parts.clone());
            assert!(by_parts == *expected, "{set}: {case:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dual_numbers_by_parts_agree_with_plain_loops_and_plain_numbers(
        rows in 0..40_usize,
        cols in 0..70_usize,
        terms in 0..6_usize,
        seed: u64,
    ) {
        dual_numbers_agree(Case { rows, cols, terms, seed });
    }
}

proptest! {
    #[test]
    fn every_set_has_the_bits_of_the_plain_loops(
        rows in 0..40_usize,
        cols in 0..70_usize,
        terms in 0..6_usize,
        seed: u64,
    ) {
        agree_in_both_precisions(rows, cols, terms, seed);
    }

    #[test]
    fn matrix_products_are_chains_of_multiply_adds(
        m in 0..30_usize,
        k in 0..150_usize,
        n in 0..70_usize,
        seed: u64,
    ) {
        products_are_chains::<f32>([m, k, n], seed);
        products_are_chains::<f64>([m, k, n], seed);
    }
}

/// Large ones go through panels.
#[test]
fn large_matrix_products_are_chains_of_multiply_adds() {
    for size in [[19, 130, 517], [16, 260, 600], [420, 410, 391]] {
        products_are_chains::<f32>(size, 5);
        products_are_chains::<f64>(size, 6);
    }
}

#[test]
fn every_set_has_the_bits_of_the_plain_loops_beyond_the_blocks_of_rows() {
    agree_in_both_precisions(300, 170, 3, 11);
    agree_in_both_precisions(270, 130, 4, 12);
    agree_in_both_precisions(3, 784, 2, 13);
}

/// A case found at random, which once failed.
#[test]
fn one_row_of_four_columns_and_four_terms() {
    agree_in_both_precisions(1, 4, 4, 4_641_939_187_403_970_874);
}
