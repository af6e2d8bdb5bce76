//! What the tape costs: operations of four sizes, and the bookkeeping of a node.
//!
//! ```text
//! cargo bench -p metaplast-autodiff --bench tape
//! ```

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::Tensor;

/// Elements of an operand.
const SIZES: [usize; 4] = [1, 64, 4096, 1_000_000];

/// The operation under measurement, of one or two operands of the same shape.
type Operation = for<'t> fn(Var<'t, f32>, Var<'t, f32>) -> Var<'t, f32>;

const OPERATIONS: [(&str, Operation); 18] = [
    ("add", |x, y| x + y),
    ("mul", |x, y| x * y),
    ("div", |x, y| x / y),
    ("maximum", |x, y| x.maximum(y)),
    ("relu", |x, _| x.relu()),
    ("sqrt", |x, _| x.sqrt()),
    ("exp", |x, _| x.exp()),
    ("ln", |x, _| x.ln()),
    ("sin", |x, _| x.sin()),
    ("tanh", |x, _| x.tanh()),
    ("sigmoid", |x, _| x.sigmoid()),
    ("softplus", |x, _| x.softplus(1.0)),
    ("sum", |x, _| x.sum()),
    ("max", |x, _| x.max()),
    ("logsumexp", |x, _| x.logsumexp()),
    ("softmax", |x, _| x.softmax()),
    ("dot", |x, y| x.dot(y)),
    ("reshape", |x, _| x.unsqueeze(0)),
];

/// Values in [0.5, 1.5), where every operation is defined.
fn operand(size: usize, seed: f32) -> Tensor<f32> {
    Tensor::from_fn([size], |i| 0.5 + (i[0] as f32 * 0.618 + seed).fract())
}

/// Each operation recorded once, and swept once from a seed of ones. The operands are put on the
/// tape once; each recording is cut off again, so that nothing is allocated.
fn operations(criterion: &mut Criterion) {
    for (name, operation) in OPERATIONS {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for size in SIZES {
            let tape = Tape::<f32>::new();
            let (x, y) = (tape.var(&operand(size, 0.1)), tape.var(&operand(size, 0.7)));
            let mark = tape.mark();
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(format!("forward/{size}"), |bencher| {
                bencher.iter(|| {
                    black_box(operation(black_box(x), black_box(y)));
                    tape.cut(mark);
                });
            });
            let result = operation(x, y);
            let seed = Tensor::ones(result.shape());
            group.bench_function(format!("backward/{size}"), |bencher| {
                bencher.iter(|| black_box(result.backward_with(black_box(&seed))));
            });
        }
        group.finish();
    }
}

/// Nodes of the chain.
const CHAIN: usize = 10_000;

fn chain(x: Var<'_, f32>) -> Var<'_, f32> {
    (0..CHAIN).fold(x, |x, _| x * 0.999)
}

/// A chain of scalar multiplications, where bookkeeping is all there is.
fn nodes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("node");
    group.throughput(Throughput::Elements(CHAIN as u64));
    let tape = Tape::<f32>::new();
    group.bench_function("forward", |bencher| {
        bencher.iter(|| {
            tape.reset();
            black_box(chain(tape.scalar(1.0)))
        });
    });
    tape.reset();
    let result = chain(tape.scalar(1.0));
    group.bench_function("backward", |bencher| {
        bencher.iter(|| black_box(result.backward()));
    });
    group.finish();
}

criterion_group!(benches, operations, nodes);
criterion_main!(benches);
