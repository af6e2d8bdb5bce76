//! Gradients through states against three others: the matrix as an ordinary variable, forward mode,
//! and finite differences.

use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
use metaplast_autodiff::{Dual, Rewind, SummedOuter, Tape, Var, weighted_sum};
use proptest::prelude::*;

use crate::laws::programs::{Matrix, Program, programs};

fn norm(all: &[Vec<f64>]) -> f64 {
    all.iter().flatten().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The derivative of the loss along fixed directions of all parameters and the first matrix, by
/// forward mode and as inner product with the reverse gradient.
fn along(program: &Program, gradients: &[Vec<f64>]) -> (f64, f64) {
    let direction = |place: usize| ((place * 37 + 11) % 29) as f64 / 14.5 - 1.0;
    let tape = Tape::<Dual<f64, 1>>::new();
    let mut place = 0;
    let mut inner = 0.0;
    let mut tensors = program.parameters();
    tensors.push(program.start());
    let mut seeded = tensors
        .iter()
        .zip(&gradients[1..])
        .map(|(tensor, gradient)| {
            let mut at = 0;
            tensor.map(|x| {
                let tangent = direction(place);
                inner += tangent * gradient[at];
                place += 1;
                at += 1;
                Dual::new(x, [tangent])
            })
        });
    let count = program.parameters().len();
    let parameters: Vec<Var<'_, _>> = seeded.by_ref().take(count).map(|p| tape.var(&p)).collect();
    let state = tape.state(&seeded.next().expect("the matrix"));
    drop(seeded);
    let [tangent] = program
        .run(Matrix::State(state), &parameters)
        .item()
        .tangent();
    (tangent, inner)
}

proptest! {
    #[test]
    fn a_state_has_the_gradients_of_a_variable(program in programs(true)) {
        let plain = program.gradients::<f64>(false, Rewind::Undo);
        for rewind in [Rewind::Undo, Rewind::Snapshot { every: 1 }, Rewind::Snapshot { every: 2 }] {
            let state = program.gradients::<f64>(true, rewind);
            let error = distance(&state, &plain) / norm(&plain);
            prop_assert!(error <= 1e-12, "{rewind:?}: {error:e}");
        }
    }

    #[test]
    fn reverse_agrees_with_forward(program in programs(true)) {
        let gradients = program.gradients::<f64>(true, Rewind::Undo);
        let (tangent, inner) = along(&program, &gradients);
        let error = (tangent - inner).abs() / norm(&gradients);
        prop_assert!(error <= 1e-12, "tangent {tangent}, inner product {inner}");
    }

    #[test]
    fn reverse_agrees_with_differences(program in programs(false)) {
        // The state's first value is no input of a check; it may stand anywhere on the tape.
        let report = gradcheck(&program.parameters(), Tolerance::default(), |parameters| {
            let tape = parameters[0].tape();
            let state = tape.state(&program.start().map(Dual::constant));
            program.run(Matrix::State(state), parameters)
        });
        prop_assert!(report.passed, "{report}");
    }
}

/// Reads of a state as a constant: the gradient flows to what is multiplied, not into the weights.
#[test]
fn detached_reads_stop_at_the_weights() {
    use metaplast_tensor::tensor;
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(2.0);
    let x = tape.var(&tensor![3.0]);
    let w = tape.state_with_gradient(&tensor![[5.0]]);
    let one = tape.constant(&tensor![1.0]);
    w.rank_k_update(None, &[one * rate], &[one]);
    let loss = w.detached().matvec(x).sum() + w.matvec(one).sum() * 10.0;
    assert_eq!(loss.item(), 91.0);
    let gradients = loss.backward();
    assert_eq!(gradients.wrt(x).data(), [7.0]);
    assert_eq!(gradients.wrt(rate).item(), 10.0);
    assert_eq!(gradients.wrt_state(w).data(), [10.0]);
}

/// Sums within an update, at the most summands that its record has room for and beyond, are what sums
/// made before it are.
#[test]
fn sums_of_any_number_of_summands() {
    use metaplast_tensor::{Tensor, tensor};
    let run = |summands: usize, within: bool| {
        let tape = Tape::<f64>::new();
        let w = tape.state(&tensor![[0.3, -0.2], [0.1, 0.4]]);
        let number = |k: usize| (0.7 * k as f64 + 0.2).sin();
        let c: Vec<Var<f64>> = (0..summands).map(|k| tape.scalar(number(k))).collect();
        let vector = |k: usize| tape.var(&Tensor::from_fn([2], |i| number(31 * k + i[0])));
        let x: Vec<Var<f64>> = (0..summands).map(vector).collect();
        let (right, other) = (tape.var(&tensor![0.5, -1.0]), tape.var(&tensor![2.0, 0.3]));
        let parts = [(0..1, other), (1..summands, right)];
        if within {
            let outers = parts.map(|(range, right)| SummedOuter {
                coefficients: &c[range.clone()],
                summands: &x[range],
                right,
            });
            w.update(None, &outers, None);
        } else {
            let lefts = parts
                .clone()
                .map(|(range, _)| weighted_sum(&c[range.clone()], &x[range]));
            w.rank_k_update(None, &lefts, &parts.map(|(_, right)| right));
        }
        let gradients = w.matvec(right).square().sum().backward();
        let all: Vec<f64> = c
            .iter()
            .chain(&x)
            .chain([&right, &other])
            .flat_map(|&input| gradients.wrt(input).data().to_vec())
            .collect();
        (w.rewound_value(), all)
    };
    for summands in [2, 31, 32, 33, 40] {
        assert_eq!(run(summands, true), run(summands, false), "{summands}");
    }
}
