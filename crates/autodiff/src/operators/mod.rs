//! Operators on functions: gradients, products with Jacobians and Hessians, whole matrices.
//!
//! A function is anything of the form `Fn(&[Var<'t, T>]) -> Var<'t, T>`: a closure, or a generic
//! `fn` item, which fits every operator whatever scalar type it asks for. A closure that is kept in
//! a `let` before it gets to its operator goes through [`function`], which gives it the lifetimes.
//!
//! ```
//! use metaplast_autodiff::Var;
//! use metaplast_autodiff::operators::{grad, hvp};
//! use metaplast_tensor::{Scalar, tensor};
//!
//! fn cubes<'t, T: Scalar>(x: &[Var<'t, T>]) -> Var<'t, T> {
//!     x[0].powi(3).sum()
//! }
//!
//! let x = [tensor![1.0, 2.0]];
//! assert_eq!(grad(cubes, &x), [tensor![3.0, 12.0]]);
//! assert_eq!(hvp(cubes, &x, &[tensor![1.0, 0.0]]), [tensor![6.0, 0.0]]);
//! ```
//!
//! Constants that a closure brings along are put on its tape, `x[0].tape().constant(&a.cast())`;
//! [`cast`](metaplast_tensor::Tensor::cast) makes plain numbers into whatever the tape computes with.
//!
//! # Modes
//! An operation defines its derivative once, as a vjp. Forward mode runs the same forward code on
//! [`Dual`](crate::Dual) numbers, and second derivatives run the same sweep on them: forward over
//! reverse. There is no reverse over reverse, because what it would be used for is served without
//! recording a sweep:
//!
//! - *Hessian-vector products* (Newton-CG, curvature, influence functions): [`hvp`], the tangent of
//!   the gradient.
//! - *Gradients of a function of a gradient*, `∇_x φ(∇f(x))`, such as gradient penalties and
//!   sharpness: `∇²f(x) ∇φ(∇f(x))`, an [`hvp`] along the gradient of φ; that is what reverse over
//!   reverse would compute, since the Hessian is symmetric.
//! - *Gradients that stay on the tape*: [`recorded_grad`] makes the gradient of a [`Function`] a value
//!   like others, whose own derivative is an [`hvp`] when the sweep gets there; [`recorded_jvp`] does so
//!   for products with a Jacobian. Losses made of derivatives along inputs, as physics-informed nets
//!   have them, are quickest with [`Jet`](crate::Jet)s.
//! - *Meta-gradients through gradient steps* (MAML): the sweep back through
//!   `θ' = θ − α ∇f(θ)` turns the adjoint `θ̄'` into `θ̄' − α ∇²f(θ) θ̄'`, one [`hvp`] a step; the
//!   adjoint of α is `−∇f(θ)·θ̄'`.
//! - *Mixed derivatives* `∂²f/∂θ∂x v`: [`hvp`] over both inputs with the tangent of one of them.
//! - *Whole Hessians*: [`hessian`], ten columns a sweep, where reverse over reverse would sweep for
//!   each.
//!
//! Operators are generic over the scalar type, so they nest: `grad` of a function on dual numbers
//! whose components are dual numbers gives third derivatives.
//!
//! Parts of a graph that are computed again in the sweep instead of being kept are
//! [`checkpoint`]s; gradients for each sample of a batch are [`per_sample_grad`]. A function of many
//! small operations that is called again and again is recorded once as a [`TracedFunction`].

mod checkpoint;
mod first_value;
mod function;
mod matrices;
mod per_sample;
mod products;
mod recorded;
mod traced;

pub use checkpoint::checkpoint;
pub(crate) use first_value::FirstValue;
pub use function::{Function, function, function_of_one};
pub use matrices::{hessian, jacobian};
pub use per_sample::per_sample_grad;
pub use products::{grad, hvp, jvp, value_and_grad, vjp};
pub(crate) use recorded::{first, part, tensors};
pub use recorded::{recorded_grad, recorded_jvp, recorded_value_and_grad};
pub use traced::TracedFunction;
