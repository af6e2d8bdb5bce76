//! Sparsity patterns and projections: a state that leaves rows out and updates itself in one pass has the
//! values and gradients of a matrix of variables.

use metaplast_autodiff::{Projection, State, SummedOuter, Tape, Var, weighted_sum};
use metaplast_tensor::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;

/// Online learning of one layer from inputs with zeros, by a rule with all that an update can hold.
#[derive(Clone, Debug)]
struct Layer {
    rows: usize,
    cols: usize,
    /// For each step, one number per row; what is not positive is a dark pixel.
    inputs: Vec<Vec<f64>>,
    /// Whether the projection's right vector is that of the outer product, too.
    joined: bool,
    /// Without it and decay, nothing in the sweep needs earlier weights.
    projected: bool,
    decay: bool,
    theta: [f64; 4],
}

fn layers() -> impl Strategy<Value = Layer> {
    let shape = prop_oneof![(1..6usize, 1..6usize), (60..90usize, 30..40usize)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (shape, flags, vec(-0.2..0.2f64, 4)).prop_flat_map(
        |((rows, cols), (joined, projected, decay), theta)| {
            vec(vec(-1.0..1.0f64, rows), 1..5).prop_map(move |inputs| Layer {
                rows,
                cols,
                inputs,
                joined,
                projected,
                decay,
                theta: [theta[0], theta[1], theta[2], theta[3]],
            })
        },
    )
}

#[derive(Clone, Copy)]
enum Matrix<'t> {
    State(State<'t, f64>),
    Plain(Var<'t, f64>),
}

impl Layer {
    fn number(&self, i: usize) -> f64 {
        (1.7 * i as f64 + 0.3).sin() / (self.rows as f64).sqrt()
    }

    fn start(&self) -> Tensor<f64> {
        let shape = [self.rows, self.cols];
        Tensor::new(
            shape,
            (0..self.rows * self.cols).map(|i| self.number(i)).collect(),
        )
    }

    /// The loss, the gradient with respect to θ and the first matrix, and the last matrix.
    fn run(&self, state: bool, zeros: bool) -> (f64, Vec<f64>, Vec<f64>) {
        let tape = Tape::new();
        let theta = self.theta.map(|theta| tape.scalar(theta));
        let plain = (!state).then(|| tape.var(&self.start()));
        let kept = state.then(|| tape.state_with_gradient(&self.start()));
        let back = self.start().map(|b| 0.5 - b);
        let back = tape.state(&back);
        let mut w = match (plain, kept) {
            (Some(w), _) => Matrix::Plain(w),
            (_, Some(w)) => Matrix::State(w),
            _ => unreachable!("one of the two"),
        };
        let mut loss = tape.scalar(0.0);
        for input in &self.inputs {
            let x = tape.constant_with(self.rows, |x| {
                for (x, &value) in x.iter_mut().zip(input) {
                    *x = value.max(0.0);
                }
            });
            let x = if zeros { x.with_sparsity_pattern() } else { x };
            let z = match w {
                Matrix::State(w) => w.matvec_transposed(x),
                Matrix::Plain(w) => w.matvec_transposed(x),
            };
            let y = z.tanh();
            let error = back.matvec_within(y, x) * x;
            let right = if self.joined { y } else { y * 0.5 };
            let decay = self.decay.then_some(theta[3]);
            match &mut w {
                Matrix::State(w) => {
                    let projection = Projection {
                        scale: theta[2],
                        through: y,
                        right: y,
                    };
                    let projection = self.projected.then_some(projection);
                    let outer = SummedOuter {
                        coefficients: &theta[..2],
                        summands: &[x, error],
                        right,
                    };
                    w.update(decay, &[outer], projection);
                }
                Matrix::Plain(w) => {
                    let before = *w;
                    let kept = match decay {
                        Some(decay) => *w - *w * decay,
                        None => *w,
                    };
                    let left = weighted_sum(&theta[..2], &[x, error]);
                    *w = kept + left.outer(right);
                    if self.projected {
                        *w += before.matvec(y).outer(y) * theta[2];
                    }
                }
            }
            loss += y.square().sum();
        }
        let last = match w {
            Matrix::State(w) => w.value(),
            Matrix::Plain(w) => w.value(),
        };
        let total = loss.item();
        let gradients = loss.backward();
        let first = match (plain, kept) {
            (Some(w), _) => gradients.wrt(w),
            (_, Some(w)) => gradients.wrt_state(w),
            _ => unreachable!("one of the two"),
        };
        let mut gradient: Vec<f64> = theta.map(|theta| gradients.wrt(theta).item()).to_vec();
        gradient.extend_from_slice(first.data());
        if let Some(w) = kept {
            let (back, start) = (w.rewound_value(), self.start());
            assert!(close(back.data(), start.data()), "{back:?} and {start:?}");
        }
        (total, gradient, last.data().to_vec())
    }
}

fn close(a: &[f64], b: &[f64]) -> bool {
    let size = b.iter().fold(1.0, |size: f64, b| size.max(b.abs()));
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-11 * size)
}

proptest! {
    #[test]
    fn rows_left_out_change_nothing(layer in layers()) {
        let (loss, gradient, last) = layer.run(false, false);
        for zeros in [false, true] {
            let ours = layer.run(true, zeros);
            prop_assert!(close(&[ours.0], &[loss]), "loss {} and {loss}", ours.0);
            prop_assert!(close(&ours.1, &gradient), "{:?} and {gradient:?}", ours.1);
            prop_assert!(close(&ours.2, &last), "last weights");
        }
    }
}
