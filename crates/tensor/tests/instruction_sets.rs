//! Test: every instruction set gives the bits of the plain loop with fused multiply-add.

use proptest::prelude::*;

use super::Write;
use super::axpy::Axpy;
use super::back::Back;
use super::both::MatVecBoth;
use super::dispatch::{Anywhere, Here, Kernel, Machine, instruction_set};
use super::dot::Dot;
use super::map::{Function, Map};
use super::matmul::{MatMul, MatMulNt};
use super::matvec::MatVec;
use super::max_abs::{MaxAbs, MaxAbsBlocks};
use super::padded::{AddRows, Change, Dots};
use super::project::Project;
use super::rank_k::{Direction, RankK};
use super::transposed::MatVecTransposed;
use crate::Scalar;
use crate::padded::{PaddedMatrix, Rows, Way};
use crate::passes::{Found, Outer, Reverse, Through};

/// No wide instructions, but fused multiply-add, in software where need be.
struct Fused;

impl Machine for Fused {
    #[inline(never)]
    fn run<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<true>()
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::dispatch::{InstructionSet, Kernel, Machine, available};
    use super::super::dispatch::{run_avx2, run_avx512};

    pub(super) struct Avx2;
    pub(super) struct Avx512;

    impl Machine for Avx2 {
        fn run<K: Kernel>(kernel: K) -> K::Output {
            assert!(available(InstructionSet::Avx2));
            // SAFETY: asserted above.
            unsafe { run_avx2(kernel) }
        }
    }

    impl Machine for Avx512 {
        fn run<K: Kernel>(kernel: K) -> K::Output {
            assert!(available(InstructionSet::Avx512));
            // SAFETY: asserted above.
            unsafe { run_avx512(kernel) }
        }
    }
}

/// Numbers of mixed sign and size; some are zero.
fn numbers<T: Scalar>(len: usize, seed: u64) -> Vec<T> {
    let mut state = seed | 1;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99);
        let bits = state >> 33;
        let size = [0.0, 1.0, 1e-3, 300.0][(bits % 4) as usize];
        T::from_f64(size * (bits as f64 / f64::from(1 << 30) - 1.0))
    };
    (0..len).map(|_| next()).collect()
}

/// The results of all kernels on matrices of `rows` by `cols`, one after the other.
fn results<T: Scalar, M: Machine>(rows: usize, cols: usize, terms: usize, seed: u64) -> Vec<T> {
    let a = numbers::<T>(rows * cols, seed);
    let several = |len, salt| -> Vec<Vec<T>> {
        (0..=terms)
            .map(|k| numbers(len, seed ^ (salt + k as u64) << 7))
            .collect()
    };
    let (by_rows, by_cols) = (several(rows, 10), several(cols, 20));
    let us: Vec<&[T]> = by_rows.iter().map(Vec::as_slice).collect();
    let vs: Vec<&[T]> = by_cols.iter().map(Vec::as_slice).collect();
    let (x, y) = (vs[0], us[0]);
    let write = if seed.is_multiple_of(2) {
        Write::Set
    } else {
        Write::Add
    };

    let mut all = vec![M::run(Dot {
        x,
        y: &by_cols[terms],
    })];

    all.push(M::run(MaxAbs { x: &a }));

    let mut out = x.to_vec();
    M::run(Axpy {
        alpha: T::from_f64(0.7),
        x: &by_cols[terms],
        y: &mut out,
    });
    M::run(MatVecTransposed {
        a: &a,
        x: y,
        y: &mut out,
        write,
    });
    all.append(&mut out);

    let mut out = y.to_vec();
    M::run(MatVec {
        a: &a,
        x,
        y: &mut out,
        write,
    });
    all.append(&mut out);

    let (mut for_rows, mut for_cols) = (by_rows.clone(), by_cols.clone());
    M::run(MatVecBoth {
        a: &a,
        rows,
        cols,
        xs_cols: &vs,
        out_rows: &mut for_rows
            .iter_mut()
            .map(Vec::as_mut_slice)
            .collect::<Vec<_>>(),
        xs_rows: &us,
        out_cols: &mut for_cols
            .iter_mut()
            .map(Vec::as_mut_slice)
            .collect::<Vec<_>>(),
    });
    all.extend(for_rows.into_iter().flatten());
    all.extend(for_cols.into_iter().flatten());

    for keep in [T::ONE, T::from_f64(0.93)] {
        for direction in [Direction::Update, Direction::Undo] {
            let mut out = a.clone();
            let (us, vs) = (&us[..terms], &vs[..terms]);
            RankK {
                a: &mut out,
                rows,
                cols,
                keep,
                us,
                vs,
                direction,
            }
            .run_on::<M>();
            all.append(&mut out);
        }
    }
    all.extend(padded::<T, M>(&a, rows, cols, &us, &vs));

    let (m, k, n) = (terms, rows, cols);
    let left = numbers::<T>(m * k, seed ^ 5);
    let mut out = numbers::<T>(m * n, seed ^ 6);
    M::run(MatMul {
        a: &left,
        a_strides: (k, 1),
        b: &a,
        c: &mut out,
        m,
        k,
        n,
        write,
    });
    M::run(MatMul {
        a: &left,
        a_strides: (1, m),
        b: &a,
        c: &mut out,
        m,
        k,
        n,
        write: Write::Add,
    });
    all.append(&mut out);

    let (n, k) = (rows, cols);
    let left = numbers::<T>(m * k, seed ^ 7);
    let mut out = numbers::<T>(m * n, seed ^ 8);
    M::run(MatMulNt {
        a: &left,
        b: &a,
        c: &mut out,
        m,
        k,
        n,
        write,
    });
    all.append(&mut out);
    all
}

