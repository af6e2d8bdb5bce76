//! Handles that are no longer valid, and what a sweep may be asked.

use metaplast_autodiff::{Dual, State, Tape, Var};
use metaplast_tensor::{Tensor, tensor};

fn one_step<'t>(tape: &'t Tape<f64>, rate: Var<'t, f64>) -> (State<'t, f64>, Var<'t, f64>) {
    let x = tape.constant(&tensor![1.0, -2.0]);
    let state = tape.state(&tensor![[0.5, 0.25], [1.0, -1.0]]);
    let y = state.matvec(x);
    state.rank_k_update(None, &[y * rate], &[x]);
    (state, state.matvec(x).sum())
}

#[test]
#[should_panic(expected = "belongs to a recording that was reset or cut back")]
fn a_variable_is_stale_after_a_reset() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    tape.reset();
    // Something stands in its place again.
    tape.scalar(2.0);
    let _ = x.item();
}

#[test]
#[should_panic(expected = "belongs to a recording that was reset or cut back")]
fn a_variable_is_stale_after_a_cut() {
    let tape = Tape::<f64>::new();
    let kept = tape.scalar(1.0);
    let mark = tape.mark();
    let gone = kept * 2.0;
    tape.cut(mark);
    assert_eq!(kept.item(), 1.0);
    let _ = kept * 3.0;
    let _ = kept + gone;
}

#[test]
#[should_panic(expected = "state: this handle belongs to a recording that was reset")]
fn a_state_is_stale_after_a_reset() {
    let tape = Tape::<f64>::new();
    let state = tape.state(&Tensor::ones([1, 1]));
    tape.reset();
    let _ = tape.state(&Tensor::ones([1, 1]));
    let _ = state.value();
}

#[test]
#[should_panic(expected = "state: this handle belongs to a recording that was reset or cut back")]
fn a_state_is_stale_after_a_cut() {
    let tape = Tape::<f64>::new();
    let mark = tape.mark();
    let gone = tape.state(&Tensor::ones([1, 1]));
    tape.cut(mark);
    // Another stands in its place.
    let _ = tape.state(&Tensor::ones([1, 1]));
    let _ = gone.value();
}

#[test]
fn a_cut_forgets_states_made_since() {
    let tape = Tape::<f64>::new();
    let kept = tape.state(&Tensor::ones([10, 10]));
    let mark = tape.mark();
    let mut held = Vec::new();
    for _ in 0..5 {
        let _ = tape.state(&Tensor::zeros([10, 10]));
        tape.cut(mark);
        held.push(tape.memory().state_bytes);
    }
    assert!(held.iter().all(|&bytes| bytes == held[0]), "{held:?}");
    assert_eq!(kept.value(), Tensor::ones([10, 10]));
}

#[test]
#[should_panic(expected = "this mark belongs to a recording that was reset or cut back further")]
fn a_mark_is_stale_when_a_state_before_it_was_cut() {
    let tape = Tape::<f64>::new();
    let low = tape.mark();
    let _ = tape.state(&Tensor::ones([1, 1]));
    let high = tape.mark();
    tape.cut(low);
    let _ = tape.state(&Tensor::ones([1, 1]));
    tape.cut(high);
}

#[test]
#[should_panic(expected = "the tape was reset or cut back since this sweep")]
fn gradients_are_stale_after_a_reset() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    let gradients = (x * x).backward();
    tape.reset();
    let _ = gradients.wrt(tape.scalar(1.0));
}

#[test]
#[should_panic(expected = "another sweep")]
fn gradients_are_stale_after_another_sweep() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(3.0);
    let (square, cube) = (x * x, x * x * x);
    let first = square.backward();
    assert_eq!(first.wrt(x).item(), 6.0);
    assert_eq!(cube.backward().wrt(x).item(), 27.0);
    let _ = first.wrt(x);
}

#[test]
#[should_panic(expected = "this mark belongs to a recording that was reset or cut back further")]
fn a_mark_is_stale_after_a_reset() {
    let tape = Tape::<f64>::new();
    let mark = tape.mark();
    tape.reset();
    tape.cut(mark);
}

