//! Gradients: what a reverse sweep leaves behind.

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use crate::instances::Sweeps;
use crate::state::State;
use crate::tape::Tape;
use crate::var::Var;

/// The gradients of one sweep, read from the tape that made them.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::tensor;
///
///
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.scalar(3.0));
/// let gradients = (x * y).sum().backward();
/// assert_eq!(gradients.wrt(x), tensor![3.0, 3.0]);
/// assert_eq!(gradients.wrt(y).item(), 3.0);
/// ```
#[derive(Clone, Copy)]
pub struct Gradients<'t, T: Scalar> {
    tape: &'t Tape<T>,
    generation: u32,
    sweep: u32,
}

impl<T: Scalar> fmt::Debug for Gradients<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Gradients {{ sweep: {}, tape: {:?} }}",
            self.sweep, self.tape
        )
    }
}

impl<T: Scalar> Gradients<'_, T> {
    #[track_caller]
    fn check(&self) {
        let rec = self.tape.recording.borrow();
        assert!(
            self.generation == rec.generation,
            "gradients: the tape was reset or cut back since this sweep"
        );
        assert!(
            self.sweep == rec.sweeps,
            "gradients: another sweep of this tape has taken their place; read them before it"
        );
    }

    /// The gradient with respect to an input or a [retained](Var::retain) variable, in its shape;
    /// zeros where the differentiated value does not depend on it.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(3.0);
    /// let square = x.square().retain();
    /// let gradients = (square * 2.0).backward();
    /// assert_eq!(gradients.wrt(square).item(), 2.0);
    /// assert_eq!(gradients.wrt(x).item(), 12.0);
    /// assert_eq!(gradients.wrt(tape.scalar(1.0)).item(), 0.0);
    /// ```
    ///
    /// # Panics
    /// When `var` is a constant, or made as one [without gradients](Tape::without_gradients), which
    /// is almost certainly a mistake; when it is neither an input nor retained,
    /// since its adjoint was not kept; and when the tape was reset, cut back or swept since.
    #[track_caller]
    #[must_use]
    pub fn wrt(&self, var: Var<'_, T>) -> Tensor<T> {
        self.check();
        let rec = self.tape.recording.borrow();
        let id = var.check(self.tape, &rec);
        let (node, is_leaf) = (&rec.nodes[id], rec.ops[id].is_leaf());
        assert!(
            node.is_retained() || is_leaf,
            "gradients: only inputs and retained variables keep theirs; call `retain` before the sweep"
        );
        assert!(
            node.needs_gradient() || !is_leaf,
            "gradients: this is a constant; make it with `var` or `scalar` to differentiate by it"
        );
        let shape = rec.nodes.shape(id);
        match rec.adjoints.get(id) {
            Some(adjoint) => Tensor::new(shape.clone(), adjoint.to_vec()),
            None => Tensor::zeros(shape.clone()),
        }
    }

    /// The gradient with respect to the first value of a state; zeros where nothing depends on it.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state_with_gradient(&tensor![[1.0, 2.0]]);
    /// let loss = w.matvec(tape.constant(&tensor![3.0, 4.0])).sum();
    /// assert_eq!(loss.backward().wrt_state(w), tensor![[3.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// When the state was not made by [`Tape::state_with_gradient`] (the adjoint at its start is
    /// then incomplete), when updates of it were cut from the recording, and when the tape was
    /// reset, cut back or swept since.
    #[track_caller]
    #[must_use]
    pub fn wrt_state(&self, state: State<'_, T>) -> Tensor<T> {
        self.check();
        let rec = self.tape.recording.borrow();
        state.check(self.tape, &rec);
        rec.states.initial_gradient(state.index())
    }
}

/// Sweeps the recording below `root`, with `seed` as its adjoint.
#[track_caller]
fn sweep<'t, T: Scalar>(root: Var<'t, T>, seed: &[T]) -> Gradients<'t, T> {
    let tape = root.tape();
    let mut rec = tape.recording.borrow_mut();
    let id = root.check(tape, &rec);
    rec.check_sweepable();
    (Sweeps::get().sweep)(&mut rec, id, seed);
    Gradients {
        tape,
        generation: rec.generation,
        sweep: rec.sweeps,
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Differentiates this one-element value with respect to everything it depends on.
    ///
    /// States on the tape are rewound to their first value; the tape then has to be
    /// [reset](Tape::reset) before it records again.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(2.0);
    /// assert_eq!((x.powi(3) / 3.0).backward().wrt(x).item(), 4.0);
    /// ```
    ///
    /// # Panics
    /// When the value has more or fewer than one element (see [`backward_with`](Self::backward_with)),
    /// or when an earlier sweep has rewound this recording already.
    #[track_caller]
    pub fn backward(self) -> Gradients<'t, T> {
        let shape = self.shape();
        assert!(
            shape.len() == 1,
            "backward: needs one element, got shape {shape}; use `backward_with` and a seed"
        );
        sweep(self, &[T::ONE])
    }

    /// The vector-Jacobian product: differentiates `⟨seed, self⟩`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.square().backward_with(&tensor![1.0, 10.0]).wrt(x), tensor![2.0, 40.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ, or when an earlier sweep has rewound this recording already.
    #[track_caller]
    pub fn backward_with(self, seed: &Tensor<T>) -> Gradients<'t, T> {
        let shape = self.shape();
        assert!(
            &shape == seed.shape(),
            "backward_with: value of shape {shape}, seed of shape {}",
            seed.shape()
        );
        sweep(self, seed.data())
    }
}
