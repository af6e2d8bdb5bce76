//! Operation contract: what tape and sweep ask of an operation, and what they hand it.
//!
//! An [`Op`] is a function of its operands' values with a vector-Jacobian product. It sees its
//! operands as [`Inputs`] and adds to their adjoints through [`Adjoints`]; of the tape it knows
//! nothing, so that the contract stands below it.

use std::fmt::{self, Debug};
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};

use crate::adjoint::{AdjointPool, AdjointSum, AdjointsInPlace, first_of};
use crate::nodes::Nodes;

/// A differentiable operation.
///
/// Implement it outside the crate and record it with [`Tape::custom`](crate::Tape::custom):
///
/// ```
/// use std::sync::Arc;
/// use metaplast_autodiff::{Adjoints, Inputs, Op, Tape};
/// use metaplast_tensor::{Scalar, Shape, tensor};
///
/// /// y = x³
/// #[derive(Debug)]
/// struct Cube;
///
/// impl<T: Scalar> Op<T> for Cube {
///     fn name(&self) -> &'static str { "cube" }
///     fn shape(&self, operands: &[&Shape]) -> Shape { operands[0].clone() }
///     fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
///         for (y, &x) in output.iter_mut().zip(inputs.value(0)) { *y = x * x * x; }
///     }
///     fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
///         if let Some(dx) = adjoints.of(0) {
///             for ((dx, &g), &x) in dx.iter_mut().zip(adjoint).zip(inputs.value(0)) {
///                 *dx += T::from_f64(3.0) * x * x * g;
///             }
///         }
///     }
/// }
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![2.0]);
/// let y = tape.custom(Arc::new(Cube), &[x]);
/// assert_eq!(y.item(), 8.0);
/// assert_eq!(y.backward().wrt(x).data(), &[12.0]);
/// ```
///
/// # Forward mode and second order
/// An operation generic over [`Scalar`], like this one, has both: its jvp is `forward` on
/// [`Dual`](crate::Dual) numbers, the derivative of its vjp is `vjp` on them. Values that only
/// shift or choose (a maximum that is subtracted, say) go through [`Scalar::detach`].
///
/// An operation that calls code for one number type implements `Op<f64>` alone, and has reverse
/// mode; implementing `Op<Dual<f64, 1>>` beside it, with the jvp as `forward`, gives it the rest.
/// [`gradcheck`](crate::gradcheck) finds out whether they agree.
///
/// # What is special about states
/// The operations on a [`State`](crate::State) are the only ones that are not of this kind: they
/// write to a buffer outside the recording, and the sweep undoes that writing when it passes them.
/// An `Op` must be a function of its operands that leaves no trace, since nothing would undo it.
/// Every other built-in operation uses what this trait gives, and nothing else.
pub trait Op<T: Scalar>: Debug + Send + Sync {
    /// The operation's name in messages and pictures.
    fn name(&self) -> &'static str;

    /// The result's shape.
    ///
    /// # Panics
    /// With the name and all shapes, when the operands do not fit.
    #[track_caller]
    fn shape(&self, operands: &[&Shape]) -> Shape;

    /// Computes the value into `output`, which starts as zeros unless the operation
    /// [overwrites](Self::overwrites) it.
    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]);

    /// Adds to each operand's adjoint its share of `output_adjoint`: `x̄ += (∂y/∂x)ᵀ ȳ`.
    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    );

    /// Whether [`forward`](Self::forward) writes every element of the output, whatever stands there:
    /// no zeros are put there before, then.
    fn overwrites(&self) -> bool {
        false
    }

    /// False for operations that pass no gradient to any operand.
    fn differentiable(&self) -> bool {
        true
    }

    /// Where the result is zero because operands are; see
    /// [`Var::with_sparsity_pattern`](crate::Var::with_sparsity_pattern).
    fn sparsity(&self) -> Sparsity {
        Sparsity::Dense
    }
}

/// What recording asks of an operation: an [`Op`] without its vector-Jacobian product, and without the shape,
/// which was asked for where a panic points to the caller's line. Tapes of dual
/// numbers only record, in forward mode, and compile no more than this.
pub(crate) trait Forward<T: Scalar> {
    fn name(&self) -> &'static str;
    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]);
    fn overwrites(&self) -> bool;
    fn differentiable(&self) -> bool;
    fn sparsity(&self) -> Sparsity;
}

/// Takes [`Forward`] from the [`Op`] that a type is or points to.
macro_rules! forward_of_op {
    ($type:ty, |$this:ident| $op:expr) => {
        impl<T: metaplast_tensor::Scalar> crate::op::Forward<T> for $type {
            fn name(&self) -> &'static str {
                let $this = self;
                Op::<T>::name($op)
            }

            fn forward(&self, inputs: &crate::op::Inputs<'_, T>, output: &mut [T]) {
                let $this = self;
                Op::<T>::forward($op, inputs, output);
            }

            fn overwrites(&self) -> bool {
                let $this = self;
                Op::<T>::overwrites($op)
            }

            fn differentiable(&self) -> bool {
                let $this = self;
                Op::<T>::differentiable($op)
            }

            fn sparsity(&self) -> crate::op::Sparsity {
                let $this = self;
                Op::<T>::sparsity($op)
            }
        }
    };
}
pub(crate) use forward_of_op;

