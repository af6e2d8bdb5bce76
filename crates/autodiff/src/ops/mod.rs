//! Operations: each stands in one file with its forward, its derivative, its maths and its test.
//!
//! # Adding one
//! 1. A file here with a small `Copy` struct for the operation's parameters, an [`Op`]
//!    implementation, a method on [`Var`](crate::Var) with formula, panics and an example, and in
//!    its tests a function `checks` that puts it through random operands of every kind of shape.
//!    A function of each element is an `Elementwise` (see `activations.rs`), a reduction over axes
//!    a line of `reduction!` (see `reduce_axes.rs`), and one that moves elements a `Rearrange` (see
//!    `layout.rs`).
//! 2. Its name in the table in `table.rs`: before the semicolon if its parameters fit in 12 bytes
//!    and stand in the node, after it if they go behind a pointer. The table tests that derivatives
//!    of first and second order by every operand were checked, and fails for an operation whose
//!    `checks` do not reach it.
//!
//! What is made of other operations (`mse`, `conv2d`) is a method and checks, and no table line.
//!
//! Forward mode needs nothing more: it runs `forward` on dual numbers (see [`Dual`](crate::Dual)).

use std::fmt::Debug;

use metaplast_tensor::{Scalar, Shape};

use crate::adjoint::AdjointPool;
use crate::node::Node;

mod activations;
mod axes;
mod batched;
mod binary;
mod conv;
mod cross_entropy;
mod element;
mod elementary;
mod extrema;
mod greatest;
mod index;
mod layout;
mod linear;
mod losses;
mod parts;
mod rearrange;
mod reduce;
mod reduce_axes;
mod reduction;
mod slope_product;
mod softmax;
mod softplus;
mod stop_gradient;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod unary;
mod weighted_sum;

pub use parts::{concat, stack};
pub use softplus::SWITCH;
pub(crate) use table::Builtin;
pub use weighted_sum::weighted_sum;

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
    fn shape(&self, operands: &[&Shape]) -> Shape;

    /// Computes the value into `output`, which starts as zeros.
    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]);

    /// Adds to each operand's adjoint its share of `output_adjoint`: `x̄ += (∂y/∂x)ᵀ ȳ`.
    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    );

    /// False for operations that pass no gradient to any operand.
    fn differentiable(&self) -> bool {
        true
    }

    /// Where the result is zero because operands are; see
    /// [`Var::with_known_zeros`](crate::Var::with_known_zeros).
    fn zeros(&self) -> Zeros {
        Zeros::Unknown
    }
}

/// How known zeros of the operands that have the result's shape become known zeros of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// Nothing is known.
    Unknown,
    /// An element is zero where it is in every such operand, whatever the other operands hold,
    /// like that of a sum with scalar coefficients.
    WhereAll,
    /// An element is zero where it is in one such operand, like that of a product; the derivative
    /// by the others is zero there too.
    WhereAny,
}

/// The operands of an operation: values and shapes.
pub struct Inputs<'a, T: Scalar> {
    nodes: &'a [Node<T>],
    values: &'a [T],
    ids: &'a [u32],
}

impl<'a, T: Scalar> Inputs<'a, T> {
    pub(crate) fn new(nodes: &'a [Node<T>], values: &'a [T], ids: &'a [u32]) -> Self {
        Inputs { nodes, values, ids }
    }

    /// The node of operand `i`.
    pub(crate) fn node(&self, i: usize) -> &'a Node<T> {
        &self.nodes[self.ids[i] as usize]
    }

    /// The place of operand `i` in the recording.
    pub(crate) fn id(&self, i: usize) -> usize {
        self.ids[i] as usize
    }

    /// Number of operands.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True when there are no operands.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The elements of operand `i`, row-major.
    pub fn value(&self, i: usize) -> &'a [T] {
        &self.values[self.nodes[self.ids[i] as usize].value_range()]
    }

    /// The shape of operand `i`.
    pub fn shape(&self, i: usize) -> &'a Shape {
        &self.nodes[self.ids[i] as usize].shape
    }

    /// Whether anything differentiable is in operand `i`.
    pub fn needs_gradient(&self, i: usize) -> bool {
        self.nodes[self.ids[i] as usize].needs_gradient
    }

    pub(crate) fn node_retained(&self, node: usize) -> bool {
        self.nodes[node].retained
    }
}

/// The operands' adjoints, to which a vector-Jacobian product adds its part.
pub struct Adjoints<'a, T: Scalar> {
    nodes: &'a [Node<T>],
    pool: &'a mut AdjointPool<T>,
    ids: &'a [u32],
}

impl<'a, T: Scalar> Adjoints<'a, T> {
    pub(crate) fn new(nodes: &'a [Node<T>], pool: &'a mut AdjointPool<T>, ids: &'a [u32]) -> Self {
        Adjoints { nodes, pool, ids }
    }

    /// Those of the operands in `inputs`.
    pub(crate) fn of_operands(inputs: &Inputs<'a, T>, pool: &'a mut AdjointPool<T>) -> Self {
        Adjoints {
            nodes: inputs.nodes,
            pool,
            ids: inputs.ids,
        }
    }

    /// The adjoint of operand `i`, to be added to; `None` when nobody wants it.
    pub fn of(&mut self, i: usize) -> Option<&mut [T]> {
        let id = self.ids[i] as usize;
        let node = &self.nodes[id];
        node.needs_gradient
            .then(|| self.pool.accumulator(id, node.len as usize))
    }
}
