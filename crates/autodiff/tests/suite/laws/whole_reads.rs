//! A read of a whole state is its product with an identity, in value and in every derivative.

use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
use metaplast_autodiff::{Dual, State, Tape, Var, operators};
use metaplast_tensor::{Random, Scalar, Tensor, tensor};
use proptest::prelude::*;

/// `W` as products with an identity, `[rows, cols]`.
fn by_products<'t, T: Scalar>(tape: &'t Tape<T>, state: State<'t, T>) -> Var<'t, T> {
    let rows = state.shape().dims()[0];
    let mut identity = Tensor::zeros([rows, rows]);
    for i in 0..rows {
        identity.data_mut()[i * rows + i] = T::ONE;
    }
    state.matvec_transposed_rows(tape.constant(&identity))
}

/// A state that is read whole before, between and after updates that decay, project and use it; returns
/// a number, and the gradients by rate, vector and first value.
fn program(
    (rows, cols, seed): (usize, usize, u64),
    whole: impl for<'t> Fn(&'t Tape<f64>, State<'t, f64>) -> Var<'t, f64>,
) -> (f64, [Vec<f64>; 3]) {
    let mut random = Random::new(seed);
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| random.normal() / 2.0).collect() };
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(0.2);
    let x = tape.var(&Tensor::new([cols], draw(cols)));
    let w = tape.state_with_gradient(&Tensor::new([rows, cols], draw(rows * cols)));
    let target = tape.constant(&Tensor::new([rows, cols], draw(rows * cols)));
    let mut loss = (whole(&tape, w) * target).sum();
    for step in 0..3 {
        let y = w.matvec(x).tanh();
        let decay = (step == 1).then_some(rate * 0.1);
        w.rank_k_update(decay, &[y * rate], &[x]);
        if step < 2 {
            loss += (whole(&tape, w) - target).square().sum();
        }
    }
    loss = loss + whole(&tape, w).tanh().sum() + w.matvec(x).sum();
    let value = loss.item();
    let gradients = loss.backward();
    let by_rate = vec![gradients.wrt(rate).item()];
    let by_vector = gradients.wrt(x).data().to_vec();
    (
        value,
        [by_rate, by_vector, gradients.wrt_state(w).data().to_vec()],
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn values_and_gradients_are_those_of_products(
        rows in 1..20usize,
        cols in 1..20usize,
        seed in any::<u64>(),
    ) {
        let (value, gradients) = program((rows, cols, seed), |_, w| w.read());
        let (expected, by_products) = program((rows, cols, seed), by_products);
        prop_assert!((value - expected).abs() <= 1e-12 * expected.abs().max(1.0));
        for (a, b) in gradients.iter().flatten().zip(by_products.iter().flatten()) {
            prop_assert!((a - b).abs() <= 1e-10 * b.abs().max(1.0), "{a} {b}");
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences_and_forward_mode() {
    let inputs = [tensor![0.3, -0.2, 0.7], Tensor::scalar(0.4)];
    let first = tensor![[0.5, -0.3, 0.2], [0.1, 0.4, -0.6]];
    let report = gradcheck(&inputs, Tolerance::default(), |x| {
        let w = x[0].tape().state(&first.map(Dual::constant));
        let y = w.matvec(x[0]).tanh();
        w.rank_k_update(Some(x[1] * 0.5), &[y * x[1]], &[x[0]]);
        w.read().square().sum()
    });
    assert!(report.passed, "{report}");
}

#[test]
fn a_detached_read_is_a_constant() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![2.0]);
    let w = tape.state_with_gradient(&tensor![[3.0]]);
    let loss = (w.detached().read().sum() * x.sum()).square();
    let gradients = loss.backward();
    assert_eq!(gradients.wrt(x), tensor![36.0]);
    assert_eq!(gradients.wrt_state(w), tensor![[0.0]]);

    let tape = Tape::<Dual<f64, 1>>::new();
    let w = tape.state(&Tensor::new([1, 1], vec![Dual::seeded(3.0, 0)]));
    assert_eq!(w.read().sum().item().tangent(), [1.0]);
    assert_eq!(w.detached().read().sum().item().tangent(), [0.0]);
}

#[test]
fn second_derivatives_pass_through_it() {
    let f = operators::function(|x: &[Var<'_, Dual<f64, 1>>]| {
        let w = x[0].tape().state(&Tensor::zeros([2, 2]));
        w.rank_k_update(None, &[x[0]], &[x[0]]);
        // Σ (x_i x_j)² = |x|⁴
        w.read().square().sum()
    });
    let (x, v) = (tensor![1.0, 2.0], tensor![1.0, 0.0]);
    let product = operators::hvp(f, &[x], &[v]);
    // H = 4 |x|² 1 + 8 x xᵀ
    assert_eq!(product[0], tensor![28.0, 16.0]);
}

#[test]
#[should_panic(expected = "after a sweep")]
fn a_rewound_state_is_not_read() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![1.0]);
    let w = tape.state(&tensor![[1.0]]);
    w.rank_k_update(None, &[x], &[x]);
    w.read().sum().backward();
    let _ = w.read();
}