forward_of_op!(Arc<dyn Op<T>>, |this| this.as_ref());

/// How the [sparsity patterns](crate::Var::with_sparsity_pattern) of those operands that have the
/// result's shape become the result's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sparsity {
    /// The result has none: any element may be other than zero.
    Dense,
    /// An element is zero where it is in every such operand, whatever the other operands hold,
    /// like that of a sum with scalar coefficients.
    Sum,
    /// An element is zero where it is in one such operand, like that of a product; the derivative
    /// by the others is zero there too.
    Product,
}

/// The operands of an operation: values and shapes.
pub struct Inputs<'a, T: Scalar> {
    nodes: &'a Nodes,
    values: &'a [T],
    ids: &'a [u32],
}

impl<'a, T: Scalar> Inputs<'a, T> {
    pub(crate) fn new(nodes: &'a Nodes, values: &'a [T], ids: &'a [u32]) -> Self {
        Inputs { nodes, values, ids }
    }

    /// The place of operand `i` in the recording.
    pub(crate) fn id(&self, i: usize) -> usize {
        self.ids[i] as usize
    }

    /// Number of operands.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True when there are no operands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The elements of operand `i`, row-major.
    #[must_use]
    pub fn value(&self, i: usize) -> &'a [T] {
        &self.values[self.nodes.value_range(self.id(i))]
    }

    /// The shape of operand `i`.
    #[must_use]
    pub fn shape(&self, i: usize) -> &'a Shape {
        self.nodes.shape(self.id(i))
    }

    /// Whether anything differentiable is in operand `i`.
    #[must_use]
    pub fn needs_gradient(&self, i: usize) -> bool {
        self.nodes[self.id(i)].needs_gradient()
    }

    /// The sparsity pattern of operand `i`.
    pub(crate) fn pattern(&self, i: usize) -> u32 {
        self.nodes.pattern(self.id(i))
    }
}

impl<T: Scalar> fmt::Debug for Inputs<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = (0..self.len()).map(|i| self.shape(i));
        write!(f, "Inputs ")?;
        f.debug_list().entries(shapes).finish()
    }
}

/// The operands' adjoints, to which a vector-Jacobian product adds its part.
pub struct Adjoints<'a, T: Scalar> {
    nodes: &'a Nodes,
    ids: &'a [u32],
    kept: Kept<'a, T>,
}

/// Where adjoints are.
enum Kept<'a, T: Scalar> {
    InPool(&'a mut AdjointPool<T>),
    InPlace(AdjointsInPlace<'a, T>),
}

impl<'a, T: Scalar> Adjoints<'a, T> {
    /// Those of the operands in `inputs`.
    pub(crate) fn new(inputs: &Inputs<'a, T>, pool: &'a mut AdjointPool<T>) -> Self {
        Adjoints {
            nodes: inputs.nodes,
            ids: inputs.ids,
            kept: Kept::InPool(pool),
        }
    }

    /// Those of the operands in `inputs`, which stand like their values.
    pub(crate) fn in_place(inputs: &Inputs<'a, T>, adjoints: AdjointsInPlace<'a, T>) -> Self {
        Adjoints {
            nodes: inputs.nodes,
            ids: inputs.ids,
            kept: Kept::InPlace(adjoints),
        }
    }

    /// The adjoint of operand `i`, to be added to; `None` where it is not needed.
    pub fn of(&mut self, i: usize) -> Option<&mut [T]> {
        self.sum(i).map(AdjointSum::cleared)
    }

    /// The adjoint of operand `i`, for what adds to it in the order of its elements.
    pub(crate) fn sum(&mut self, i: usize) -> Option<AdjointSum<'_, T>> {
        let id = self.ids[i] as usize;
        if !self.nodes[id].needs_gradient() {
            return None;
        }
        Some(match &mut self.kept {
            Kept::InPool(pool) => pool.sum(id, self.nodes.value_len(id)),
            Kept::InPlace(adjoints) => adjoints.sum(id, self.nodes.value_range(id)),
        })
    }

    /// The adjoint of operand `i`, and so many numbers to work with, which may be any.
    pub(crate) fn with_scratch(
        &mut self,
        i: usize,
        len: usize,
        work: impl FnOnce(&mut [T], &mut [T]),
    ) {
        let id = self.ids[i] as usize;
        if !self.nodes[id].needs_gradient() {
            return;
        }
        match &mut self.kept {
            Kept::InPool(pool) => {
                let size = self.nodes.value_len(id);
                pool.with_scratch(len, |scratch, pool| {
                    work(pool.accumulator(id, size), scratch);
                });
            }
            Kept::InPlace(adjoints) => {
                let mut scratch = std::mem::take(adjoints.scratch);
                let into = adjoints.sum(id, self.nodes.value_range(id)).cleared();
                work(into, first_of(&mut scratch, len));
                *adjoints.scratch = scratch;
            }
        }
    }
}

impl<T: Scalar> fmt::Debug for Adjoints<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = |&id: &u32| self.nodes[id as usize].needs_gradient();
        write!(f, "Adjoints ")?;
        f.debug_list().entries(self.ids.iter().map(wanted)).finish()
    }
}
