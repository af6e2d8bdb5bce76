//! A tape that is used again asks the allocator for nothing.
//!
//! A program of its own, since the counting allocator is that of the whole program.

use metaplast_autodiff::{Rewind, Tape, Var, weighted_sum};
use metaplast_counting::{Counting, requests};
use metaplast_tensor::{Scalar, Tensor};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What an episode starts from, made beforehand.
struct Fixture<T> {
    weights: Tensor<T>,
    batch: Tensor<T>,
    targets: Tensor<T>,
}

impl<T: Scalar> Fixture<T> {
    fn new() -> Self {
        let number = |i: &[usize]| T::from_f64(((3 * i[0] + 5 * i[1]) % 7) as f64 * 0.1 - 0.3);
        Fixture {
            weights: Tensor::from_fn([20, 30], number),
            batch: Tensor::from_fn([4, 30], number),
            targets: Tensor::full([4, 20], T::from_f64(0.05)),
        }
    }
}

/// Steps like those of a plasticity rule: reads both ways, three outer products, decay, and a batch
/// at the end.
fn record<'t, T: Scalar>(tape: &'t Tape<T>, fixture: &Fixture<T>, steps: usize) -> Var<'t, T> {
    let theta: [Var<'t, T>; 4] =
        std::array::from_fn(|r| tape.scalar(T::from_f64(0.001 * (r + 1) as f64)));
    let decay = tape.scalar(T::from_f64(0.01));
    let ones = tape.constant_with(20, |ones| ones.fill(T::ONE));
    let state = tape.state_with_gradient(&fixture.weights);
    for step in 0..steps {
        let x = tape.constant_with(30, |x| x[step % 30] = T::ONE);
        let z = state.matvec(x);
        let y = z.softplus(10.0);
        let e = y.softmax() - y;
        let below = state.matvec_transposed(e) * x.softplus_slope(10.0);
        let back = state.detached().matvec_transposed(y);
        let scale = theta[0] * y.sum() + theta[1] * z.dot(e);
        let first = weighted_sum(&[scale, theta[1]], &[x, below]);
        let second = weighted_sum(&[theta[1], theta[2], -theta[2]], &[below, x, back]);
        let third = below * theta[3];
        state.rank_k_update(Some(decay), &[e, y, ones], &[first, second, third]);
    }
    let rows = state.matvec_rows(tape.constant(&fixture.batch)).tanh();
    (rows - tape.constant(&fixture.targets)).square().mean()
}

fn second_use_allocates_nothing<T: Scalar>(rewind: Rewind) {
    let fixture = Fixture::<T>::new();
    let tape = Tape::<T>::new();
    tape.set_rewind(rewind);
    let round = || {
        tape.reset();
        let loss = record(&tape, &fixture, 40);
        let _ = loss.backward();
    };
    let first = requests(round);
    // The counter works.
    assert!(first > 0);
    // The second use may still make room to file away the buffers in which the first one's
    // gradients stood.
    assert!(requests(round) <= 1);
    for _ in 0..3 {
        assert_eq!(
            requests(round),
            0,
            "{} {rewind:?}, first use {first}",
            T::NAME
        );
    }
    // A shorter recording fits as well.
    assert_eq!(
        requests(|| {
            tape.reset();
            let _ = record(&tape, &fixture, 13).backward();
        }),
        0
    );
}

#[test]
fn recording_and_sweeping_again_allocates_nothing() {
    for rewind in [
        Rewind::Undo,
        Rewind::Snapshot { every: 1 },
        Rewind::Snapshot { every: 7 },
    ] {
        second_use_allocates_nothing::<f64>(rewind);
        second_use_allocates_nothing::<f32>(rewind);
    }
}

/// One step, and it is cut away again.
#[test]
fn learning_without_gradients_allocates_nothing() {
    let fixture = Fixture::<f32>::new();
    let tape = Tape::<f32>::new();
    let state = tape.state(&fixture.weights);
    let rate = tape.without_gradients(|| tape.scalar(0.01));
    let step = || {
        let mark = tape.mark();
        let x = tape.constant_with(30, |x| x[3] = 1.0);
        let y = state.matvec(x).softplus(10.0);
        state.rank_k_update(None, &[y * rate], &[x]);
        tape.cut(mark);
    };
    step();
    let hundred = || (0..100).for_each(|_| step());
    assert_eq!(requests(hundred), 0);
}
