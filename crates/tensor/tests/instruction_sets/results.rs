//! What every kernel computes on the same random numbers, one result after the other.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::fused::{
    OuterProducts, Projection, ReverseProducts, ReverseUpdate, project, reverse_update,
};
use metaplast_tensor::kernels::padded::{Factors, PaddedMatrix, Rows};
use metaplast_tensor::kernels::{self, Function, SparseMatrix, SymmetricMatrix, Write};

/// Extents of a matrix, the number of vectors along either side, and a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) terms: usize,
    pub(crate) seed: u64,
}

/// Numbers of mixed sign and size; some are zero.
pub(crate) fn numbers<T: Scalar>(len: usize, seed: u64) -> Vec<T> {
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

fn slices<T>(vectors: &[Vec<T>]) -> Vec<&[T]> {
    vectors.iter().map(Vec::as_slice).collect()
}

/// The results of all kernels.
pub(crate) fn results<T: Scalar>(case: Case) -> Vec<T> {
    let seed = case.seed;
    let vectors = Vectors::<T>::new(case);
    let (a, us, vs) = (
        &vectors.matrix,
        slices(&vectors.lefts),
        slices(&vectors.rights),
    );
    let write = [Write::Set, Write::Add][(seed % 2) as usize];
    let mut all = on_slices(case, a, &us, &vs, write);
    all.extend(on_padded_matrices(case, a, &us, &vs).concat());
    all.extend(products(case, a, write));
    all.extend(mapped(a));
    all.extend(on_a_sparse_matrix(case, a, vs[0]));
    all.extend(on_a_symmetric_matrix(&us));
    all
}

/// The results of kernels that work on numbers by their parts, those of each apart. Of sums of a whole
/// matrix's products and of elements scaled, the last, values may be rounded in another way.
pub(crate) fn results_by_parts<T: Scalar>(case: Case) -> Vec<Vec<T>> {
    let vectors = Vectors::<T>::new(case);
    let (a, us, vs) = (
        &vectors.matrix,
        slices(&vectors.lefts),
        slices(&vectors.rights),
    );
    let write = [Write::Set, Write::Add][(case.seed % 2) as usize];
    let mut all = vec![products(case, a, write)];
    all.extend(on_padded_matrices(case, a, &us, &vs));
    all
}

/// A matrix, and vectors along its rows and columns.
struct Vectors<T> {
    matrix: Vec<T>,
    lefts: Vec<Vec<T>>,
    rights: Vec<Vec<T>>,
}

impl<T: Scalar> Vectors<T> {
    fn new(case: Case) -> Self {
        let Case {
            rows,
            cols,
            terms,
            seed,
        } = case;
        let several = |len, salt| -> Vec<Vec<T>> {
            (0..=terms)
                .map(|k| numbers(len, seed ^ (salt + k as u64) << 7))
                .collect()
        };
        Vectors {
            matrix: numbers(rows * cols, seed),
            lefts: several(rows, 10),
            rights: several(cols, 20),
        }
    }
}

fn on_a_sparse_matrix<T: Scalar>(case: Case, a: &[T], x: &[T]) -> Vec<T> {
    let Case { rows, cols, .. } = case;
    let entries = a.iter().enumerate().filter(|(_, a)| !a.is_zero());
    let entries = entries.map(|(at, &a)| (at / cols, at % cols, a));
    let mut out = vec![T::ZERO; rows];
    SparseMatrix::new(rows, cols, entries).matvec(x, &mut out);
    out
}

fn on_a_symmetric_matrix<T: Scalar>(us: &[&[T]]) -> Vec<T> {
    let n = us[0].len();
    let mut matrix = SymmetricMatrix::scaled_identity(n, T::from_f64(0.1));
    let mut all = Vec::new();
    for s in us.chunks(SymmetricMatrix::<T>::OUTERS) {
        let mut out = vec![T::ZERO; n];
        matrix.subtract_outers_and_matvec(s, us[0], &mut out);
        all.append(&mut out);
    }
    let mut out = vec![T::ZERO; n];
    matrix.matvec(us[0], &mut out);
    all.append(&mut out);
    all.extend((0..n).map(|i| matrix.get(i, i / 2)));
    all
}

fn on_slices<T: Scalar>(case: Case, a: &[T], us: &[&[T]], vs: &[&[T]], write: Write) -> Vec<T> {
    let Case {
        rows, cols, terms, ..
    } = case;
    let (x, y) = (vs[0], us[0]);
    let mut all = vec![
        kernels::dot(x, vs[terms]),
        kernels::max_abs(a),
        kernels::sum(a),
    ];
    let mut sums = x.to_vec();
    kernels::sum_columns(a, &mut sums);
    all.append(&mut sums);
    let mut sums = y.to_vec();
    kernels::sum_rows(a, &mut sums);
    all.append(&mut sums);
    let mut out = x.to_vec();
    kernels::axpy(T::from_f64(0.7), vs[terms], &mut out);
    kernels::matvec_transposed(a, y, &mut out, write);
    all.append(&mut out);
    let mut out = y.to_vec();
    kernels::matvec(a, x, &mut out, write);
    all.append(&mut out);
    for keep in [T::ONE, T::from_f64(0.93)] {
        let mut out = a.to_vec();
        kernels::rank_k_update(&mut out, rows, cols, keep, &us[..terms], &vs[..terms]);
        all.append(&mut out);
    }
    all
}

/// Products of matrices, some of them with few columns and some with short rows.
fn products<T: Scalar>(case: Case, a: &[T], write: Write) -> Vec<T> {
    let Case {
        rows,
        cols,
        terms: m,
        seed,
    } = case;
    let left = numbers::<T>(m * rows, seed ^ 5);
    let mut all = numbers::<T>(m * cols, seed ^ 6);
    kernels::matmul(&left, a, &mut all, m, rows, cols, write);
    kernels::matmul_tn(&left, a, &mut all, m, rows, cols, Write::Add);
    let left = numbers::<T>(m * cols, seed ^ 7);
    let mut out = numbers::<T>(m * rows, seed ^ 8);
    kernels::matmul_nt(&left, a, &mut out, m, cols, rows, write);
    all.append(&mut out);
    all
}

/// On all rows of a padded matrix and on about half of them. The results of each kernel are apart, those
/// whose values numbers by parts may round in another way last.
fn on_padded_matrices<T: Scalar>(case: Case, a: &[T], us: &[&[T]], vs: &[&[T]]) -> Vec<Vec<T>> {
    let Case { rows, cols, .. } = case;
    let chosen: Vec<u32> = (0..rows as u32).filter(|i| i * i % 7 < 3).collect();
    let places: Vec<usize> = (0..vs.len()).collect();
    let (mut matrix, mut vectors) = (PaddedMatrix::new(), PaddedMatrix::new());
    matrix.assign(rows, cols, a);
    vectors.assign(vs.len(), cols, &vs.concat());
    let mut all: Vec<Vec<T>> = vec![(0..rows).map(|i| matrix.row_max_abs(i)).collect()];
    let mut sums_and_scaled = Vec::new();
    for set in [Rows::Range(0..rows), Rows::List(&chosen)] {
        let mut out = vec![vec![T::ONE; rows]; vs.len()];
        let mut outs: Vec<&mut [T]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        matrix.dots(set.clone(), &vectors, &places, &mut outs);
        all.push(out.concat());
        let mut sums = vectors.clone();
        matrix.add_rows(set.clone(), us, &mut sums, &places);
        all.push(sums.to_vec());
        for keep in [T::ONE, T::from_f64(0.93)] {
            let mut changed = matrix.clone();
            changed.update(set.clone(), keep, us, &vectors, &places);
            all.push(changed.to_vec());
            let mut changed = matrix.clone();
            changed.undo(set.clone(), keep, us, &vectors, &places);
            all.push(changed.to_vec());
        }
        // Products of four numbers in a row: of moderate ones.
        let moderate = |x: T| x * T::from_f64(1.0 / 300.0);
        let (small, vectors) = (matrix.map(moderate), vectors.map(moderate));
        let us: Vec<Vec<T>> = us
            .iter()
            .map(|u| u.iter().copied().map(moderate).collect())
            .collect();
        let us = slices(&us);
        for n in 1..=us.len() {
            let terms = OuterProducts {
                us: &us[..n],
                vectors: &vectors,
                vs: &places[..n],
            };
            let (inner, others) = forward_and_back(&small, &set, terms);
            all.push(others);
            sums_and_scaled.extend(inner);
        }
        sums_and_scaled.extend(scaled_and_back(&small, &us, &vectors));
    }
    all.push(sums_and_scaled);
    all
}

/// Elements multiplied by factors of these vectors, and the way back.
fn scaled_and_back<T: Scalar>(
    matrix: &PaddedMatrix<T>,
    us: &[&[T]],
    vs: &PaddedMatrix<T>,
) -> Vec<T> {
    let us = us.concat();
    let factors = Factors {
        keep: T::from_f64(0.93),
        us: &us,
        vs,
    };
    let (mut value, mut adjoint) = (matrix.clone(), matrix.clone());
    value.scale_elements(factors);
    let mut all = value.to_vec();
    let (mut us_adjoint, mut vs_adjoint) = (us.clone(), vs.clone());
    let into = (&mut us_adjoint[..], &mut vs_adjoint);
    all.push(value.reverse_scale_elements(&mut adjoint, factors, (true, true), into));
    all.extend(value.to_vec());
    all.extend(adjoint.to_vec());
    all.extend(us_adjoint);
    all.extend(vs_adjoint.to_vec());
    all
}

/// An update with these terms, a projection with the first one, and its reverse: the sums of products of
/// whole matrices, and all else.
fn forward_and_back<T: Scalar>(
    matrix: &PaddedMatrix<T>,
    rows: &Rows<'_>,
    terms: OuterProducts<'_, T>,
) -> (Vec<T>, Vec<T>) {
    let projection = Projection {
        scale: T::from_f64(-0.3),
        term: 0,
    };
    let keep = T::from_f64(0.93);
    let mut projected = vec![T::ONE; matrix.rows()];
    let mut value = matrix.clone();
    let x = terms.vectors.rows() - 1;
    project(
        &mut value,
        rows.clone(),
        keep,
        terms,
        projection,
        x,
        &mut projected,
    );
    let mut inner = Vec::new();
    let mut all = [value.to_vec(), projected.clone()].concat();
    let mut adjoint = matrix.clone();
    let mut lefts = vec![T::ONE; terms.us.len() * matrix.rows()];
    let mut rights = PaddedMatrix::new();
    rights.assign_zeros(terms.us.len() + 1, matrix.cols());
    let some = terms.us.len() - 1;
    for (keep, scale, wanted) in [(keep, T::ONE, some + 1), (T::ONE, keep, some)] {
        for projection in [Some(projection), None] {
            let step = ReverseUpdate {
                rows: rows.clone(),
                scale,
                pending: terms,
                terms,
                keep,
                undo: true,
                projection,
                inner: true,
                wanted,
            };
            let products = ReverseProducts {
                lefts: &mut lefts,
                rights: &mut rights,
                projected: &mut projected,
            };
            inner.push(reverse_update(&mut value, &mut adjoint, &step, products));
            all.extend(lefts.iter().chain(&projected));
            all.extend(value.to_vec());
            all.extend(adjoint.to_vec());
            // What is added to rows of terms for which it is not wanted is left open.
            let elements = rights.to_vec();
            let (of_terms, back) = elements.split_at(terms.us.len() * matrix.cols());
            all.extend(&of_terms[..wanted * matrix.cols()]);
            all.extend(back);
            rights.assign_zeros(terms.us.len() + 1, matrix.cols());
        }
    }
    (inner, all)
}

fn mapped<T: Scalar>(x: &[T]) -> Vec<T> {
    let mut y = vec![T::ZERO; x.len()];
    kernels::map(Logistic, x, &mut y);
    let mut into = x.to_vec();
    kernels::map_add(Logistic, x, &y, x, &mut into);
    [y, into].concat()
}

/// `ln(1 + exp(−x²))` with every other function added to it.
#[derive(Clone, Copy)]
struct Logistic;

impl<T: Scalar> Function<T> for Logistic {
    #[inline(always)]
    fn value(self, x: T) -> T {
        let curved = (-(x * x)).exp().ln_1p();
        let waves = x.near_sin() * x.near_cos();
        let size = x.abs() + T::ONE;
        curved + waves + size.ln() + x.tanh() + (-size).exp_m1() + size.powf(0.7) + size.powf(-3.0)
    }

    #[inline(always)]
    fn weighted(self, x: T, y: T, w: T) -> T {
        x * y * w
    }
}
