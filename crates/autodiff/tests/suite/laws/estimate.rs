//! Estimates of memory: a run holds what was estimated from one of its steps.

use metaplast_autodiff::{Rewind, State, Tape, TapeMemory, Var};
use metaplast_tensor::{Scalar, Tensor};

const STEPS: usize = 200;

/// What a run makes once, and what its steps hand on.
struct Run<'t, T: Scalar> {
    tape: &'t Tape<T>,
    theta: Var<'t, T>,
    decay: Option<Var<'t, T>>,
    state: State<'t, T>,
    carried: Var<'t, T>,
}

impl<'t, T: Scalar> Run<'t, T> {
    fn new(tape: &'t Tape<T>, decay: Option<f64>) -> Self {
        let number = |i: &[usize]| T::from_f64(((3 * i[0] + 5 * i[1]) % 7) as f64 * 0.1 - 0.3);
        Run {
            tape,
            theta: tape.scalar(T::from_f64(0.01)),
            decay: decay.map(|decay| tape.scalar(T::from_f64(decay))),
            state: tape.state(&Tensor::from_fn([20, 30], number)),
            carried: tape.var(&Tensor::zeros([20])),
        }
    }

    /// A recurrent step that learns as it goes and has an input of its own.
    fn step(&mut self) {
        let x = self.tape.var(&Tensor::full([30], T::from_f64(0.1)));
        let y = (self.state.matvec(x) + self.carried).tanh();
        let back = self.state.matvec_transposed(y);
        self.state
            .rank_k_update(self.decay, &[y * self.theta], &[back]);
        self.carried = y * 0.5;
    }

    fn end(&self) -> Var<'t, T> {
        self.carried.square().sum()
    }
}

/// One after the other, the parts of `held` and of `estimated`.
fn parts(held: TapeMemory, estimated: TapeMemory) -> [(usize, usize); 4] {
    [
        (held.node_bytes, estimated.node_bytes),
        (held.value_bytes, estimated.value_bytes),
        (held.state_bytes, estimated.state_bytes),
        (held.adjoint_bytes, estimated.adjoint_bytes),
    ]
}

fn within_a_tenth<T: Scalar>(rewind: Rewind, decay: Option<f64>, reserve: bool) {
    let scratch = Tape::<T>::new();
    scratch.set_rewind(rewind);
    let mut once = Run::new(&scratch, decay);
    // What a run records at its end belongs before the mark.
    once.end();
    let mark = scratch.mark();
    once.step();
    let estimated = scratch.estimate(mark, STEPS);

    let tape = Tape::<T>::new();
    tape.set_rewind(rewind);
    let mut run = Run::new(&tape, decay);
    let first = tape.mark();
    for step in 0..STEPS {
        run.step();
        if reserve && step == 0 {
            // Another step has room for the end.
            tape.reserve(first, STEPS + 1);
        }
    }
    run.end().backward();
    let held = tape.memory();
    assert_eq!(held.nodes, estimated.nodes);
    for (part, (held, estimated)) in parts(held, estimated).into_iter().enumerate() {
        // Lists of nodes and values that grow as they are filled may have room for twice as much.
        let slack = if part < 2 { 2.2 } else { 1.1 };
        let slack = if reserve { 1.1 } else { slack };
        let (low, high) = (0.9 * estimated as f64, slack * estimated as f64);
        assert!(
            (low..=high).contains(&(held as f64)),
            "{} {rewind:?} {decay:?}: part {part} holds {held}, estimated {estimated}",
            T::NAME
        );
    }
}

#[test]
fn an_estimate_is_what_a_run_holds() {
    for rewind in [
        Rewind::Undo,
        Rewind::Snapshot { every: 1 },
        Rewind::Snapshot { every: 7 },
    ] {
        for decay in [None, Some(0.01), Some(0.3)] {
            for reserve in [false, true] {
                within_a_tenth::<f64>(rewind, decay, reserve);
                within_a_tenth::<f32>(rewind, decay, reserve);
            }
        }
    }
}

#[test]
fn copies_that_guard_growth_are_counted() {
    // Tenfold in each step.
    within_a_tenth::<f64>(Rewind::Undo, Some(-9.0), false);
}

#[test]
fn states_that_steps_make_are_counted() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&Tensor::ones([40]));
    let mark = tape.mark();
    let step = || {
        let w = tape.state_with_gradient(&Tensor::ones([40, 40]));
        w.rank_k_update(None, &[w.matvec(x)], &[x]);
        w.matvec(x)
    };
    let once = step();
    let estimated = tape.estimate(mark, 10);
    let last = (1..10).fold(once, |sum, _| sum + step());
    last.sum().backward();
    let held = tape.memory().state_bytes as f64;
    let ratio = held / estimated.state_bytes as f64;
    assert!((0.9..=1.1).contains(&ratio), "{ratio}");
}

#[test]
fn a_recording_without_gradients_needs_no_adjoints() {
    let tape = Tape::<f64>::new();
    let mark = tape.mark();
    tape.without_gradients(|| {
        let w = tape.state(&Tensor::ones([10, 10]));
        let x = tape.constant(&Tensor::ones([10]));
        w.rank_k_update(None, &[w.matvec(x)], &[x]);
    });
    let estimated = tape.estimate(mark, 1);
    assert_eq!(estimated.state_bytes, tape.memory().state_bytes);
    assert_eq!(estimated.adjoint_bytes, 4 * tape.len());
}

#[test]
#[should_panic(expected = "this mark belongs to a recording that was reset")]
fn a_stale_mark_is_refused() {
    let tape = Tape::<f64>::new();
    let mark = tape.mark();
    tape.reset();
    tape.estimate(mark, 2);
}

#[test]
#[should_panic(expected = "a run needs at least one step")]
fn no_steps_are_refused() {
    let tape = Tape::<f64>::new();
    tape.estimate(tape.mark(), 0);
}
