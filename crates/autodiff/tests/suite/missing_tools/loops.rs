//! Loops: what steps give out, scans within graphs, and parts of graphs computed again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metaplast_autodiff::operators::checkpoint;
use metaplast_autodiff::scan::{
    Moment, Policy, RecordedStart, Recurrence, Start, recorded_scan, scan,
};
use metaplast_autodiff::{Rewind, Tape, Var};
use metaplast_tensor::{Tensor, tensor};

use super::{close, random};

const POLICIES: [Policy; 3] = [
    Policy::StoreAll,
    Policy::Every { steps: 3 },
    Policy::Budget { bytes: 20_000 },
];

#[test]
fn steps_give_out_values_once_whatever_is_kept() {
    let start = Start {
        states: vec![],
        vectors: vec![tensor![0.5, -0.3]],
        theta: vec![],
    };
    for policy in POLICIES {
        let outcome = scan(
            |now: &mut Moment<'_, f64>, t| {
                now.vectors[0] = now.vectors[0].sin() + t as f64;
                now.emit(now.vectors[0]);
                now.emit(now.vectors[0].sum());
            },
            |now| now.add_loss(now.vectors[0].sum()),
            &start,
            11,
            policy,
        );
        let mut x = start.vectors[0].clone();
        for t in 0..11 {
            x = x.map(|x| x.sin() + t as f64);
            close(&Tensor::from(outcome.outputs[0].row(t)), &x, 1e-14);
            assert!((outcome.outputs[1].data()[t] - x.sum()).abs() < 1e-13);
        }
        assert_eq!(outcome.outputs[0].dims(), [11, 2]);
    }
}

#[test]
#[should_panic(expected = "scan: step 2 gives out other values than the first step")]
fn a_step_that_gives_out_something_else_is_named() {
    let start = Start {
        states: vec![],
        vectors: vec![Tensor::scalar(1.0)],
        theta: vec![],
    };
    let step = |now: &mut Moment<'_, f64>, t| {
        if t != 2 {
            now.emit(now.vectors[0]);
        }
    };
    let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0]);
    let _ = scan(step, end, &start, 5, Policy::StoreAll);
}

/// A net whose matrix learns in place, which reads it out and carries a vector.
struct Learner;

fn step<'t>(now: &mut Moment<'t, f64>) -> (Var<'t, f64>, Var<'t, f64>) {
    let x = now.vectors[0];
    let y = now.states[0].matvec(x).tanh();
    now.states[0].rank_k_update(None, &[y * now.theta[0]], &[x]);
    now.vectors[0] = (x * 0.7 + y).sin();
    (y, y.square().sum())
}

impl Recurrence<f64> for Learner {
    type Segment<'t> = ();

    fn begin<'t>(&self, _: &Moment<'t, f64>) {}

    fn step<'t>(&self, (): &(), now: &mut Moment<'t, f64>, _: usize) {
        let (y, loss) = step(now);
        now.emit(y);
        now.add_loss(loss);
    }

    fn end<'t>(&self, (): &(), now: &mut Moment<'t, f64>) {
        now.add_loss(now.vectors[0].element(0));
    }
}

/// What is made of a scan's results.
fn decoded<'t>(loss: Var<'t, f64>, last: Var<'t, f64>, outputs: Var<'t, f64>) -> Var<'t, f64> {
    loss * 0.3 + last.exp().sum() + (outputs * outputs.cumsum(0)).sum()
}

#[test]
fn a_scan_in_a_graph_has_the_gradients_of_the_plain_loop() {
    let (matrix, vector) = (random(&[2, 2], 1), random(&[2], 2));
    let steps = 7;
    // By hand, on one tape. The state is a matrix of its own there, so its gradient is read from it.
    let tape = Tape::new();
    tape.set_rewind(Rewind::Snapshot { every: 1 });
    let (code, rate) = (tape.var(&vector), tape.scalar(0.2));
    let state = tape.state_with_gradient(&matrix);
    let (mut loss, mut outputs) = (None, Vec::new());
    let mut x = code.tanh();
    for _ in 0..steps {
        let y = state.matvec(x).tanh();
        state.rank_k_update(None, &[y * rate], &[x]);
        x = (x * 0.7 + y).sin();
        let part = y.square().sum();
        loss = Some(loss.map_or(part, |loss| loss + part));
        outputs.push(y);
    }
    let loss = loss.unwrap() + x.element(0);
    let value = decoded(loss, x, metaplast_autodiff::stack(&outputs, 0));
    let swept = value.backward();
    let by_hand = [swept.wrt(code), swept.wrt(rate), swept.wrt_state(state)];

    for policy in POLICIES {
        let tape = Tape::new();
        let (w, code, rate) = (tape.var(&matrix), tape.var(&vector), tape.scalar(0.2));
        let start = RecordedStart {
            states: vec![w],
            vectors: vec![code.tanh()],
            theta: vec![rate],
        };
        let outcome = recorded_scan(&Arc::new(Learner), &start, steps, policy);
        let recorded = decoded(outcome.loss, outcome.vectors[0], outcome.outputs[0]);
        assert!((recorded.item() - value.item()).abs() < 1e-13);
        let swept = recorded.backward();
        let gradients = [code, rate, w].map(|x| swept.wrt(x));
        for (gradient, expected) in gradients.iter().zip(&by_hand) {
            close(gradient, expected, 1e-12);
        }
    }
}

#[test]
fn a_checkpoint_has_the_bits_of_what_it_stands_for() {
    let (w, x) = (random(&[4, 4], 1), random(&[3, 4], 2));
    let run = |checkpointed: bool| {
        let tape = Tape::new();
        let (w, x) = (tape.var(&w), tape.var(&x));
        let y = match checkpointed {
            true => checkpoint(
                |x| (x[0].matmul(x[1]).tanh() + x[0]).layer_norm(1e-5),
                &[x, w],
            ),
            false => (x.matmul(w).tanh() + x).layer_norm(1e-5),
        };
        let swept = y.square().sum().backward();
        (tape.len(), y.value(), swept.wrt(w), swept.wrt(x))
    };
    let (plain, again) = (run(false), run(true));
    assert!(again.0 < plain.0);
    assert_eq!((plain.1, plain.2, plain.3), (again.1, again.2, again.3));
}

#[test]
fn a_checkpoint_is_run_once_when_recorded_and_once_when_swept() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let tape = Tape::<f64>::new();
    let x = tape.scalar(2.0);
    let y = checkpoint(
        move |x| {
            counter.fetch_add(1, Ordering::Relaxed);
            x[0].square()
        },
        &[x],
    );
    assert_eq!((y.item(), runs.load(Ordering::Relaxed)), (4.0, 1));
    assert_eq!(y.backward().wrt(x).item(), 4.0);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}
