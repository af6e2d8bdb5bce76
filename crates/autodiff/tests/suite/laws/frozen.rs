//! Frozen rows: a state whose last rows stop to change has the values and gradients of a matrix of variables that
//! updates leave alone there.

use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
use metaplast_autodiff::{Dual, Projection, Rewind, State, SummedOuter, Tape, Var};
use metaplast_tensor::{Random, Tensor, tensor};
use proptest::prelude::*;

/// Online learning of one layer, some rows of which are frozen before some steps.
#[derive(Clone, Debug)]
struct Layer {
    rows: usize,
    cols: usize,
    seed: u64,
    /// For each step how many of the rows that still change are frozen before it.
    freezes: Vec<usize>,
    projected: bool,
    decay: bool,
    /// Whether inputs say where they are zero.
    zeros: bool,
    /// Whether each step reads frozen rows, too.
    reads_all: bool,
    rewind: Option<u32>,
}

fn layers() -> impl Strategy<Value = Layer> {
    let flags = (any::<[bool; 4]>(), proptest::option::of(1..4u32));
    let shape = (1..20usize, 1..20usize, any::<u64>());
    let freezes = proptest::collection::vec(0..4usize, 1..7);
    (shape, freezes, flags).prop_map(|((rows, cols, seed), freezes, (flags, rewind))| Layer {
        rows,
        cols,
        seed,
        freezes,
        projected: flags[0],
        decay: flags[1],
        zeros: flags[2],
        reads_all: flags[3],
        rewind,
    })
}

#[derive(Clone, Copy)]
enum Matrix<'t> {
    State(State<'t, f64>),
    Plain(Var<'t, f64>),
}

impl<'t> Matrix<'t> {
    fn matvec_transposed(self, x: Var<'t, f64>) -> Var<'t, f64> {
        match self {
            Matrix::State(w) => w.matvec_transposed(x),
            Matrix::Plain(w) => w.matvec_transposed(x),
        }
    }
}

impl Layer {
    /// Loss, gradients by θ and the first matrix, and the last matrix.
    fn run(&self, plain: bool) -> (f64, Vec<f64>, Vec<f64>) {
        let &Layer { rows, cols, .. } = self;
        let mut random = Random::new(self.seed);
        let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| random.normal() / 2.0).collect() };
        let tape = Tape::<f64>::new();
        if let Some(every) = self.rewind {
            tape.set_rewind(Rewind::Snapshot { every });
        }
        let theta = [0.3, 0.2, 0.1].map(|theta| tape.scalar(theta));
        let start = Tensor::new([rows, cols], draw(rows * cols));
        let first = (!plain).then(|| tape.state_with_gradient(&start));
        let first_plain = plain.then(|| tape.var(&start));
        let mut w = match (first, first_plain) {
            (Some(w), _) => Matrix::State(w),
            (_, Some(w)) => Matrix::Plain(w),
            _ => unreachable!("one of the two"),
        };
        let mut changing = rows;
        let mut loss = tape.scalar(0.0);
        for &freeze in &self.freezes {
            changing -= freeze.min(changing);
            let mut left = draw(rows);
            left.iter_mut().skip(1).step_by(3).for_each(|x| *x = 0.0);
            let left = tape.constant(&Tensor::from(&left[..]));
            let left = if self.zeros {
                left.with_sparsity_pattern()
            } else {
                left
            };
            // Of rows that still change, unless frozen ones are read, too.
            let mut seen = draw(rows);
            let end = if self.reads_all { rows } else { changing };
            seen[end..].fill(0.0);
            let seen = tape.constant(&Tensor::from(&seen[..]));
            let seen = if self.zeros {
                seen.with_sparsity_pattern()
            } else {
                seen
            };
            let y = w.matvec_transposed(seen).tanh();
            match &mut w {
                Matrix::State(w) => {
                    w.freeze_rows_from(changing);
                    let projection = self.projected.then_some(Projection {
                        scale: theta[1],
                        through: y,
                        right: y,
                    });
                    let outer = SummedOuter {
                        coefficients: &[theta[0]],
                        summands: &[left],
                        right: y,
                    };
                    w.update(self.decay.then_some(theta[2]), &[outer], projection);
                }
                Matrix::Plain(w) => {
                    let mut mask = Tensor::zeros([rows, 1]);
                    mask.data_mut()[..changing].fill(1.0);
                    let mut change = (left * theta[0]).outer(y);
                    if self.projected {
                        change += (w.matvec(y) * theta[1]).outer(y);
                    }
                    if self.decay {
                        change -= *w * theta[2];
                    }
                    *w += change * tape.constant(&mask);
                }
            }
            loss += y.square().sum();
        }
        let ones = tape.constant(&Tensor::ones([rows]));
        loss += w.matvec_transposed(ones).sin().sum();
        let last = match w {
            Matrix::State(w) => w.value(),
            Matrix::Plain(w) => w.value(),
        };
        let value = loss.item();
        let gradients = loss.backward();
        let mut all: Vec<f64> = theta.map(|theta| gradients.wrt(theta).item()).to_vec();
        if let Some(w) = first {
            all.extend_from_slice(gradients.wrt_state(w).data());
            let (back, start) = (w.rewound_value(), start.data());
            assert!(close(back.data(), start), "{back:?} and {start:?}");
        }
        if let Some(w) = first_plain {
            all.extend_from_slice(gradients.wrt(w).data());
        }
        (value, all, last.data().to_vec())
    }
}

