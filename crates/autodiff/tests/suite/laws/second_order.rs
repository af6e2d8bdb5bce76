//! Second derivatives, forward over reverse.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_tensor::{Tensor, tensor};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::laws::programs::{Matrix, Program, programs};

type Dual1 = Dual<f64, 1>;

fn close(a: &[f64], b: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt().max(1e-3);
    let error = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
        / norm;
    prop_assert!(error <= tolerance, "{error:e}: {a:?} instead of {b:?}");
    Ok(())
}

/// Gradient by every parameter, as duals, at parameters moved by `step` along fixed directions that
/// are also their tangents.
fn gradient_along(program: &Program, as_state: bool, step: f64) -> Vec<Dual1> {
    let direction = |place: usize| ((place * 53 + 7) % 31) as f64 / 15.5 - 1.0;
    let tape = Tape::<Dual1>::new();
    let mut place = 0;
    let parameters: Vec<Var<'_, Dual1>> = program
        .parameters()
        .iter()
        .map(|tensor| {
            tape.var(&tensor.map(|x| {
                place += 1;
                Dual::new(x + step * direction(place), [direction(place)])
            }))
        })
        .collect();
    let start = program.start().map(Dual::constant);
    let matrix = if as_state {
        Matrix::State(tape.state(&start))
    } else {
        Matrix::Plain(tape.constant(&start))
    };
    let gradients = program.run(matrix, &parameters).backward();
    let all = parameters.iter().map(|&p| gradients.wrt(p).into_data());
    all.flatten().collect()
}

fn tangents(duals: &[Dual1]) -> Vec<f64> {
    duals.iter().map(|dual| dual.tangent()[0]).collect()
}

fn values(duals: &[Dual1]) -> Vec<f64> {
    duals.iter().map(|dual| dual.value()).collect()
}

proptest! {
    /// The Hessian of ½ xᵀAx is (A + Aᵀ)/2.
    #[test]
    fn hessian_of_a_quadratic(n in 1..8usize, numbers in vec(-1.0..1.0f64, 100)) {
        let a = Tensor::from_fn([n, n], |i| numbers[i[0] * 8 + i[1]]);
        let (x, v) = (&numbers[70..70 + n], &numbers[80..80 + n]);
        let tape = Tape::<Dual1>::new();
        let matrix = tape.constant(&a.map(Dual::constant));
        let point: Vec<Dual1> = x.iter().zip(v).map(|(&x, &v)| Dual::new(x, [v])).collect();
        let point = tape.var(&point.into());
        let value = point.dot(matrix.matvec(point)) * 0.5;
        let gradient = value.backward().wrt(point);
        let v = Tensor::from(v);
        let expected = &(&a.matvec(&v) + &a.matvec_transposed(&v)) * 0.5;
        close(&tangents(gradient.data()), expected.data(), 1e-12)?;
    }

    /// Through states as through ordinary variables, constant reads included.
    #[test]
    fn a_state_has_the_second_derivatives_of_a_variable(program in programs(true)) {
        let state = gradient_along(&program, true, 0.0);
        let plain = gradient_along(&program, false, 0.0);
        close(&values(&state), &values(&plain), 1e-12)?;
        close(&tangents(&state), &tangents(&plain), 1e-11)?;
    }

    /// And both are the derivative of the gradient.
    #[test]
    fn second_derivatives_agree_with_differences(program in programs(false)) {
        let state = gradient_along(&program, true, 0.0);
        let at = |step: f64| values(&gradient_along(&program, true, step));
        let h = 1e-3;
        let (near, far) = ((at(h), at(-h)), (at(2.0 * h), at(-2.0 * h)));
        let differences: Vec<f64> = (0..state.len())
            .map(|i| (8.0 * (near.0[i] - near.1[i]) - (far.0[i] - far.1[i])) / (12.0 * h))
            .collect();
        close(&tangents(&state), &differences, 1e-6)?;
    }
}

/// d²/dθ² of a weight that learned twice: W = w + 2θx², read by θx.
#[test]
fn a_rate_and_its_square() {
    let tape = Tape::<Dual1>::new();
    let theta = tape.scalar(Dual::seeded(3.0, 0));
    let w = tape.state(&tensor![[0.5]].map(Dual::constant));
    let x = tape.constant(&tensor![1.0].map(Dual::constant));
    for _ in 0..2 {
        w.rank_k_update(None, &[x * theta], &[x]);
    }
    let loss = w.matvec(x * theta).sum();
    // θ (w + 2θ): derivative w + 4θ, second derivative 4.
    let gradient = loss.backward().wrt(theta).item();
    assert_eq!((gradient.value(), gradient.tangent()), (12.5, [4.0]));
}
