//! Sums keep their digits however long they are.

use metaplast_tensor::broadcast::sum_to;
use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape, Tensor};
use proptest::prelude::*;

/// Lengths up to ten million, one beside a block and one within.
const LENGTHS: [usize; 7] = [1, 100, 129, 4_097, 100_003, 1_000_000, 10_000_000];

/// Units in the last place of an `f32` between `sum` and the truth.
#[track_caller]
fn near(what: &str, sum: f32, truth: f64, units: f64) {
    let unit = f64::from((truth as f32).abs().next_up()) - f64::from((truth as f32).abs());
    let error = (f64::from(sum) - truth).abs() / unit;
    assert!(
        error <= units,
        "{what}: {sum} for {truth}, {error} units off"
    );
}

/// Numbers in [0.1, 0.9), from a sequence that repeats late, and their sum in `f64`.
fn uneven(len: usize) -> (Vec<f32>, f64) {
    let numbers: Vec<f32> = (0..len)
        .map(|i| 0.1 + 0.8 * ((i as f64 * 0.618_033_988_75).fract() as f32))
        .collect();
    let truth = numbers.iter().map(|&x| f64::from(x)).sum();
    (numbers, truth)
}

#[test]
fn sums_in_single_precision_are_within_four_units_up_to_ten_million_numbers() {
    let tenth = f64::from(0.1_f32);
    for len in LENGTHS {
        let equal = Tensor::full([len], 0.1_f32);
        let (numbers, truth) = uneven(len);
        let n = len as f64;
        near("equal numbers", equal.sum(), n * tenth, 4.0);
        near("their mean", equal.mean(), tenth, 4.0);
        near("uneven numbers", kernels::sum(&numbers), truth, 4.0);
        let mut sums = [0.0; 1];
        kernels::sum_rows(&numbers, &mut sums);
        near("a row", sums[0], truth, 4.0);
        let mut sums = [0.0; 1];
        kernels::sum_columns(&numbers, &mut sums);
        near("a column", sums[0], truth, 6.0);
    }
}

#[test]
fn products_in_single_precision_keep_their_digits_up_to_ten_million_terms() {
    for len in LENGTHS {
        let (numbers, truth) = uneven(len);
        let ones = vec![1.0_f32; len];
        near("dot", kernels::dot(&numbers, &ones), truth, 8.0);
        let norm = Tensor::full([len], 0.1_f32).norm();
        near("norm", norm, f64::from(0.1_f32) * (len as f64).sqrt(), 8.0);
        let mut y = [0.0; 1];
        kernels::matvec(&numbers, &ones, &mut y, Write::Set);
        near("matvec", y[0], truth, 8.0);
        kernels::matvec_transposed(&numbers, &ones, &mut y, Write::Set);
        near("matvec_transposed", y[0], truth, 24.0);
        kernels::matmul(&numbers, &ones, &mut y, 1, len, 1, Write::Set);
        near("matmul", y[0], truth, 24.0);
        kernels::matmul_nt(&numbers, &ones, &mut y, 1, len, 1, Write::Set);
        near("matmul_nt", y[0], truth, 8.0);
        kernels::matmul_tn(&numbers, &ones, &mut y, 1, len, 1, Write::Set);
        near("matmul_tn", y[0], truth, 24.0);
    }
}

#[test]
fn sums_over_any_axes_keep_their_digits() {
    let (numbers, _) = uneven(3 * 700 * 5 * 100);
    let from = Shape::from([3, 700, 5, 100]);
    let wide: Vec<f64> = numbers.iter().map(|&x| f64::from(x)).collect();
    for into in [
        [3, 1, 5, 1],
        [1, 700, 1, 100],
        [1, 1, 1, 1],
        [3, 1, 1, 100],
        [1, 1, 5, 1],
    ] {
        let into = Shape::from(into);
        let mut sums = vec![0.0_f32; into.len()];
        sum_to(&numbers, &from, &mut sums, &into);
        let mut truth = vec![0.0_f64; into.len()];
        sum_to(&wide, &from, &mut truth, &into);
        for (&sum, &truth) in sums.iter().zip(&truth) {
            near("axes", sum, truth, 4.0);
        }
    }
}

proptest! {
    #[test]
    fn a_sum_does_not_depend_on_what_is_beside_it(rows in 1..300_usize, cols in 1..150_usize) {
        let (x, _) = uneven(rows * cols);
        let mut of_rows = vec![0.0; rows];
        kernels::sum_rows(&x, &mut of_rows);
        for (row, &sum) in x.chunks(cols).zip(&of_rows) {
            prop_assert_eq!(kernels::sum(row), sum);
        }
        let mut of_columns = vec![0.0; cols];
        kernels::sum_columns(&x, &mut of_columns);
        for (j, &sum) in of_columns.iter().enumerate() {
            let column: Vec<f32> = x[j..].iter().step_by(cols).copied().collect();
            let mut alone = [0.0];
            kernels::sum_columns(&column, &mut alone);
            prop_assert_eq!(alone[0], sum);
        }
    }
}

#[test]
fn nothing_adds_up_to_zero() {
    assert_eq!(kernels::sum::<f64>(&[]), 0.0);
    let mut sums = [1.0, 2.0];
    kernels::sum_rows(&[], &mut sums);
    kernels::sum_columns(&[], &mut sums);
    assert_eq!(sums, [1.0, 2.0]);
    assert!(Tensor::<f64>::zeros([0]).mean().is_nan());
    assert_eq!(
        f64::ZERO,
        Tensor::<f64>::zeros([3, 0]).sum_axis(0, false).sum()
    );
}

#[test]
#[should_panic(expected = "sum_rows: 5 numbers do not make 2 sums")]
fn a_matrix_with_a_row_cut_short_is_refused() {
    kernels::sum_rows(&[1.0; 5], &mut [0.0; 2]);
}
