//! What ordinary nets are made of: each operation forward and backward, in both precisions, one thread.
//!
//! ```text
//! cargo bench -p metaplast-autodiff --bench nets            # all
//! cargo bench -p metaplast-autodiff --bench nets -- tanh    # names that contain this
//! ```
//!
//! `peers/nets_peer.py` beside this file measures PyTorch or JAX in the same way and prints the same
//! table. A line holds the operation, and in `f32` and `f64` the time of forward and backward
//! together, in nanoseconds for each element of the operand (products: for each thousand
//! multiply-adds of the forward product; nodes: for each node).

use std::hint::black_box;
use std::time::Instant;

use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Scalar, Tensor};

const ROWS: usize = 1024;
const COLS: usize = 256;

/// Numbers in [0.25, 1.75), without a pattern that matters.
fn numbers<T: Scalar>(shape: &[usize], seed: u64) -> Tensor<T> {
    let mut state = seed;
    Tensor::from_fn(shape, |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        T::from_f64(0.25 + 1.5 * ((state >> 40) as f64 / (1u64 << 24) as f64))
    })
}

/// The nanoseconds that one in ten calls stays below, over two tenths of a second or more: other
/// programs on the machine slow the rest.
fn fast(mut f: impl FnMut()) -> f64 {
    // `-- --test` asks whether it runs.
    let once = std::env::args().any(|argument| argument == "--test");
    f();
    let mut times = Vec::new();
    let begin = Instant::now();
    while times.is_empty() || !once && (times.len() < 9 || begin.elapsed().as_millis() < 200) {
        let begin = Instant::now();
        f();
        times.push(begin.elapsed().as_nanos() as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 10]
}

type Operation<T> = for<'t> fn(&[Var<'t, T>]) -> Var<'t, T>;

/// An operation, the shapes of its operands, and what its time is divided by.
struct Case<T: Scalar> {
    name: &'static str,
    shapes: Vec<Vec<usize>>,
    operation: Operation<T>,
    units: f64,
}

fn case<T: Scalar>(name: &'static str, shapes: &[&[usize]], operation: Operation<T>) -> Case<T> {
    Case {
        name,
        shapes: shapes.iter().map(|shape| shape.to_vec()).collect(),
        operation,
        units: shapes[0].iter().product::<usize>() as f64,
    }
}

fn cases<T: Scalar>() -> Vec<Case<T>> {
    let (x, row, column) = (&[ROWS, COLS][..], &[COLS][..], &[ROWS, 1][..]);
    let mut cases = vec![
        case("add", &[x, x], |x| x[0] + x[1]),
        case("mul", &[x, x], |x| x[0] * x[1]),
        case("relu", &[x], |x| x[0].relu()),
        case("exp", &[x], |x| x[0].exp()),
        case("ln", &[x], |x| x[0].ln()),
        case("sqrt", &[x], |x| x[0].sqrt()),
        case("tanh", &[x], |x| x[0].tanh()),
        case("sigmoid", &[x], |x| x[0].sigmoid()),
        case("gelu", &[x], |x| x[0].gelu()),
        case("softplus", &[x], |x| x[0].softplus(1.0)),
        case("sin", &[x], |x| x[0].sin()),
        case("cos", &[x], |x| x[0].cos()),
        case("powf", &[x], |x| x[0].powf(1.7)),
        case("softmax", &[x], |x| x[0].softmax()),
        case("log_softmax", &[x], |x| x[0].log_softmax(1)),
        case("sum", &[x], |x| x[0].sum()),
        case("sum_axes_0", &[x], |x| x[0].sum_axes(&[0], false)),
        case("sum_axes_1", &[x], |x| x[0].sum_axes(&[1], false)),
        case("norm", &[x], |x| x[0].norm()),
        case("logsumexp_1", &[x], |x| x[0].logsumexp_axes(&[1], false)),
        case("max_1", &[x], |x| x[0].max_axes(&[1], false)),
        case("row_add", &[x, row], |x| x[0] + x[1]),
        case("column_mul", &[x, column], |x| x[0] * x[1]),
        case("permute", &[&[8, 32, 32, 32]], |x| {
            x[0].permute(&[0, 2, 3, 1])
        }),
        case("transpose", &[x], |x| x[0].transpose()),
        case("conv_3x3", &[&[16, 8, 32, 32], &[16, 8, 3, 3]], |x| {
            x[0].conv2d(x[1], [1, 1], [1, 1])
        }),
        case("max_pool", &[&[16, 16, 32, 32]], |x| {
            x[0].max_pool2d([2, 2], [2, 2])
        }),
        case("avg_pool", &[&[16, 16, 32, 32]], |x| {
            x[0].avg_pool2d([2, 2], [2, 2])
        }),
    ];
    for (name, n) in [
        ("matmul_64", 64),
        ("matmul_256", 256),
        ("matmul_512", 512),
        ("matmul_1024", 1024),
    ] {
        cases.push(Case {
            units: (n * n * n) as f64 / 1000.0,
            ..case(name, &[&[n, n], &[n, n]], |x| x[0].matmul(x[1]))
        });
    }
    cases
}

fn forward_and_backward<T: Scalar>(case: &Case<T>) -> f64 {
    let tape = Tape::<T>::new();
    let inputs: Vec<Tensor<T>> = (1..)
        .zip(&case.shapes)
        .map(|(s, x)| numbers(x, s))
        .collect();
    let inputs: Vec<Var<'_, T>> = inputs.iter().map(|x| tape.var(x)).collect();
    let seed = Tensor::ones((case.operation)(&inputs).shape());
    let mark = tape.mark();
    let time = fast(|| {
        tape.cut(mark);
        let y = (case.operation)(black_box(&inputs));
        black_box(y.backward_with(black_box(&seed)));
    });
    time / case.units
}

/// Recording and sweeping a chain of scalar products, where bookkeeping is all there is.
fn nodes<T: Scalar>() -> [f64; 2] {
    const CHAIN: usize = 200_000;
    let tape = Tape::<T>::new();
    let chain = || {
        tape.reset();
        (0..CHAIN).fold(tape.scalar(T::ONE), |x, _| x * 0.99999)
    };
    let record = fast(|| {
        black_box(chain());
    });
    let result = chain();
    let sweep = fast(|| {
        black_box(result.backward());
    });
    [record, sweep].map(|time| time / CHAIN as f64)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| wanted.is_none_or(|part| name.contains(part.as_str()));
    println!("{:12} {:>9} {:>9}", "operation", "f32", "f64");
    for (single, double) in cases::<f32>().iter().zip(&cases::<f64>()) {
        if wanted(single.name) {
            let times = [forward_and_backward(single), forward_and_backward(double)];
            println!("{:12} {:9.3} {:9.3}", single.name, times[0], times[1]);
        }
    }
    if wanted("node") {
        let (single, double) = (nodes::<f32>(), nodes::<f64>());
        for (k, name) in ["node_record", "node_sweep"].into_iter().enumerate() {
            println!("{name:12} {:9.3} {:9.3}", single[k], double[k]);
        }
    }
}
