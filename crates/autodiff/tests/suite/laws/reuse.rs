//! Operations of one's own, long recordings, and tapes that are used again.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Rewind, Tape, TapeMemory, weighted_sum};
use metaplast_tensor::{Scalar, Shape, Tensor, tensor};

/// y = x₀ x₁, elementwise.
#[derive(Debug)]
struct Product;

impl<T: Scalar> Op<T> for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_eq!(operands[0], operands[1], "product: shapes differ");
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for (i, y) in output.iter_mut().enumerate() {
            *y = inputs.value(0)[i] * inputs.value(1)[i];
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        for (operand, other) in [(0, 1), (1, 0)] {
            if let Some(into) = adjoints.of(operand) {
                for (i, dx) in into.iter_mut().enumerate() {
                    *dx += adjoint[i] * inputs.value(other)[i];
                }
            }
        }
    }
}

#[test]
fn an_operation_of_ones_own_takes_part() {
    let tape = Tape::<f64>::new();
    let (x, c) = (
        tape.var(&tensor![2.0, 3.0]),
        tape.constant(&tensor![5.0, 7.0]),
    );
    let op: Arc<dyn Op<f64>> = Arc::new(Product);
    let y = tape.custom(op.clone(), &[x, tape.custom(op, &[x, c])]);
    assert_eq!(y.value(), tensor![20.0, 63.0]);
    assert_eq!(y.sum().backward().wrt(x), tensor![20.0, 42.0]);
}

#[test]
#[should_panic(expected = "product: shapes differ")]
fn an_operation_of_ones_own_may_refuse() {
    let tape = Tape::<f64>::new();
    let operands = [tape.scalar(1.0), tape.var(&tensor![1.0])];
    let _ = tape.custom(Arc::new(Product), &operands);
}

#[test]
fn a_sweep_of_a_million_nodes_needs_no_stack() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    let mut y = x;
    for _ in 0..1_000_000 {
        y += 1e-6;
    }
    assert!((y.item() - 2.0).abs() < 1e-9);
    assert_eq!(y.backward().wrt(x).item(), 1.0);
    drop(tape);
}

/// Learning with everything on the tape that a plasticity rule uses.
fn episode<T: Scalar>(tape: &Tape<T>, decay: f64) {
    let rate = tape.scalar(T::from_f64(0.01));
    let decay = tape.scalar(T::from_f64(decay));
    let state = tape.state_with_gradient(&Tensor::full([7, 5], T::from_f64(0.1)));
    let mut last = None;
    for step in 0..20 {
        let x = tape.constant_with(5, |x| x[step % 5] = T::ONE);
        let z = state.matvec(x);
        let y = z.softplus(10.0);
        let back = state.detached().matvec_transposed(y) * x.softplus_slope(10.0);
        let right = weighted_sum(&[rate, rate], &[x, back]);
        state.rank_k_update(Some(decay), &[y, z], &[right, x]);
        last = Some(y.softmax().sum() + y.dot(y));
    }
    let loss = last.expect("steps");
    let gradients = loss.backward();
    assert!(gradients.wrt(rate).item().is_finite());
}

#[test]
fn a_tape_that_is_used_again_does_not_grow() {
    for rewind in [Rewind::Undo, Rewind::Snapshot { every: 3 }] {
        for decay in [0.0, 0.5] {
            let tape = Tape::<f64>::new();
            tape.set_rewind(rewind);
            let mut first = TapeMemory::default();
            for round in 0..1000 {
                tape.reset();
                episode(&tape, decay);
                if round == 0 {
                    first = tape.memory();
                }
            }
            assert_eq!(tape.memory(), first);
            assert!(first.total() > 0);
        }
    }
}

#[test]
fn a_tape_that_is_cut_back_after_each_step_does_not_grow() {
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(0.01);
    let decay = tape.scalar(0.3);
    let state = tape.state(&Tensor::full([4, 4], 0.1));
    let mut first = TapeMemory::default();
    for step in 0..1000 {
        let mark = tape.mark();
        let x = tape.constant_with(4, |x| x[step % 4] = 1.0);
        let y = state.matvec(x).tanh();
        state.rank_k_update(Some(decay), &[y * rate], &[x]);
        tape.cut(mark);
        if step == 10 {
            first = tape.memory();
        }
    }
    assert_eq!(tape.memory(), first);
    assert_eq!(tape.len(), 2);
}
