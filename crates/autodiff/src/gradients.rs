//! What a sweep leaves behind.

use metaplast_tensor::{Scalar, Tensor};

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

impl<'t, T: Scalar> Gradients<'t, T> {
    pub(crate) fn new(tape: &'t Tape<T>, generation: u32, sweep: u32) -> Self {
        Gradients {
            tape,
            generation,
            sweep,
        }
    }

    #[track_caller]
    fn check(&self) {
        let rec = self.tape.recording.borrow();
        assert_eq!(
            self.generation, rec.generation,
            "gradients: the tape was reset or cut back since this sweep"
        );
        assert_eq!(
            self.sweep, rec.sweeps,
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
    /// is more likely a mistake than a wish for zeros; when it is neither an input nor retained,
    /// since its adjoint was not kept; and when the tape was reset, cut back or swept since.
    #[track_caller]
    pub fn wrt(&self, var: Var<'_, T>) -> Tensor<T> {
        self.check();
        let rec = self.tape.recording.borrow();
        let id = var.check(self.tape, &rec);
        let node = &rec.nodes[id];
        assert!(
            node.retained || node.op.is_leaf(),
            "gradients: only inputs and retained variables keep theirs; call `retain` before the sweep"
        );
        assert!(
            node.needs_gradient || !node.op.is_leaf(),
            "gradients: this is a constant; make it with `var` or `scalar` to differentiate by it"
        );
        match rec.adjoints.get(id) {
            Some(adjoint) => Tensor::new(node.shape.clone(), adjoint.to_vec()),
            None => Tensor::zeros(node.shape.clone()),
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
    pub fn wrt_state(&self, state: State<'_, T>) -> Tensor<T> {
        self.check();
        let rec = self.tape.recording.borrow();
        state.check(self.tape, &rec);
        rec.states.initial_gradient(state.index())
    }
}
