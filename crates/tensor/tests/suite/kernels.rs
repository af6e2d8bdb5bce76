//! Every kernel against the plain loops of its definition, in f64, at all sizes around the lanes.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Write};
use proptest::prelude::*;

/// Numbers that a generator with a fixed seed draws from [−1, 1), about a third of them zero.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let bits = self.0 >> 33;
        if bits.is_multiple_of(3) {
            0.0
        } else {
            bits as f64 / (1_u64 << 30) as f64 - 1.0
        }
    }

    fn vec<T: Scalar>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::from_f64(self.next())).collect()
    }
}

/// Compares with a reference computed in f64. `terms` numbers of magnitude one or less were added.
#[track_caller]
fn close<T: Scalar>(ours: &[T], reference: &[f64], terms: usize) {
    let tolerance = T::EPSILON * (terms as f64 + 4.0);
    for (i, (&ours, &reference)) in ours.iter().zip(reference).enumerate() {
        let error = (ours.to_f64() - reference).abs();
        assert!(
            error <= tolerance,
            "element {i}: {ours} instead of {reference}"
        );
    }
}

/// Element (i, j) of `start` + Σ_p a(i, p) b(p, j), in f64.
fn product<T: Scalar>(
    (m, k, n): (usize, usize, usize),
    start: impl Fn(usize) -> f64,
    a: impl Fn(usize, usize) -> T,
    b: impl Fn(usize, usize) -> T,
) -> Vec<f64> {
    let element = |i, j| {
        let sum: f64 = (0..k).map(|p| a(i, p).to_f64() * b(p, j).to_f64()).sum();
        start(i * n + j) + sum
    };
    (0..m * n).map(|at| element(at / n, at % n)).collect()
}

fn vectors<T: Scalar>(rows: usize, cols: usize, seed: u64, write: Write) {
    let mut draws = Draws(seed);
    let a: Vec<T> = draws.vec(rows * cols);
    let by_cols: Vec<T> = draws.vec(cols);
    let by_rows: Vec<T> = draws.vec(rows);
    let start = |old: &[T]| {
        let old = old.to_vec();
        move |i: usize| match write {
            Write::Set => 0.0,
            Write::Add => old[i].to_f64(),
        }
    };

    let mut y: Vec<T> = draws.vec(rows);
    let expected = product(
        (rows, cols, 1),
        start(&y),
        |i, p| a[i * cols + p],
        |p, _| by_cols[p],
    );
    kernels::matvec(&a, &by_cols, &mut y, write);
    close(&y, &expected, cols);
    if write == Write::Set {
        for (i, &y) in y.iter().enumerate() {
            assert_eq!(y, kernels::dot(&a[i * cols..][..cols], &by_cols));
        }
    }

    let mut y: Vec<T> = draws.vec(cols);
    let expected = product(
        (cols, rows, 1),
        start(&y),
        |j, p| a[p * cols + j],
        |p, _| by_rows[p],
    );
    kernels::matvec_transposed(&a, &by_rows, &mut y, write);
    close(&y, &expected, rows);
}

fn matrices<T: Scalar>((m, k, n): (usize, usize, usize), seed: u64, write: Write) {
    let mut draws = Draws(seed);
    let a: Vec<T> = draws.vec(m * k);
    let b: Vec<T> = draws.vec(k * n);
    let old: Vec<T> = draws.vec(m * n);
    let transposed = |x: &[T], rows: usize, cols: usize| -> Vec<T> {
        (0..rows * cols)
            .map(|at| x[at % rows * cols + at / rows])
            .collect()
    };
    let (a_t, b_t) = (transposed(&a, m, k), transposed(&b, k, n));
    let start = |i: usize| match write {
        Write::Set => 0.0,
        Write::Add => old[i].to_f64(),
    };
    let expected = product((m, k, n), start, |i, p| a[i * k + p], |p, j| b[p * n + j]);

    let mut c = old.clone();
    kernels::matmul(&a, &b, &mut c, m, k, n, write);
    close(&c, &expected, k);

    let mut c_tn = old.clone();
    kernels::matmul_tn(&a_t, &b, &mut c_tn, m, k, n, write);
    assert_eq!(c_tn, c, "a transposed left factor changes no bit");

    let mut c_nt = old.clone();
    kernels::matmul_nt(&a, &b_t, &mut c_nt, m, k, n, write);
    close(&c_nt, &expected, k);
    if write == Write::Set {
        for i in 0..m {
            for j in 0..n {
                let row_dot = kernels::dot(&a[i * k..][..k], &b_t[j * k..][..k]);
                assert_eq!(c_nt[i * n + j], row_dot);
            }
        }
    }
}

fn updates<T: Scalar>(rows: usize, cols: usize, terms: usize, keep: f64, seed: u64) {
    let mut draws = Draws(seed);
    let before: Vec<T> = draws.vec(rows * cols);
    let us: Vec<Vec<T>> = (0..terms).map(|_| draws.vec(rows)).collect();
    let vs: Vec<Vec<T>> = (0..terms).map(|_| draws.vec(cols)).collect();
    let us: Vec<&[T]> = us.iter().map(Vec::as_slice).collect();
    let vs: Vec<&[T]> = vs.iter().map(Vec::as_slice).collect();
    let keep = T::from_f64(keep);

    let mut a = before.clone();
    kernels::rank_k_update(&mut a, rows, cols, keep, &us, &vs);
    let expected = product(
        (rows, terms, cols),
        |at| keep.to_f64() * before[at].to_f64(),
        |i, p| us[p][i],
        |p, j| vs[p][j],
    );
    close(&a, &expected, terms);
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![Just(Write::Set), Just(Write::Add)]
}