fn close(a: &[f64], b: &[f64]) -> bool {
    let size = b.iter().fold(1.0, |size: f64, b| size.max(b.abs()));
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-10 * size)
}

proptest! {
    #[test]
    fn frozen_rows_are_left_alone_in_value_and_derivative(layer in layers()) {
        let (loss, gradients, last) = layer.run(false);
        let (expected, plain, plain_last) = layer.run(true);
        prop_assert!((loss - expected).abs() <= 1e-10 * expected.abs().max(1.0));
        prop_assert!(close(&last, &plain_last), "{last:?} and {plain_last:?}");
        prop_assert!(close(&gradients, &plain), "{gradients:?} and {plain:?}");
    }
}

#[test]
fn gradients_are_those_of_finite_differences_and_forward_mode() {
    let inputs = [tensor![0.3, -0.2, 0.7], Tensor::scalar(0.4)];
    let first = tensor![[0.5, -0.3, 0.2], [0.1, 0.4, -0.6], [0.2, 0.2, 0.9]];
    let report = gradcheck(&inputs, Tolerance::default(), |x| {
        let w = x[0].tape().state(&first.map(Dual::constant));
        for changing in [3, 2, 1] {
            w.freeze_rows_from(changing);
            let y = w.matvec(x[0]).tanh();
            w.rank_k_update(Some(x[1] * 0.5), &[y * x[1]], &[x[0]]);
        }
        w.read().square().sum()
    });
    assert!(report.passed, "{report}");
}

#[test]
#[should_panic(expected = "row 2 of a state of shape [3, 1], of which 1 rows still change")]
fn frozen_rows_stay_frozen() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&tensor![[1.0], [2.0], [3.0]]);
    w.freeze_rows_from(1);
    w.freeze_rows_from(2);
}

#[test]
#[should_panic(expected = "state.scale: 1 rows of the state are frozen")]
fn factors_of_all_rows_need_rows_that_change() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&tensor![[1.0], [2.0]]);
    w.freeze_rows_from(1);
    w.scale(Some(tape.scalar(0.5)), &[]);
}

#[test]
#[should_panic(expected = "state.add_scaled: 2 rows of the state are frozen")]
fn sums_of_all_rows_need_rows_that_change() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&tensor![[1.0], [2.0]]);
    let other = tape.state(&tensor![[1.0], [2.0]]);
    w.freeze_rows_from(0);
    w.add_scaled(tape.scalar(0.5), other);
}

#[test]
fn a_new_recording_has_no_frozen_rows() {
    let tape = Tape::<f64>::new();
    for frozen in [true, false] {
        tape.reset();
        let w = tape.state(&tensor![[1.0], [2.0]]);
        if frozen {
            w.freeze_rows_from(0);
        }
        let one = tape.constant(&tensor![1.0]);
        let u = tape.constant(&tensor![1.0, 1.0]);
        w.rank_k_update(None, &[u], &[one]);
        let expected = if frozen { [1.0, 2.0] } else { [2.0, 3.0] };
        assert_eq!(w.value().data(), expected);
    }
}
