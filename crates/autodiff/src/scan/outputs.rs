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
    /// `[steps, …]` for each value that a step gives out; none until a step has been run.
    stacks: Option<Vec<Tensor<T>>>,
    /// Steps whose values are there; without room where there are no values.
    known: Vec<bool>,
}

impl<T: Scalar> Outputs<T> {
    pub(super) fn new(steps: usize) -> Self {
        let (stacks, known) = (None, Vec::new());
        Outputs {
            steps,
            kept: RefCell::new(Kept { stacks, known }),
        }
    }

    /// Takes over what step `t` has given out, and leaves the list empty.
    #[track_caller]
    pub(super) fn take(&self, t: usize, emitted: &mut Vec<Var<'_, T>>) {
        let mut kept = self.kept.borrow_mut();
        let Kept { stacks, known } = &mut *kept;
        let stacks = stacks.get_or_insert_with(|| {
            if !emitted.is_empty() {
                *known = vec![false; self.steps];
            }
            let stack = |x: &Var<'_, T>| {
                Tensor::zeros(Shape::from(&*[&[self.steps], x.shape().dims()].concat()))
            };
            emitted.iter().map(stack).collect()
        });
        let alike = |(x, stack): (&Var<'_, T>, &Tensor<T>)| x.shape().dims() == &stack.dims()[1..];
        assert!(
            emitted.len() == stacks.len() && emitted.iter().zip(&*stacks).all(alike),
            "scan: step {t} gives out other values than the first step, or of other shapes"
        );
        if known.get(t) == Some(&false) {
            for (x, stack) in emitted.iter().zip(stacks) {
                x.with(|x| stack.row_mut(t).copy_from_slice(x));
            }
            known[t] = true;
        }
        emitted.clear();
    }

    pub(super) fn into_stacks(self) -> Vec<Tensor<T>> {
        self.kept.into_inner().stacks.unwrap_or_default()
    }
}