proptest! {
    #[test]
    fn dot_and_axpy_match_their_definition(len in 0..70_usize, seed: u64) {
        fn check<T: Scalar>(len: usize, seed: u64) {
            let mut draws = Draws(seed);
            let (x, mut y): (Vec<T>, Vec<T>) = (draws.vec(len), draws.vec(len));
            let expected = product((1, len, 1), |_| 0.0, |_, p| x[p], |p, _| y[p]);
            close(&[kernels::dot(&x, &y)], &expected, len);

            let alpha = T::from_f64(0.3);
            let expected = product((len, 1, 1), |i| y[i].to_f64(), |i, _| x[i], |_, _| alpha);
            kernels::axpy(alpha, &x, &mut y);
            close(&y, &expected, 1);
        }
        check::<f32>(len, seed);
        check::<f64>(len, seed);
    }

    #[test]
    fn matvecs_match_their_definition(rows in 0..70_usize, cols in 0..70_usize, seed: u64, write in write()) {
        vectors::<f32>(rows, cols, seed, write);
        vectors::<f64>(rows, cols, seed, write);
    }

    #[test]
    fn matmuls_match_their_definition(m in 0..20_usize, k in 0..40_usize, n in 0..70_usize, seed: u64, write in write()) {
        matrices::<f32>((m, k, n), seed, write);
        matrices::<f64>((m, k, n), seed, write);
    }

    #[test]
    fn transposing_puts_every_element_in_its_place(rows in 0..23_usize, cols in 0..23_usize) {
        fn check<T: Scalar>(rows: usize, cols: usize) {
            let x: Vec<T> = (0..rows * cols).map(|at| T::from_f64(at as f64)).collect();
            let mut y = vec![T::ZERO; x.len()];
            kernels::transpose(&x, rows, cols, &mut y);
            for i in 0..rows {
                for j in 0..cols {
                    assert_eq!(y[j * rows + i], x[i * cols + j]);
                }
            }
        }
        check::<f32>(rows, cols);
        check::<f64>(rows, cols);
    }

    #[test]
    fn rank_k_updates_match_their_definition(
        rows in 0..12_usize,
        cols in 0..70_usize,
        terms in 0..8_usize,
        keep in prop_oneof![Just(1.0), 0.5..1.5],
        seed: u64,
    ) {
        updates::<f32>(rows, cols, terms, keep, seed);
        updates::<f64>(rows, cols, terms, keep, seed);
    }
}

#[test]
fn sizes_beyond_the_blocks_of_rows_that_kernels_work_in() {
    vectors::<f32>(784, 170, 1, Write::Add);
    vectors::<f64>(600, 33, 2, Write::Set);
    updates::<f32>(300, 47, 3, 0.9, 3);
    updates::<f32>(300, 170, 2, 1.0, 4);
    matrices::<f32>((9, 300, 170), 5, Write::Add);
    matrices::<f32>((50, 170, 100), 8, Write::Set);
    matrices::<f32>((12, 384, 33), 9, Write::Set);
    matrices::<f32>((13, 385, 40), 10, Write::Set);
    matrices::<f32>((150, 900, 6), 6, Write::Set);
    matrices::<f64>((70, 1030, 7), 7, Write::Set);
}

#[test]
fn a_zero_coefficient_leaves_its_row_out_whatever_it_holds() {
    for cols in [5, 16, 37] {
        let mut a = vec![f32::NAN; 3 * cols];
        a[cols..2 * cols].fill(2.0);
        let x = [0.0, 3.0, -0.0];
        let mut y = vec![0.0; cols];
        kernels::matvec_transposed(&a, &x, &mut y, Write::Set);
        assert_eq!(y, vec![6.0; cols]);

        let mut a = vec![1.0_f32; 3 * cols];
        let v = vec![f32::INFINITY; cols];
        kernels::rank_k_update(&mut a, 3, cols, 1.0, &[&[0.0; 3]], &[&v]);
        assert_eq!(a, vec![1.0; 3 * cols]);
    }
}

#[test]
fn a_dot_product_with_an_infinite_element_is_infinite() {
    for cols in 1..50 {
        for at in 0..cols {
            let mut a = vec![1.0_f32; cols];
            a[at] = f32::INFINITY;
            let x = vec![0.5; cols];
            assert_eq!(kernels::dot(&a, &x), f32::INFINITY);
            assert_eq!(kernels::dot(&x, &a), f32::INFINITY);
        }
    }
}

#[test]
#[should_panic(expected = "matvec: A has 5 elements, not [2, 3]")]
fn matvec_panics_when_the_matrix_has_another_size() {
    kernels::matvec(&[0.0; 5], &[0.0; 3], &mut [0.0; 2], Write::Set);
}

#[test]
#[should_panic(expected = "rank_k_update: a vector on the right has 2 elements, not 3")]
fn rank_k_update_panics_when_a_vector_has_another_size() {
    kernels::rank_k_update(&mut [0.0; 6], 2, 3, 1.0, &[&[0.0; 2]], &[&[0.0; 2]]);
}
