//! What a scan promises about its steps and its budget.

use std::cell::Cell;

use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
use metaplast_tensor::{Tensor, tensor};

fn start() -> Start<f64> {
    Start {
        states: vec![],
        vectors: vec![Tensor::from_fn([3], |i| 0.3 * i[0] as f64)],
        theta: vec![Tensor::scalar(0.4)],
    }
}

/// Every thousandth step adds to the loss and records more nodes than the first.
fn with_losses_on_the_way(now: &mut Moment<'_, f64>, t: usize) {
    let x = now.vectors[0];
    now.vectors[0] = x + (x * now.theta[0]).sin() * 0.01;
    if t % 1000 == 999 {
        now.add_loss((now.vectors[0] - 0.5).square().sum());
    }
}

#[test]
fn a_budget_is_kept_where_some_steps_record_more_than_the_first() {
    let run = |policy| scan(with_losses_on_the_way, |_| {}, &start(), 20_000, policy);
    let all = run(Policy::StoreAll);
    for bytes in [3_000_000, 1_000_000, 300_000, 50_000] {
        let within = run(Policy::Budget { bytes });
        let peak = within.report.peak_bytes;
        assert!(peak <= bytes, "{peak} of {bytes} bytes");
        assert_eq!(within.theta, all.theta);
        assert_eq!(within.vectors, all.vectors);
    }
}

/// The steps in the middle record thirty times as much as the first and the last.
#[test]
fn a_budget_is_kept_where_nothing_tells_of_larger_steps() {
    let step = |now: &mut Moment<'_, f64>, t: usize| {
        let times = if (200..300).contains(&t) { 30 } else { 1 };
        for _ in 0..times {
            now.vectors[0] = (now.vectors[0] * now.theta[0]).sin() + 0.1;
        }
    };
    let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0].sum());
    let run = |policy| scan(step, end, &start(), 500, policy);
    let all = run(Policy::StoreAll);
    for bytes in [200_000, 40_000, 20_000] {
        let within = run(Policy::Budget { bytes });
        let peak = within.report.peak_bytes;
        assert!(peak <= bytes, "{peak} of {bytes} bytes");
        assert_eq!(within.theta, all.theta);
    }
}

#[test]
#[should_panic(expected = "more than a budget of 20000 leaves")]
fn a_budget_that_does_not_hold_one_of_the_steps_is_refused() {
    let step = |now: &mut Moment<'_, f64>, t: usize| {
        let times = if t == 50 { 1000 } else { 1 };
        for _ in 0..times {
            now.vectors[0] = (now.vectors[0] * now.theta[0]).sin();
        }
    };
    let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0].sum());
    let policy = Policy::Budget { bytes: 20_000 };
    let _ = scan(step, end, &start(), 100, policy);
}

/// A step that depends on how often it was called.
fn impure(policy: Policy) -> f64 {
    let calls = Cell::new(0.0);
    let step = |now: &mut Moment<'_, f64>, _| {
        calls.set(calls.get() + 1.0);
        now.vectors[0] = (now.vectors[0] * now.theta[0]).sin() + 0.1 * calls.get();
    };
    let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0].sum());
    scan(step, end, &start(), 20, policy).loss
}

#[test]
#[should_panic(
    expected = "scan: the steps from 10 to 14 gave other values when they were replayed"
)]
fn a_step_that_is_not_a_function_of_what_it_is_given_is_found() {
    impure(Policy::Every { steps: 5 });
}

#[test]
fn what_is_recorded_once_may_depend_on_anything() {
    assert!(impure(Policy::StoreAll).is_finite());
}

/// Each step collects in a matrix of its own what it then adds to the carried one.
#[test]
fn a_state_that_a_step_makes_belongs_to_its_segment() {
    let start = Start {
        states: vec![tensor![[0.4, -0.3], [0.2, 0.5]]],
        vectors: vec![tensor![0.7, -0.6]],
        theta: vec![Tensor::scalar(0.3)],
    };
    let outcome = |steps| {
        let step = |now: &mut Moment<'_, f64>, _: usize| {
            let own = now.tape.state(&Tensor::zeros([2, 2]));
            let (w, x, theta) = (now.states[0], now.vectors[0], now.theta[0]);
            let y = w.matvec(x).tanh();
            own.rank_k_update(None, &[y * theta], &[x]);
            own.rank_k_update(None, &[x], &[y * theta]);
            w.add_scaled(theta, own);
            now.vectors[0] = y;
        };
        let end = |now: &mut Moment<'_, f64>| {
            now.add_loss(now.states[0].matvec(now.vectors[0]).square().sum());
        };
        scan(step, end, &start, 6, Policy::Every { steps })
    };
    let gradient = |steps| {
        let found = outcome(steps);
        [found.theta, found.vectors, found.states].concat()
    };
    let whole = gradient(6);
    for steps in 1..6 {
        for (part, whole) in gradient(steps).iter().zip(&whole) {
            let pairs = part.data().iter().zip(whole.data());
            let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(error < 1e-13, "segments of {steps}: {error:e}");
        }
    }
}
