//! How long the kernels take at the sizes of the paper's network. Run it by hand:
//! `cargo test --release -p metaplast-tensor --test timing -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Write};

/// The best of many runs in microseconds, which on a shared machine is the least disturbed one.
fn best(mut f: impl FnMut()) -> f64 {
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64() * 1e6
    };
    (0..400).map(|_| time(&mut f)).fold(f64::INFINITY, f64::min)
}

fn ramp<T: Scalar>(len: usize) -> Vec<T> {
    (0..len)
        .map(|i| T::from_f64((i % 97) as f64 / 97.0 - 0.51))
        .collect()
}

fn report<T: Scalar>(rows: usize, cols: usize) {
    let mut a = ramp::<T>(rows * cols);
    let (x, mut y) = (ramp::<T>(cols), ramp::<T>(rows));
    let (mut x_out, mut y_out) = (x.clone(), y.clone());
    let line = |what: &str, time: f64| {
        println!("{:>4} {rows:>4}×{cols:<4} {what:<28}{time:8.2} µs", T::NAME)
    };

    line(
        "matvec",
        best(|| kernels::matvec(&a, black_box(&x), &mut y_out, Write::Set)),
    );
    line(
        "matvec_transposed, dense",
        best(|| {
            kernels::matvec_transposed(&a, black_box(&y), &mut x_out, Write::Set);
        }),
    );
    line(
        "matvec_both 1+1",
        best(|| {
            kernels::matvec_both(
                &a,
                rows,
                cols,
                &[black_box(&x)],
                &mut [&mut y_out],
                &[&y],
                &mut [&mut x_out],
            );
        }),
    );
    let keep = T::from_f64(0.999);
    for terms in 1..=3 {
        let (us, vs) = (vec![&y[..]; terms], vec![&x[..]; terms]);
        line(
            &format!("rank_{terms}_update"),
            best(|| kernels::rank_k_update(&mut a, rows, cols, T::ONE, &us, &vs)),
        );
        line(
            &format!("rank_{terms}_undo"),
            best(|| kernels::rank_k_undo(&mut a, rows, cols, T::ONE, &us, &vs)),
        );
        line(
            &format!("rank_{terms}_update, decay"),
            best(|| kernels::rank_k_update(&mut a, rows, cols, keep, &us, &vs)),
        );
        line(
            &format!("rank_{terms}_undo, decay"),
            best(|| kernels::rank_k_undo(&mut a, rows, cols, keep, &us, &vs)),
        );
    }
    for (i, y) in y.iter_mut().enumerate() {
        if i % 20 < 13 {
            *y = T::ZERO;
        }
    }
    line(
        "matvec_transposed, ⅔ zeros",
        best(|| {
            kernels::matvec_transposed(&a, black_box(&y), &mut x_out, Write::Set);
        }),
    );
    line(
        "rank_2_update, ⅔ zeros",
        best(|| kernels::rank_k_update(&mut a, rows, cols, T::ONE, &[&y, &y], &[&x, &x])),
    );
}

fn report_products<T: Scalar>(m: usize, k: usize, n: usize) {
    let (a, b) = (ramp::<T>(m * k), ramp::<T>(k * n));
    let mut c = ramp::<T>(m * n);
    let line = |what: &str, time: f64| {
        let rate = 2e-3 * (m * k * n) as f64 / time;
        println!(
            "{:>4} {m}×{k}×{n} {what:<20}{time:8.2} µs {rate:6.1} GFLOP/s",
            T::NAME
        );
    };
    line(
        "matmul",
        best(|| kernels::matmul(black_box(&a), &b, &mut c, m, k, n, Write::Set)),
    );
    line(
        "matmul_nt",
        best(|| kernels::matmul_nt(black_box(&a), &b, &mut c, m, k, n, Write::Set)),
    );
    line(
        "matmul_tn",
        best(|| kernels::matmul_tn(black_box(&a), &b, &mut c, m, k, n, Write::Set)),
    );
}

#[test]
#[ignore = "prints timings"]
fn kernels_at_the_sizes_of_the_paper() {
    println!("on {}", kernels::instruction_set());
    for (rows, cols) in [(784, 170), (784, 176), (170, 784), (170, 130), (70, 47)] {
        report::<f32>(rows, cols);
    }
    report::<f64>(784, 170);
    report_products::<f32>(50, 784, 170);
    report_products::<f64>(50, 784, 170);
}
