//! Random little programs around one state, and the same programs with the matrix as an ordinary
//! variable.

use metaplast_autodiff::{Rewind, State, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens in one step; all vectors depend on parameters and on what was read before.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Reads through the state as a constant.
    pub(crate) detached: bool,
    /// Rows of the batched reads; none are made where it is 0.
    pub(crate) batch: usize,
    pub(crate) rank: usize,
    pub(crate) decay: Option<f64>,
}

/// A program and the numbers from which its parameters are made.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) steps: Vec<Step>,
    numbers: Vec<f64>,
}

/// Programs whose steps may read detached or not.
pub(crate) fn programs(detached: bool) -> impl Strategy<Value = Program> {
    let decay = prop_oneof![
        Just(None),
        (-0.3..0.5f64).prop_map(Some),
        prop::sample::select(vec![0.95, 1.0, 2.0]).prop_map(Some),
    ];
    let step = (any::<bool>(), 0..3usize, 0..4usize, decay).prop_map(
        move |(constant, batch, rank, decay)| Step {
            detached: detached && constant,
            batch,
            rank,
            decay,
        },
    );
    let numbers = vec(-1.0..1.0f64, 97);
    (1..5usize, 1..5usize, vec(step, 1..5), numbers).prop_map(|(rows, cols, steps, numbers)| {
        Program {
            rows,
            cols,
            steps,
            numbers,
        }
    })
}

/// The matrix of a program.
#[derive(Clone, Copy)]
pub(crate) enum Matrix<'t, T: Scalar> {
    State(State<'t, T>),
    /// `[rows, cols]`, replaced by every update.
    Plain(Var<'t, T>),
}

impl Program {
    fn tensor(&self, shape: &[usize], place: usize) -> Tensor<f64> {
        let len: usize = shape.iter().product();
        let number = |i: usize| self.numbers[(31 * place + 7 * i) % self.numbers.len()];
        Tensor::new(shape, (0..len).map(number).collect())
    }

    /// The first value of the matrix.
    pub(crate) fn start(&self) -> Tensor<f64> {
        self.tensor(&[self.rows, self.cols], 1000)
    }

    /// All parameters, in the order in which [`run`](Self::run) takes them.
    pub(crate) fn parameters(&self) -> Vec<Tensor<f64>> {
        let mut shapes: Vec<(Vec<usize>, Option<f64>)> = Vec::new();
        for step in &self.steps {
            shapes.push((vec![self.cols], None));
            shapes.push((vec![self.rows], None));
            if step.batch > 0 {
                shapes.push((vec![step.batch, self.cols], None));
                shapes.push((vec![step.batch, self.rows], None));
            }
            for _ in 0..step.rank {
                shapes.push((vec![self.rows], None));
                shapes.push((vec![self.cols], None));
            }
            if step.decay.is_some() {
                shapes.push((vec![], step.decay));
            }
        }
        shapes
            .iter()
            .enumerate()
            .map(|(place, (shape, value))| match value {
                Some(value) => Tensor::scalar(*value),
                None => self.tensor(shape, place),
            })
            .collect()
    }

    /// Runs the program and returns its loss.
    pub(crate) fn run<'t, T: Scalar>(
        &self,
        mut matrix: Matrix<'t, T>,
        parameters: &[Var<'t, T>],
    ) -> Var<'t, T> {
        let mut parameters = parameters.iter().copied();
        let mut next = || parameters.next().expect("a parameter for each use");
        let mut loss = None;
        for step in &self.steps {
            let read = matrix.seen(step.detached);
            let z = read.matvec(next()).tanh();
            let back = read.matvec_transposed(next()).tanh();
            let mut part = z.sum() + (back * back).sum();
            if step.batch > 0 {
                part += read.matvec_rows(next()).square().sum();
                part += read.matvec_transposed_rows(next()).tanh().sum();
            }
            loss = Some(loss.map_or(part, |loss| loss + part));
            let mut lefts = Vec::new();
            let mut rights = Vec::new();
            for _ in 0..step.rank {
                lefts.push(next() * z);
                rights.push(next() + back * 0.3);
            }
            let decay = step.decay.map(|_| next());
            matrix = matrix.updated(decay, &lefts, &rights);
        }
        let tape = loss.expect("at least one step").tape();
        let ones = tape.constant(&Tensor::ones([self.cols]));
        loss.expect("at least one step") + matrix.matvec(ones).tanh().sum()
    }

    /// Value of the loss, gradients by all parameters and, last, by the first matrix.
    pub(crate) fn gradients<T: Scalar>(&self, as_state: bool, rewind: Rewind) -> Vec<Vec<f64>> {
        let tape = Tape::<T>::new();
        tape.set_rewind(rewind);
        let parameters: Vec<Var<'_, T>> = self
            .parameters()
            .iter()
            .map(|p| tape.var(&p.cast()))
            .collect();
        let widen = |x: Tensor<T>| x.data().iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        let mut all = Vec::new();
        if as_state {
            let state = tape.state_with_gradient(&self.start().cast());
            let loss = self.run(Matrix::State(state), &parameters);
            all.push(widen(loss.value()));
            let gradients = loss.backward();
            all.extend(parameters.iter().map(|&p| widen(gradients.wrt(p))));
            all.push(widen(gradients.wrt_state(state)));
        } else {
            let start = tape.var(&self.start().cast());
            let loss = self.run(Matrix::Plain(start), &parameters);
            all.push(widen(loss.value()));
            let gradients = loss.backward();
            all.extend(parameters.iter().map(|&p| widen(gradients.wrt(p))));
            all.push(widen(gradients.wrt(start)));
        }
        all
    }
}

impl<'t, T: Scalar> Matrix<'t, T> {
    fn seen(self, detached: bool) -> Self {
        match self {
            Matrix::State(state) if detached => Matrix::State(state.detached()),
            Matrix::Plain(w) if detached => Matrix::Plain(w.stop_gradient()),
            other => other,
        }
    }

    fn matvec(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.matvec(x),
            Matrix::Plain(w) => w.matvec(x),
        }
    }

    fn matvec_transposed(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.matvec_transposed(x),
            Matrix::Plain(w) => w.matvec_transposed(x),
        }
    }

    fn matvec_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.matvec_rows(x),
            Matrix::Plain(w) => x.matmul_transposed(w),
        }
    }

    fn matvec_transposed_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.matvec_transposed_rows(x),
            Matrix::Plain(w) => x.matmul(w),
        }
    }

    fn updated(self, decay: Option<Var<'t, T>>, us: &[Var<'t, T>], vs: &[Var<'t, T>]) -> Self {
        match self {
            Matrix::State(state) => {
                state.rank_k_update(decay, us, vs);
                self
            }
            Matrix::Plain(w) => {
                let kept = decay.map_or(w, |decay| w * (-decay + 1.0));
                let products = us.iter().zip(vs).map(|(&u, &v)| outer(u, v));
                Matrix::Plain(products.fold(kept, |w, product| w + product))
            }
        }
    }
}

/// `u vᵀ` from a product of matrices and broadcasting alone.
fn outer<'t, T: Scalar>(u: Var<'t, T>, v: Var<'t, T>) -> Var<'t, T> {
    let (rows, cols) = (u.shape().len(), v.shape().len());
    let tape = u.tape();
    let row_copies = tape.constant(&Tensor::ones([cols, rows])) * u;
    let column_copies = tape
        .constant(&Tensor::eye(rows))
        .matmul_transposed(row_copies);
    column_copies * v
}
