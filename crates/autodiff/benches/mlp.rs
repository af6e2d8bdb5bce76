//! Loss and gradients of a network 784-256-10 (ReLU, softmax cross-entropy), beside the `autograd`
//! crate: f32, the same weights, inputs and labels, gradients by all four parameters.
//!
//! `autograd` builds a graph and then evaluates it. Its graph is built once, outside the
//! measurement; the tape records anew every time, as it would in a training loop.
//!
//! ```text
//! cargo bench -p metaplast-autodiff --bench mlp
//! ```

use std::hint::black_box;

use autograd::ndarray::{Array, IxDyn};
use autograd::tensor::Variable;
use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_autodiff::Tape;
use metaplast_tensor::Tensor;

const INPUTS: usize = 784;
const HIDDEN: usize = 256;
const CLASSES: usize = 10;

/// Numbers in [−0.5, 0.5) times `scale`, without a pattern that matters.
fn numbers(shape: [usize; 2], scale: f32, seed: u64) -> Tensor<f32> {
    let mut state = seed;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        scale * ((state >> 40) as f32 / (1u64 << 24) as f32 - 0.5)
    })
}

/// Weights and biases of both layers, in turn.
fn parameters() -> [Tensor<f32>; 4] {
    [
        numbers([INPUTS, HIDDEN], 0.1, 1),
        numbers([1, HIDDEN], 0.1, 2),
        numbers([HIDDEN, CLASSES], 0.2, 3),
        numbers([1, CLASSES], 0.2, 4),
    ]
}

/// Loss and gradients, copied out as a training step needs them.
fn ours(tape: &Tape<f32>, x: &Tensor<f32>, labels: &[usize], p: &[Tensor<f32>; 4]) -> Results {
    tape.reset();
    let vars = p.each_ref().map(|p| tape.var(p));
    let hidden = (tape.constant(x).matmul(vars[0]) + vars[1]).relu();
    let loss = (hidden.matmul(vars[2]) + vars[3]).softmax_cross_entropy(labels);
    let value = loss.item();
    let gradients = loss.backward();
    (value, vars.map(|var| gradients.wrt(var).into_data()))
}

type Results = (f32, [Vec<f32>; 4]);

fn theirs(tensor: &Tensor<f32>) -> Array<f32, IxDyn> {
    let shape = IxDyn(tensor.dims());
    Array::from_shape_vec(shape, tensor.data().to_vec()).expect("the tensor's own shape")
}

fn network(criterion: &mut Criterion) {
    for batch in [1, 64] {
        let x = numbers([batch, INPUTS], 1.0, 5);
        let labels: Vec<usize> = (0..batch).map(|i| i * 7 % CLASSES).collect();
        let parameters = parameters();
        let mut group = criterion.benchmark_group(format!("mlp_batch_{batch}"));
        group.sample_size(50);

        let tape = Tape::new();
        let expected = ours(&tape, &x, &labels, &parameters);
        group.bench_function("metaplast", |bencher| {
            bencher.iter(|| black_box(ours(&tape, black_box(&x), &labels, &parameters)));
        });

        let targets = Tensor::from_fn([batch, 1], |i| labels[i[0]] as f32);
        let (x, targets) = (theirs(&x), theirs(&targets));
        autograd::with(|graph: &mut autograd::Graph<f32>| {
            let vars = parameters.each_ref().map(|p| graph.variable(theirs(p)));
            let input = graph.placeholder(&[-1, INPUTS as isize]);
            let target = graph.placeholder(&[-1, 1]);
            let hidden = graph.relu(graph.matmul(input, vars[0]) + vars[1]);
            let logits = graph.matmul(hidden, vars[2]) + vars[3];
            let losses = graph.sparse_softmax_cross_entropy(logits, target);
            let loss = graph.reduce_mean(losses, &[0, 1], false);
            let mut wanted = vec![loss];
            wanted.extend(graph.grad(&[loss], &vars));
            let run = || {
                let feeds = [input.given(x.view()), target.given(targets.view())];
                graph.eval(&wanted, &feeds)
            };

            // Both must have computed the same thing for the times to be comparable.
            let results: Vec<_> = run().into_iter().map(|r| r.expect("evaluates")).collect();
            let (loss, gradients) = results.split_first().expect("five results");
            assert!((loss.iter().sum::<f32>() - expected.0).abs() < 1e-4);
            for (gradient, expected) in gradients.iter().zip(&expected.1) {
                let pairs = gradient.iter().zip(expected);
                let most = pairs.fold(0f32, |most, (a, b)| most.max((a - b).abs()));
                assert!(gradient.len() == expected.len() && most < 1e-4, "{most}");
            }

            group.bench_function("autograd", |bencher| bencher.iter(|| black_box(run())));
        });
        group.finish();
    }
}

criterion_group!(benches, network);
criterion_main!(benches);