#[test]
#[should_panic(expected = "this mark belongs to a recording that was reset or cut back further")]
fn a_mark_is_stale_after_a_cut_below_it_even_when_the_tape_has_grown_again() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    let low = tape.mark();
    let _ = x * 2.0;
    let high = tape.mark();
    tape.cut(low);
    // As many nodes as before, of other sizes.
    tape.constant(&tensor![1.0, 2.0, 3.0]);
    tape.constant(&tensor![4.0, 5.0, 6.0]);
    tape.cut(high);
}

#[test]
fn marks_nest() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    let low = tape.mark();
    for _ in 0..3 {
        let y = x * 2.0;
        let high = tape.mark();
        for _ in 0..3 {
            assert_eq!((y + 1.0).item(), 3.0);
            tape.cut(high);
        }
        tape.cut(low);
    }
    assert_eq!(tape.len(), 1);
}

#[test]
#[should_panic(expected = "operands belong to different tapes")]
fn tapes_do_not_mix() {
    let (one, other) = (Tape::<f64>::new(), Tape::<f64>::new());
    let _ = one.scalar(1.0) + other.scalar(1.0);
}

#[test]
#[should_panic(expected = "operands belong to different tapes")]
fn a_state_does_not_read_another_tape() {
    let (one, other) = (Tape::<f64>::new(), Tape::<f64>::new());
    let state = one.state(&Tensor::ones([1, 1]));
    let _ = state.matvec(other.constant(&tensor![1.0]));
}

#[test]
#[should_panic(expected = "this tape was swept already and its states are rewound")]
fn a_rewound_tape_is_not_swept_again() {
    let tape = Tape::<f64>::new();
    let (_, loss) = one_step(&tape, tape.scalar(0.1));
    loss.backward();
    loss.backward();
}

#[test]
#[should_panic(expected = "a sweep has rewound it; read its last value before the sweep")]
fn a_rewound_state_is_not_read() {
    let tape = Tape::<f64>::new();
    let (state, loss) = one_step(&tape, tape.scalar(0.1));
    loss.backward();
    let _ = state.value();
}

#[test]
#[should_panic(expected = "no sweep has rewound it yet")]
fn a_state_has_no_rewound_value_before_a_sweep() {
    let tape = Tape::<f64>::new();
    let (state, _) = one_step(&tape, tape.scalar(0.1));
    let _ = state.rewound_value();
}

#[test]
#[should_panic(expected = "recording after a sweep that rewound states")]
fn nothing_is_recorded_after_a_rewinding_sweep() {
    let tape = Tape::<f64>::new();
    let (_, loss) = one_step(&tape, tape.scalar(0.1));
    loss.backward();
    let _ = loss * 2.0;
}

#[test]
#[should_panic(expected = "recording after a sweep that rewound states")]
fn no_state_is_made_after_a_rewinding_sweep() {
    let tape = Tape::<f64>::new();
    let (_, loss) = one_step(&tape, tape.scalar(0.1));
    loss.backward();
    let _ = tape.state(&Tensor::ones([1, 1]));
}

#[test]
#[should_panic(expected = "a state was updated in a part of the recording that was cut away")]
fn reads_before_updates_that_were_cut_are_not_differentiated() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![1.0]);
    let state = tape.state(&tensor![[2.0]]);
    let early = state.matvec(x);
    let mark = tape.mark();
    state.rank_k_update(None, &[x], &[x]);
    tape.cut(mark);
    (early * early).sum().backward();
}

#[test]
#[should_panic(expected = "updates of this state were cut from the recording")]
fn a_gradient_by_a_first_value_needs_every_update() {
    let tape = Tape::<f64>::new();
    let x = tape.constant(&tensor![1.0]);
    let state = tape.state_with_gradient(&tensor![[2.0]]);
    let mark = tape.mark();
    state.rank_k_update(None, &[x], &[x]);
    tape.cut(mark);
    let gradients = state.matvec(x).sum().backward();
    let _ = gradients.wrt_state(state);
}

#[test]
fn updates_that_were_cut_keep_their_effect() {
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(0.5);
    let x = tape.constant(&tensor![1.0]);
    let state = tape.state(&tensor![[2.0]]);
    let mark = tape.mark();
    state.rank_k_update(None, &[x], &[x]);
    tape.cut(mark);
    state.rank_k_update(None, &[x * rate], &[x]);
    let loss = state.matvec(x).square().sum();
    assert_eq!(loss.item(), 12.25);
    assert_eq!(loss.backward().wrt(rate).item(), 7.0);
    assert_eq!(state.rewound_value(), tensor![[3.0]]);
}

