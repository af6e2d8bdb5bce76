//! Outputs of a scan: what steps give out, each step's once, however often it is run.

use std::cell::RefCell;

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::var::Var;

/// The outputs of all steps, as they come to be known.
pub(super) struct Outputs<T: Scalar> {
    steps: usize,
    kept: RefCell<Kept<T>>,
}

struct Kept<T: Scalar> {
    /// `[steps, …]` for each value that a step gives out; empty until a step has been run.
    stacks: Vec<Tensor<T>>,
    /// Steps whose values are there.
    known: Vec<bool>,
}

impl<T: Scalar> Outputs<T> {
    pub(super) fn new(steps: usize) -> Self {
        let (stacks, known) = (Vec::new(), Vec::new());
        Outputs {
            steps,
            kept: RefCell::new(Kept { stacks, known }),
        }
    }

    /// Takes over what step `t` has given out, and leaves the list empty.
    #[track_caller]
    pub(super) fn take(&self, t: usize, emitted: &mut Vec<Var<'_, T>>) {
        let mut kept = self.kept.borrow_mut();
        let kept = &mut *kept;
        if kept.known.is_empty() {
            kept.known = vec![false; self.steps];
            let stack = |x: &Var<'_, T>| {
                Tensor::zeros(Shape::from(&*[&[self.steps], x.shape().dims()].concat()))
            };
            kept.stacks = emitted.iter().map(stack).collect();
        }
        let alike = |(x, stack): (&Var<'_, T>, &Tensor<T>)| x.shape().dims() == &stack.dims()[1..];
        assert!(
            emitted.len() == kept.stacks.len() && emitted.iter().zip(&kept.stacks).all(alike),
            "scan: step {t} gives out other values than the first step, or of other shapes"
        );
        if !kept.known[t] {
            for (x, stack) in emitted.iter().zip(&mut kept.stacks) {
                x.with(|x| stack.row_mut(t).copy_from_slice(x));
            }
            kept.known[t] = true;
        }
        emitted.clear();
    }

    pub(super) fn into_stacks(self) -> Vec<Tensor<T>> {
        self.kept.into_inner().stacks
    }
}
