//! A random recurrence, run by a scan and unrolled on one tape.

use metaplast_autodiff::scan::{Moment, Outcome, Policy, Start, scan};
use metaplast_autodiff::{Rewind, State, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;

/// A small recurrent net that learns as it goes: a matrix, two vectors and three parameters.
#[derive(Clone, Debug)]
pub(super) struct Recurrence {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) steps: usize,
    pub(super) decays: bool,
    pub(super) losses_on_the_way: bool,
    pub(super) numbers: Vec<f64>,
}

pub(super) fn recurrences() -> impl Strategy<Value = Recurrence> {
    let flags = (any::<bool>(), any::<bool>());
    let numbers = vec(-1.0..1.0f64, 61);
    (1..6usize, 1..6usize, 0..24usize, flags, numbers).prop_map(
        |(rows, cols, steps, (decays, losses_on_the_way), numbers)| Recurrence {
            rows,
            cols,
            steps,
            decays,
            losses_on_the_way,
            numbers,
        },
    )
}

/// What both ways of running see of a tape.
pub(super) struct View<'v, 't, T: Scalar> {
    pub(super) tape: &'t Tape<T>,
    pub(super) state: State<'t, T>,
    pub(super) vectors: &'v mut [Var<'t, T>],
    pub(super) theta: &'v [Var<'t, T>],
}

impl Recurrence {
    pub(super) fn tensor<T: Scalar>(&self, shape: &[usize], place: usize) -> Tensor<T> {
        let len: usize = shape.iter().product();
        let number = |i: usize| self.numbers[(17 * place + 5 * i) % self.numbers.len()];
        Tensor::new(shape, (0..len).map(number).collect()).cast()
    }

    pub(super) fn start<T: Scalar>(&self) -> Start<T> {
        let scaled = |x: f64| Tensor::scalar(T::from_f64(x));
        Start {
            states: vec![self.tensor(&[self.rows, self.cols], 3)],
            vectors: vec![self.tensor(&[self.rows], 5), self.tensor(&[self.cols], 7)],
            theta: vec![
                scaled(0.1 * self.numbers[0]),
                self.tensor(&[self.cols], 11),
                scaled(0.02 + 0.02 * self.numbers[1]),
            ],
        }
    }

    /// One step; what it adds to the loss.
    pub(super) fn step<'t, T: Scalar>(
        &self,
        view: View<'_, 't, T>,
        t: usize,
    ) -> Option<Var<'t, T>> {
        let View {
            tape,
            state,
            vectors,
            theta,
        } = view;
        let x =
            tape.constant(&self.tensor::<T>(&[self.cols], 100 + t)) * theta[1] + vectors[1] * 0.5;
        let y = (state.matvec(x) + vectors[0] * 0.3).tanh();
        let back = state.matvec_transposed(y).tanh();
        let decay = self.decays.then(|| theta[2]);
        state.rank_k_update(decay, &[y * theta[0], vectors[0] * 0.05], &[x, back]);
        vectors[0] = y * 0.9;
        vectors[1] = back - x * 0.1;
        self.losses_on_the_way.then(|| y.square().sum())
    }

    pub(super) fn end<'t, T: Scalar>(&self, view: View<'_, 't, T>) -> Var<'t, T> {
        let probe = view.tape.constant(&self.tensor::<T>(&[self.cols], 900));
        view.state.matvec(probe + view.vectors[1]).tanh().sum() + view.vectors[0].square().sum()
    }

    pub(super) fn scan<T: Scalar>(&self, policy: Policy) -> Outcome<T> {
        scan(
            |now, t| {
                let part = self.step(view(now), t);
                part.into_iter().for_each(|part| now.add_loss(part));
            },
            |now| {
                let part = self.end(view(now));
                now.add_loss(part);
            },
            &self.start(),
            self.steps,
            policy,
        )
    }

    /// Loss and gradients by one recording of everything.
    pub(super) fn unrolled<T: Scalar>(&self) -> Vec<T> {
        let tape = Tape::<T>::new();
        tape.set_rewind(Rewind::Snapshot { every: 1 });
        let start = self.start();
        let state = tape.state_with_gradient(&start.states[0]);
        let theta: Vec<_> = start.theta.iter().map(|x| tape.var(x)).collect();
        let first: Vec<_> = start.vectors.iter().map(|x| tape.var(x)).collect();
        let mut vectors = first.clone();
        let mut loss: Option<Var<'_, T>> = None;
        for t in 0..=self.steps {
            let view = View {
                tape: &tape,
                state,
                vectors: &mut vectors,
                theta: &theta,
            };
            let part = if t < self.steps {
                self.step(view, t)
            } else {
                Some(self.end(view))
            };
            if let Some(part) = part {
                loss = Some(loss.map_or(part, |loss| loss + part));
            }
        }
        let loss = loss.unwrap();
        let last = state.value();
        let gradients = loss.backward();
        let mut all = vec![loss.item()];
        for var in theta.iter().chain(&first) {
            all.extend(gradients.wrt(*var).data());
        }
        all.extend(gradients.wrt_state(state).data());
        all.extend(last.data());
        all
    }
}

pub(super) fn view<'v, 't, T: Scalar>(now: &'v mut Moment<'t, T>) -> View<'v, 't, T> {
    View {
        tape: now.tape,
        state: now.states[0],
        vectors: &mut now.vectors,
        theta: &now.theta,
    }
}

pub(super) fn flat<T: Scalar>(outcome: &Outcome<T>) -> Vec<T> {
    let mut all = vec![outcome.loss];
    let gradients = outcome.theta.iter().chain(&outcome.vectors);
    for tensor in gradients.chain(&outcome.states).chain(&outcome.last_states) {
        all.extend(tensor.data());
    }
    all
}

/// As numbers that are equal only if the bits are; `to_f64` is exact for `f32` and `f64`.
pub(super) fn bits<T: Scalar>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

pub(super) fn long(steps: usize) -> Recurrence {
    Recurrence {
        rows: 20,
        cols: 20,
        steps,
        decays: true,
        losses_on_the_way: true,
        numbers: (0..61).map(|i| 0.4 * (1.7 * f64::from(i)).sin()).collect(),
    }
}