#[test]
#[should_panic(expected = "make the state with `state_with_gradient`")]
fn a_gradient_by_a_state_has_to_be_asked_for_first() {
    let tape = Tape::<f64>::new();
    let (state, loss) = one_step(&tape, tape.scalar(0.1));
    let _ = loss.backward().wrt_state(state);
}

#[test]
#[should_panic(expected = "only inputs and retained variables keep theirs")]
fn a_gradient_in_between_has_to_be_retained() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(2.0);
    let y = x * x;
    let _ = (y * y).backward().wrt(y);
}

#[test]
fn a_retained_gradient_is_kept() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(2.0);
    let y = (x * x).retain();
    let gradients = (y * y).backward();
    assert_eq!(gradients.wrt(y).item(), 8.0);
    assert_eq!(gradients.wrt(x).item(), 32.0);
}

#[test]
fn what_is_not_reached_has_gradient_zero() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(2.0);
    let other = tape.var(&tensor![[1.0, 2.0]]);
    let unused = tape.state_with_gradient(&Tensor::ones([2, 1]));
    let y = x * x;
    // Recorded after what is differentiated, or on a branch of its own.
    let _ = (y * x) + other;
    let gradients = y.backward();
    assert_eq!(gradients.wrt(x).item(), 4.0);
    assert_eq!(gradients.wrt(other), Tensor::zeros([1, 2]));
    assert_eq!(gradients.wrt_state(unused), Tensor::zeros([2, 1]));
}

#[test]
#[should_panic(expected = "gradients: this is a constant; make it with `var` or `scalar`")]
fn one_does_not_differentiate_by_a_constant() {
    let tape = Tape::<f64>::new();
    let (x, a) = (tape.scalar(2.0), tape.constant(&Tensor::scalar(3.0)));
    let _ = (x * a).backward().wrt(a);
}

#[test]
fn tangents_go_on_without_gradients() {
    let tape = Tape::<Dual<f64, 1>>::new();
    let x = tape.scalar(Dual::new(3.0, [1.0]));
    let square = tape.without_gradients(|| x * x);
    assert_eq!(square.item().tangent(), [6.0]);
    assert_eq!(square.stop_gradient().item().tangent(), [0.0]);
    // In reverse mode it counts as a constant, so that the product's slope is 9 and its tangent 27.
    let product = square * x;
    assert_eq!(product.item().tangent(), [27.0]);
    assert_eq!(product.backward().wrt(x).item().value(), 9.0);
}

#[test]
fn updates_after_the_loss_are_only_undone() {
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(0.1);
    let (state, loss) = one_step(&tape, rate);
    let x = tape.constant(&tensor![1.0, -2.0]);
    state.rank_k_update(Some(rate), &[state.matvec(x) * rate], &[x]);
    let gradient = loss.backward().wrt(rate).item();
    let again = Tape::new();
    let rate = again.scalar(0.1);
    assert_eq!(
        one_step(&again, rate).1.backward().wrt(rate).item(),
        gradient
    );
}

#[test]
fn without_gradients_everything_is_constant() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![3.0]);
    let square = tape.without_gradients(|| x * x);
    assert_eq!((square * x).sum().backward().wrt(x).data(), [9.0]);

    tape.reset();
    let x = tape.var(&tensor![3.0]);
    let state = tape.state(&tensor![[2.0]]);
    state.rank_k_update(None, &[x], &[x]);
    tape.without_gradients(|| state.rank_k_update(None, &[x], &[x]));
    let read = tape.without_gradients(|| state.matvec(x));
    assert_eq!(read.item(), 60.0);
    // W = 2 + x² + 9, of which only x² counts: d(Wx)/dx = W + 2x·x.
    let gradients = (state.matvec(x) + read).sum().backward();
    assert_eq!(gradients.wrt(x).data(), [20.0 + 18.0]);
}

#[test]
fn a_panic_without_gradients_switches_them_on_again() {
    let tape = Tape::<f64>::new();
    let attempt = std::panic::AssertUnwindSafe(|| tape.without_gradients(|| panic!("on purpose")));
    assert!(std::panic::catch_unwind(attempt).is_err());
    let x = tape.scalar(3.0);
    assert_eq!((x * x).backward().wrt(x).item(), 6.0);
}