/// The kernels on padded matrices, on all rows and on about half of them, and a mapped function.
fn padded<T: Scalar, M: Machine>(
    a: &[T],
    rows: usize,
    cols: usize,
    us: &[&[T]],
    vs: &[&[T]],
) -> Vec<T> {
    let chosen: Vec<u32> = (0..rows as u32).filter(|i| i * i % 7 < 3).collect();
    let terms: Vec<usize> = (0..vs.len()).collect();
    let (mut matrix, mut vectors) = (PaddedMatrix::new(), PaddedMatrix::new());
    matrix.assign(rows, cols, a);
    vectors.assign(vs.len(), cols, &vs.concat());
    let mut all: Vec<T> = (0..rows)
        .map(|i| {
            let blocks = matrix.row_blocks(i);
            M::run(MaxAbsBlocks { blocks })
        })
        .collect();
    for set in [Rows::Range(0..rows), Rows::List(&chosen)] {
        let mut out = vec![vec![T::ONE; rows]; vs.len()];
        Dots {
            matrix: &matrix,
            rows: set.clone(),
            vectors: &vectors,
            xs: &terms,
            out: &mut out.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>(),
        }
        .run_on::<M>();
        all.extend(out.into_iter().flatten());
        let mut sums = vectors.clone();
        AddRows {
            matrix: &matrix,
            rows: set.clone(),
            coefficients: us,
            sums: &mut sums,
            into: &terms,
        }
        .run_on::<M>();
        all.extend(sums.to_vec());
        for way in [Way::Forth, Way::Back] {
            let mut changed = matrix.clone();
            Change {
                matrix: &mut changed,
                rows: set.clone(),
                keep: T::from_f64(0.93),
                us,
                vectors: &vectors,
                vs: &terms,
                way,
            }
            .run_on::<M>();
            all.extend(changed.to_vec());
        }
        // Products of four numbers in a row: of moderate ones.
        let moderate = |x: T| x * T::from_f64(1.0 / 300.0);
        let (small, vectors) = (matrix.map(moderate), vectors.map(moderate));
        let us: Vec<Vec<T>> = us
            .iter()
            .map(|u| u.iter().copied().map(moderate).collect())
            .collect();
        let us: Vec<&[T]> = us.iter().map(Vec::as_slice).collect();
        for n in 1..=us.len() {
            let terms = Outer {
                us: &us[..n],
                vectors: &vectors,
                vs: &terms[..n],
            };
            all.extend(passes::<T, M>(&small, &set, terms));
        }
    }
    let mut out = vec![T::ZERO; a.len()];
    M::run(Map {
        f: Logistic,
        x: a,
        y: &mut out,
    });
    all.append(&mut out);
    all
}

/// Forth and back with these terms, the first one shared by a projection.
fn passes<T: Scalar, M: Machine>(
    matrix: &PaddedMatrix<T>,
    rows: &Rows<'_>,
    terms: Outer<'_, T>,
) -> Vec<T> {
    let through = Through {
        scale: T::from_f64(-0.3),
        term: 0,
    };
    let keep = T::from_f64(0.93);
    let mut projected = vec![T::ONE; matrix.rows()];
    let mut value = matrix.clone();
    Project {
        matrix: &mut value,
        rows: rows.clone(),
        keep,
        terms,
        through,
        x: terms.vectors.rows() - 1,
        projected: &mut projected,
    }
    .run_on::<M>();
    let mut all = [value.to_vec(), projected.clone()].concat();
    let mut adjoint = matrix.clone();
    let (mut lefts, mut rights) = (
        vec![T::ONE; terms.us.len() * matrix.rows()],
        PaddedMatrix::new(),
    );
    rights.assign_zeros(terms.us.len() + 1, matrix.cols());
    let some = terms.us.len() - 1;
    for (keep, scale, wanted) in [(keep, T::ONE, some + 1), (T::ONE, keep, some)] {
        let step = Reverse {
            rows: rows.clone(),
            scale,
            waiting: terms,
            terms,
            keep,
            undo: true,
            through: Some(through),
            inner: true,
            wanted,
        };
        let found = Found {
            lefts: &mut lefts,
            rights: &mut rights,
            projected: &mut projected,
        };
        let back = Back {
            value: &mut value,
            adjoint: &mut adjoint,
            step: &step,
            found,
        };
        all.push(back.run_on::<M>());
        all.extend(lefts.iter().chain(&projected));
        all.extend(
            [&rights, &value, &adjoint]
                .map(PaddedMatrix::to_vec)
                .concat(),
        );
    }
    all
}

