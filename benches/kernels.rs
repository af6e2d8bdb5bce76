//! Each kernel at the shapes of the paper's network, f32 and f64, beside a copy of the matrix.
//!
//! ```text
//! cargo bench --bench kernels
//! cargo bench --bench kernels -- f32/784x170
//! ```
//!
//! Weights are kept by input, so the first layer's matrix is `[784, 170]`. After criterion's lines
//! comes a table of GB/s (bytes of the matrix read and written, by the kernel's own need; vectors
//! not counted) and GFLOP/s, from the median of the samples. A new kernel is one more row of
//! [`rows`].

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast::tensor::Scalar;
use metaplast::tensor::kernels::fused::{
    OuterProducts, Projection, ReverseProducts, ReverseUpdate, project, reverse_update,
};
use metaplast::tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast::tensor::kernels::{
    Write, instruction_set, matmul, matmul_nt, matmul_tn, matvec, matvec_transposed, rank_k_update,
};

/// `[n_(l−1), n_l]` of the paper's layers.
const SHAPES: [(usize, usize); 5] = [(784, 170), (170, 130), (130, 100), (100, 70), (70, 47)];
/// Query images, which go through the network together.
const BATCH: usize = 50;

/// A matrix `[rows, cols]` and what kernels multiply it with.
struct Operands<T> {
    rows: usize,
    cols: usize,
    a: Vec<T>,
    copy: Vec<T>,
    /// Four vectors of `rows` elements and four of `cols`.
    us: Vec<Vec<T>>,
    vs: Vec<Vec<T>>,
    /// Results in the same shapes.
    left: Vec<T>,
    right: Vec<T>,
    /// Batches `[BATCH, rows]` and `[BATCH, cols]`.
    by_row: Vec<T>,
    by_col: Vec<T>,
    /// The matrix padded, as states hold it, an adjoint of its shape, the vectors of `cols`
    /// elements as rows, and room for sums.
    padded: PaddedMatrix<T>,
    adjoint: PaddedMatrix<T>,
    vectors: PaddedMatrix<T>,
    sums: PaddedMatrix<T>,
    lefts: Vec<T>,
}

impl<T: Scalar> Operands<T> {
    fn new(rows: usize, cols: usize) -> Self {
        let numbers = |n: usize, phase: f64| -> Vec<T> {
            let number = |i| T::from_f64(1e-3 * (0.7 * i as f64 + phase).sin());
            (0..n).map(number).collect()
        };
        let four = |n| -> Vec<Vec<T>> { (0..4).map(|k| numbers(n, f64::from(k))).collect() };
        let padded = |rows, cols, elements: &[T]| {
            let mut padded = PaddedMatrix::new();
            padded.assign(rows, cols, elements);
            padded
        };
        let (a, vs): (_, Vec<Vec<T>>) = (numbers(rows * cols, 0.5), four(cols));
        Operands {
            padded: padded(rows, cols, &a),
            adjoint: padded(rows, cols, &a),
            vectors: padded(4, cols, &vs.concat()),
            sums: padded(3, cols, &numbers(3 * cols, 0.0)),
            lefts: numbers(2 * rows, 0.0),
            rows,
            cols,
            a,
            copy: numbers(rows * cols, 0.0),
            us: four(rows),
            vs,
            left: numbers(rows, 0.0),
            right: numbers(cols, 0.0),
            by_row: numbers(BATCH * rows, 0.1),
            by_col: numbers(BATCH * cols, 0.2),
        }
    }

    fn update(&mut self, rank: usize, keep: T) {
        let us: Vec<&[T]> = self.us[..rank].iter().map(Vec::as_slice).collect();
        let vs: Vec<&[T]> = self.vs[..rank].iter().map(Vec::as_slice).collect();
        rank_k_update(&mut self.a, self.rows, self.cols, keep, &us, &vs);
    }
}

impl<T: Scalar> Operands<T> {
    /// The update of a rule with Oja's term: two outer products and a projection.
    fn project(&mut self) {
        let us = [&self.us[0][..], &self.us[1][..]];
        let terms = OuterProducts {
            us: &us,
            vectors: &self.vectors,
            vs: &[0, 1],
        };
        let projection = Projection {
            scale: T::from_f64(-1e-3),
            term: 1,
        };
        let (matrix, rows) = (&mut self.padded, Rows::Range(0..self.rows));
        project(
            matrix,
            rows,
            T::ONE,
            terms,
            projection,
            2,
            &mut self.left,
        );
    }

    /// Back over it: two contributions to the adjoint, four products, undoing and one product more.
    fn reverse(&mut self) {
        let us = [&self.us[0][..], &self.us[1][..]];
        let terms = OuterProducts {
            us: &us,
            vectors: &self.vectors,
            vs: &[0, 1],
        };
        let step = ReverseUpdate {
            rows: Rows::Range(0..self.rows),
            scale: T::ONE,
            pending: terms,
            terms,
            keep: T::ONE,
            undo: true,
            projection: Some(Projection {
                scale: T::from_f64(-1e-3),
                term: 1,
            }),
            inner: false,
            wanted: 2,
        };
        let products = ReverseProducts {
            lefts: &mut self.lefts,
            rights: &mut self.sums,
            projected: &mut self.left,
        };
        reverse_update(&mut self.padded, &mut self.adjoint, &step, products);
    }
}

