//! Through which matrices errors travel back, on a tape.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, State, Tape, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::architecture::Architecture;
use crate::feedback::{Feedback, OwnFeedback};
use crate::network::Network;
use crate::pathway::Pathway;

/// What takes the place of `B_lᵀ e_l`.
pub(crate) enum Transport<'t, T: Scalar> {
    /// `B_lᵀ`, `[n_(l−1), n_l]`: states that are never updated.
    Fixed(Vec<State<'t, T>>),
    /// Matrices from the output to each layer, `[n_(l−1), n_L]`, likewise.
    Direct(Vec<State<'t, T>>),
    /// The forward weights; detached ones are constants in derivatives.
    Weights { detached: bool },
    /// The signs of the forward weights with these magnitudes, `[n_(l−1), n_l]`.
    Signs(Vec<Arc<Tensor<T>>>),
    /// `B_lᵀ`, which learns as `W_l` does.
    Learning(Vec<State<'t, T>>),
    /// `B_lᵀ`, which learns `W_l` from noise.
    Mirror(Vec<State<'t, T>>),
    /// Somebody's own.
    Own(Box<dyn OwnFeedback<T> + 't>),
}

impl<'t, T: Scalar> Transport<'t, T> {
    /// # Panics
    /// When a kind that needs feedback weights comes without them or with some that do not fit.
    #[track_caller]
    pub(crate) fn new(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        feedback: Feedback,
        weights: Option<&Pathway<T>>,
    ) -> Self {
        let matrices = || {
            let Some(b) = weights else {
                panic!("network: {feedback} feedback needs feedback weights");
            };
            match feedback {
                Feedback::Direct => b.check_direct(architecture),
                _ => b.check(architecture),
            }
            b.transposed()
        };
        let states = || matrices().iter().map(|b| tape.state(b)).collect();
        match feedback {
            Feedback::Fixed => Transport::Fixed(states()),
            Feedback::Direct => Transport::Direct(states()),
            Feedback::KolenPollack | Feedback::WeightMirror => Transport::on(feedback, states()),
            Feedback::Symmetric => Transport::Weights { detached: true },
            Feedback::Attached => Transport::Weights { detached: false },
            Feedback::SignSymmetric => {
                let magnitudes = |b: &Tensor<T>| {
                    let data = b.data().iter().map(|b| b.abs()).collect();
                    Arc::new(Tensor::new(b.shape().clone(), data))
                };
                Transport::Signs(matrices().iter().map(magnitudes).collect())
            }
        }
    }

    /// Feedback of a kind that learns, on these states.
    pub(crate) fn on(feedback: Feedback, states: Vec<State<'t, T>>) -> Self {
        match feedback {
            Feedback::WeightMirror => Transport::Mirror(states),
            _ => Transport::Learning(states),
        }
    }

    /// `B_lᵀ e_l`, of a vector or of every row of a matrix, where the activity in front of the layer,
    /// by whose slope it will be multiplied, is not known to be zero; `layer` counts from 0, `top` is
    /// `e_L`.
    pub(crate) fn back(
        &self,
        network: &Network<'t, T>,
        layer: usize,
        (error, top): (Var<'t, T>, Var<'t, T>),
        pre: Var<'t, T>,
    ) -> Var<'t, T> {
        let weights = network.states()[layer];
        let (matrix, error) = match self {
            Transport::Fixed(b) | Transport::Learning(b) | Transport::Mirror(b) => {
                (b[layer], error)
            }
            Transport::Direct(b) => (b[layer], top),
            Transport::Weights { detached: true } => (weights.detached(), error),
            Transport::Weights { detached: false } => (weights, error),
            Transport::Signs(magnitudes) => {
                return signed_product(&magnitudes[layer], weights, error);
            }
            Transport::Own(own) => return own.back(network, layer, error, top),
        };
        match error.rank() {
            1 => matrix.matvec_within(error, pre),
            _ => matrix.matvec_rows(error),
        }
    }

    /// The feedback matrices that learn as the weights do, if there are any.
    pub(crate) fn learning(&self) -> Option<&[State<'t, T>]> {
        match self {
            Transport::Learning(b) => Some(b),
            _ => None,
        }
    }

    /// The feedback matrices that mirror the weights, if there are any.
    pub(crate) fn mirror(&self) -> Option<&[State<'t, T>]> {
        match self {
            Transport::Mirror(b) => Some(b),
            _ => None,
        }
    }
}

/// `W y` for a state that is kept transposed, of a vector or of every row of a matrix.
pub(crate) fn project_back<'t, T: Scalar>(weights: State<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
    match y.rank() {
        1 => weights.matvec(y),
        _ => weights.matvec_rows(y),
    }
}

/// `(M ⊙ sign(W)) e`, of a vector or of every row of a batch.
fn signed_product<'t, T: Scalar>(
    magnitudes: &Arc<Tensor<T>>,
    weights: State<'t, T>,
    error: Var<'t, T>,
) -> Var<'t, T> {
    let tape = error.tape();
    if error.rank() == 1 {
        let op = SignedMatvec {
            magnitudes: magnitudes.clone(),
            negative: weights.with(negative_bits),
        };
        return tape.custom(Arc::new(op), &[error]);
    }
    let signed = |w: &[T]| -> Vec<T> {
        let pairs = w.iter().zip(magnitudes.data());
        pairs
            .map(|(w, &m)| if *w < T::ZERO { -m } else { m })
            .collect()
    };
    let matrix = Tensor::new(magnitudes.shape().clone(), weights.with(signed));
    error.matmul_transposed(tape.constant(&matrix))
}

/// `y = (M ⊙ S) x` with signs S; `x̄ += (M ⊙ S)ᵀ ȳ`.
///
/// The signs are those that the weights had in this step, one bit each: the weights themselves are
/// gone when the sweep comes back.
#[derive(Debug)]
struct SignedMatvec<T: Scalar> {
    /// `[rows, columns]`
    magnitudes: Arc<Tensor<T>>,
    /// Where the sign is minus, row-major.
    negative: Vec<u64>,
}

fn negative_bits<T: Scalar>(w: &[T]) -> Vec<u64> {
    let bits = |chunk: &[T]| {
        let set = chunk.iter().enumerate().filter(|(_, w)| **w < T::ZERO);
        set.fold(0, |bits, (place, _)| bits | 1 << place)
    };
    w.chunks(64).map(bits).collect()
}

impl<T: Scalar> SignedMatvec<T> {
    fn entry(&self, place: usize) -> T {
        let magnitude = self.magnitudes.data()[place];
        match self.negative[place / 64] >> (place % 64) & 1 {
            1 => -magnitude,
            _ => magnitude,
        }
    }
}

impl<T: Scalar> Op<T> for SignedMatvec<T> {
    fn name(&self) -> &'static str {
        "signed_matvec"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (matrix, x) = (self.magnitudes.shape(), operands[0]);
        assert!(
            x.dims() == [matrix.dims()[1]],
            "signed_matvec: matrix of shape {matrix}, vector of shape {x}"
        );
        Shape::from([matrix.dims()[0]])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let x = inputs.value(0);
        for (i, y) in output.iter_mut().enumerate() {
            for (j, &x) in x.iter().enumerate() {
                *y += self.entry(i * inputs.value(0).len() + j) * x;
            }
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let columns = inputs.value(0).len();
        if let Some(into) = adjoints.of(0) {
            for (i, &y) in adjoint.iter().enumerate() {
                for (j, into) in into.iter_mut().enumerate() {
                    *into += self.entry(i * columns + j) * y;
                }
            }
        }
    }
}