/// `ln(1 + exp(−x²))`
#[derive(Clone, Copy)]
struct Logistic;

impl<T: Scalar> Function<T> for Logistic {
    #[inline(always)]
    fn value(self, x: T) -> T {
        (-(x * x)).exp().ln_1p()
    }

    #[inline(always)]
    fn weighted(self, x: T, _: T, w: T) -> T {
        x * w
    }
}

fn bits<T: Scalar>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

fn compare<T: Scalar>(rows: usize, cols: usize, terms: usize, seed: u64) {
    let reference = results::<T, Fused>(rows, cols, terms, seed);
    assert!(reference.iter().all(|x| x.is_finite()));
    let expected = bits(&reference);
    if instruction_set().fused() {
        assert_eq!(bits(&results::<T, Here>(rows, cols, terms, seed)), expected);
    }
    #[cfg(target_arch = "x86_64")]
    {
        use super::dispatch::{InstructionSet, available};
        if available(InstructionSet::Avx2) {
            assert_eq!(
                bits(&results::<T, x86::Avx2>(rows, cols, terms, seed)),
                expected
            );
        }
        if available(InstructionSet::Avx512) {
            assert_eq!(
                results::<T, x86::Avx512>(rows, cols, terms, seed),
                reference
            );
        }
    }

    // Without fused multiply-add, each of the additions rounds its product as well.
    let rounded = results::<T, Anywhere>(rows, cols, terms, seed);
    let scale = 1e6 * (rows + cols + terms) as f64;
    for (ours, theirs) in rounded.iter().zip(&reference) {
        let error = (ours.to_f64() - theirs.to_f64()).abs();
        assert!(error <= scale * T::EPSILON, "{ours} and {theirs}");
    }
}

proptest! {
    #[test]
    fn all_instruction_sets_agree(
        rows in 0..40_usize,
        cols in 0..70_usize,
        terms in 0..6_usize,
        seed: u64,
    ) {
        compare::<f32>(rows, cols, terms, seed);
        compare::<f64>(rows, cols, terms, seed);
    }
}

/// A B and Aᵀ B on `M`, and the plain loop: chains of multiply-adds in the order of the inner index.
fn product_is_the_plain_loop<T: Scalar, M: Machine>(
    [m, k, n]: [usize; 3],
    transposed: bool,
    write: Write,
    seed: u64,
) {
    let (a, b) = (numbers::<T>(m * k, seed), numbers::<T>(k * n, seed ^ 1));
    let a_strides = if transposed { (1, m) } else { (k, 1) };
    let mut c = numbers::<T>(m * n, seed ^ 2);
    let mut expected = c.clone();
    for i in 0..m {
        for j in 0..n {
            let c = &mut expected[i * n + j];
            if write == Write::Set {
                *c = T::ZERO;
            }
            for p in 0..k {
                *c = a[i * a_strides.0 + p * a_strides.1].kernel_mul_add(b[p * n + j], *c);
            }
        }
    }
    let c_now = &mut c;
    M::run(MatMul {
        a: &a,
        a_strides,
        b: &b,
        c: c_now,
        m,
        k,
        n,
        write,
    });
    assert_eq!(bits(&c), bits(&expected), "[{m}, {k}, {n}] {transposed}");
}

fn products_are_plain_loops<T: Scalar>(extents: [usize; 3], seed: u64) {
    let write = [Write::Set, Write::Add][(seed % 2) as usize];
    for transposed in [false, true] {
        product_is_the_plain_loop::<T, Fused>(extents, transposed, write, seed);
        if instruction_set().fused() {
            product_is_the_plain_loop::<T, Here>(extents, transposed, write, seed);
        }
        #[cfg(target_arch = "x86_64")]
        if super::dispatch::available(super::dispatch::InstructionSet::Avx2) {
            product_is_the_plain_loop::<T, x86::Avx2>(extents, transposed, write, seed);
        }
    }
}

proptest! {
    #[test]
    fn products_have_the_bits_of_the_plain_loop(
        m in 0..30_usize,
        k in 0..150_usize,
        n in 0..70_usize,
        seed: u64,
    ) {
        products_are_plain_loops::<f32>([m, k, n], seed);
        products_are_plain_loops::<f64>([m, k, n], seed);
    }
}

#[test]
fn all_instruction_sets_agree_beyond_the_stretches() {
    compare::<f32>(300, 170, 3, 11);
    compare::<f64>(270, 130, 4, 12);
    compare::<f32>(3, 784, 2, 13);
}
