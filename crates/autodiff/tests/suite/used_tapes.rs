//! A tape that has been used before holds numbers of its earlier recordings; none of them may be seen.

use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::Tensor;

type Function = for<'t> fn(&[Var<'t, f32>]) -> Var<'t, f32>;

/// More elements than are made zero at a time, and not a multiple of any width.
const SHAPE: [usize; 2] = [67, 45];

fn inputs(seed: f32) -> [Tensor<f32>; 3] {
    [&SHAPE[..], &SHAPE[1..], &[SHAPE[0], 1]].map(|shape| {
        Tensor::from_fn(shape, |i| {
            let place = i.iter().fold(0, |sum, i| 7 * sum + i) as f32;
            1.5 + ((place + seed) * 0.7).sin()
        })
    })
}

/// The value and the gradients by all inputs.
fn run(tape: &Tape<f32>, f: Function, seed: f32) -> Vec<Tensor<f32>> {
    tape.reset();
    let inputs = inputs(seed);
    let x: Vec<_> = inputs.iter().map(|x| tape.var(x)).collect();
    let y = f(&x);
    let start = Tensor::from_fn(y.shape(), |i| 0.3 + i.iter().sum::<usize>() as f32);
    let gradients = y.backward_with(&start);
    let by_inputs = x.iter().map(|&x| gradients.wrt(x));
    std::iter::once(y.value()).chain(by_inputs).collect()
}

const FUNCTIONS: [Function; 10] = [
    |x| x[0].relu() + x[1],
    |x| x[1] - x[0].sqrt() - x[2],
    |x| x[0] * x[1] / x[2] - x[0],
    |x| (x[0] / x[1]).tanh() * x[0].exp(),
    |x| x[0].sum() + x[1].mean(),
    |x| x[0].sigmoid().softmax(),
    |x| x[0].maximum(x[1]).minimum(x[2]),
    |x| x[0].transpose().matmul(x[0]),
    |x| x[0].sum_axes(&[0], false) * x[1],
    |x| {
        let image = x[0].reshape([1, 1, SHAPE[0], SHAPE[1]]);
        let kernel = x[1].reshape([5, 1, 3, 3]);
        image
            .conv2d(kernel, [1, 2], [1, 1])
            .max_pool2d([2, 2], [2, 2])
    },
];

#[test]
fn a_used_tape_gives_the_bits_of_a_new_one() {
    let used = Tape::new();
    for round in 0..2 {
        for (k, &f) in FUNCTIONS.iter().enumerate() {
            let seed = (3 * round + k) as f32;
            assert_eq!(
                run(&used, f, seed),
                run(&Tape::new(), f, seed),
                "function {k}"
            );
        }
    }
}

/// What is cut away is not seen either, and a value may be the root of one sweep and on the way of the next.
#[test]
fn sweeps_from_several_roots_of_one_recording_are_independent() {
    let gradients = |cut: bool| {
        let tape = Tape::<f32>::new();
        let [x, ..] = inputs(0.0);
        let x = tape.var(&x);
        let (y, mark) = (x.square(), tape.mark());
        if cut {
            let _ = y.exp().sum().backward();
            tape.cut(mark);
        }
        let z = (y * x).sum();
        let first = y.backward_with(&Tensor::ones(SHAPE)).wrt(x);
        let second = z.backward().wrt(x);
        let kept = y.retain().backward_with(&Tensor::ones(SHAPE));
        [first, second, kept.wrt(x), kept.wrt(y)]
    };
    assert_eq!(gradients(true), gradients(false));
}