/// A kernel, how often it reads or writes the matrix, and its flops for each element of it.
struct Row<T> {
    name: &'static str,
    passes: usize,
    flops: usize,
    run: fn(&mut Operands<T>),
}

fn rows<T: Scalar>() -> Vec<Row<T>> {
    let row = |name, passes, flops, run| Row {
        name,
        passes,
        flops,
        run,
    };
    vec![
        row("copy", 2, 0, |o| o.copy.copy_from_slice(&o.a)),
        row("matvec", 1, 2, |o| {
            matvec(&o.a, &o.vs[0], &mut o.left, Write::Set);
        }),
        row("matvec_transposed", 1, 2, |o| {
            matvec_transposed(&o.a, &o.us[0], &mut o.right, Write::Set);
        }),
        row("rank_k_update 1", 2, 2, |o| o.update(1, T::ONE)),
        row("rank_k_update 2", 2, 4, |o| o.update(2, T::ONE)),
        row("rank_k_update 4", 2, 8, |o| o.update(4, T::ONE)),
        row("rank_k_update 3, decay", 2, 7, |o| {
            o.update(3, T::from_f64(1.0 - 1e-9));
        }),
        row("padded: dots", 1, 2, |o| {
            let (rows, out) = (Rows::Range(0..o.rows), &mut [&mut o.left[..]]);
            o.padded.dots(rows, &o.vectors, &[0], out);
        }),
        row("padded: add_rows", 1, 2, |o| {
            let rows = Rows::Range(0..o.rows);
            o.padded.add_rows(rows, &[&o.us[0]], &mut o.sums, &[0]);
        }),
        row("padded: update 2", 2, 4, |o| {
            let (rows, us) = (Rows::Range(0..o.rows), [&o.us[0][..], &o.us[1][..]]);
            o.padded.update(rows, T::ONE, &us, &o.vectors, &[0, 1]);
        }),
        row("fused: project", 2, 6, Operands::project),
        row("fused: reverse_update", 4, 18, Operands::reverse),
        row("matmul, 50 rows", 1, 2 * BATCH, |o| {
            let (m, k, n) = (BATCH, o.rows, o.cols);
            matmul(&o.by_row, &o.a, &mut o.by_col, m, k, n, Write::Set);
        }),
        row("matmul_nt, 50 rows", 1, 2 * BATCH, |o| {
            let (m, k, n) = (BATCH, o.cols, o.rows);
            matmul_nt(&o.by_col, &o.a, &mut o.by_row, m, k, n, Write::Set);
        }),
        row("matmul_tn, 50 rows", 1, 2 * BATCH, |o| {
            let (m, k, n) = (o.rows, BATCH, o.cols);
            matmul_tn(&o.by_row, &o.by_col, &mut o.copy, m, k, n, Write::Set);
        }),
    ]
}

/// Median seconds of a call, filled in while criterion samples.
type Samples = RefCell<Vec<f64>>;

fn measure<T: Scalar>(criterion: &mut Criterion) {
    for (rows_of_a, cols) in SHAPES {
        let mut table = Vec::new();
        let mut group = criterion.benchmark_group(format!("{}/{rows_of_a}x{cols}", T::NAME));
        group.sample_size(20);
        for Row {
            name,
            passes,
            flops,
            run,
        } in rows::<T>()
        {
            let mut operands = Operands::new(rows_of_a, cols);
            let found = Samples::default();
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|times| {
                    let begin = Instant::now();
                    for _ in 0..times {
                        run(black_box(&mut operands));
                    }
                    let passed = begin.elapsed();
                    found.borrow_mut().push(passed.as_secs_f64() / times as f64);
                    passed
                });
            });
            let elements = (rows_of_a * cols) as f64;
            // A filter on the command line may have left it out.
            if let Some(seconds) = median(found.into_inner()) {
                let bytes = elements * (passes * size_of::<T>()) as f64;
                table.push((
                    name,
                    seconds,
                    bytes / seconds,
                    elements * flops as f64 / seconds,
                ));
            }
        }
        group.finish();
        print(&format!("{} {rows_of_a}×{cols}", T::NAME), &table);
    }
}

fn median(mut samples: Vec<f64>) -> Option<f64> {
    // Warm-up calls are among them, few and short.
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}

fn print(title: &str, table: &[(&str, f64, f64, f64)]) {
    if table.is_empty() {
        return;
    }
    println!("{title:<26} {:>10} {:>8} {:>8}", "µs", "GB/s", "GFLOP/s");
    for (name, seconds, bytes, flops) in table {
        println!(
            "{name:<26} {:>10.2} {:>8.1} {:>8.1}",
            seconds * 1e6,
            bytes / 1e9,
            flops / 1e9
        );
    }
    println!();
}

fn kernels(criterion: &mut Criterion) {
    println!("{:?}", instruction_set());
    measure::<f32>(criterion);
    measure::<f64>(criterion);
}

criterion_group!(benches, kernels);
criterion_main!(benches);
