//! Operators on functions: gradients, products with Jacobians and Hessians, whole matrices.
//!
//! A function is anything of the form `Fn(&[Var<'t, T>]) -> Var<'t, T>`: a closure, or a generic
//! `fn` item, which fits every operator whatever scalar type it asks for.
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
//! reverse. There is no reverse over reverse, because every use of it that ends in a vector is
//! served at the same cost, a small multiple of the function's, without recording the sweep:
//!
//! - *Hessian-vector products* (Newton-CG, curvature, influence functions): [`hvp`], the tangent of
//!   the gradient.
//! - *Gradients of a function of a gradient*, `∇_x φ(∇f(x))`, such as gradient penalties and
//!   sharpness: `∇²f(x) ∇φ(∇f(x))`, an [`hvp`] along the gradient of φ; that is what reverse over
//!   reverse would compute, since the Hessian is symmetric.
//! - *Meta-gradients through gradient steps* (MAML): the sweep back through
//!   `θ' = θ − α ∇f(θ)` turns the adjoint `θ̄'` into `θ̄' − α ∇²f(θ) θ̄'`, one [`hvp`] a step; the
//!   adjoint of α is `−∇f(θ)·θ̄'`.
//! - *Mixed derivatives* `∂²f/∂θ∂x v`: [`hvp`] over both inputs with the tangent of one of them.
//! - *Whole Hessians*: [`hessian`], one [`hvp`] a column, where reverse over reverse would sweep as
//!   often.
//!
//! Operators are generic over the scalar type, so they nest: `grad` of a function on dual numbers
//! whose components are dual numbers gives third derivatives.
//!
//! What reverse over reverse alone would serve is the gradient of a *scalar made of several
//! Hessian-vector products along fixed directions*, which here costs one sweep for each direction.

mod matrices;
mod products;

pub use matrices::{hessian, jacobian};
pub use products::{grad, hvp, jvp, value_and_grad, vjp};
