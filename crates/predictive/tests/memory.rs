//! The memory of an inference does not grow with its iterations.
//!
//! A program of its own, since the counting allocator is that of the whole program.

use metaplast_counting::{Counting, peak_bytes};
use metaplast_predictive::{
    Activation, Block, Chain, Dense, FixedPrediction, Loss, Method, Part, Solver, Strict, Target,
};
use metaplast_tensor::{Random, Tensor};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn dense() -> Chain<f64> {
    let mut random = Random::new(1);
    Chain::new()
        .then(Dense::random(20, 30, &mut random).then(Activation::Tanh))
        .then(Dense::random(30, 30, &mut random).then(Activation::Relu))
        .then(Dense::random(30, 5, &mut random))
}

/// The same on tapes.
fn blocks() -> Chain<f64> {
    let mut random = Random::new(1);
    let mut linear = |from, to| Part::Linear {
        weights: Tensor::normal([to, from], 0.0, 0.2, &mut random),
        bias: None,
    };
    Chain::new()
        .then(Block::of([linear(20, 30), Activation::Tanh.into()]))
        .then(Block::of([linear(30, 30), Activation::Relu.into()]))
        .then(Block::of([linear(30, 5)]))
}

fn peak(chain: &mut Chain<f64>, method: impl Into<Method>) -> usize {
    let x = Tensor::normal([8, 20], 0.0, 1.0, &mut Random::new(2));
    let target = Target::Classes((0..8).map(|i| i % 5).collect());
    let method = method.into();
    let mut infer = || {
        method
            .infer(chain, &x, &target, Loss::CROSS_ENTROPY)
            .unwrap()
    };
    // What layers keep from call to call is there already; tapes file their buffers away at the
    // second call.
    (0..3).for_each(|_| drop(infer()));
    peak_bytes(infer).1
}

#[test]
fn memory_is_flat_in_the_number_of_iterations() {
    for make in [dense, blocks] {
        let mut chain = make();
        let solvers = [
            Solver::Plain,
            Solver::Momentum(0.5),
            Solver::Sweep,
            Solver::ErrorCoordinates,
        ];
        for solver in solvers {
            let strict = |n| Strict::new(0.05, n).solver(solver);
            let (few, many) = (peak(&mut chain, strict(5)), peak(&mut chain, strict(500)));
            assert_eq!(few, many, "{solver:?}");
            assert!(few > 0);
        }
        let fixed = |n| FixedPrediction::new(0.1, n);
        let iterated = |n| fixed(n).iterated();
        assert_eq!(peak(&mut chain, fixed(5)), peak(&mut chain, fixed(500)));
        assert_eq!(
            peak(&mut chain, iterated(5)),
            peak(&mut chain, iterated(500))
        );
    }
}
