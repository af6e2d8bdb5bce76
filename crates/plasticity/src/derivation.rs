//! Derivations: how signals and scalars of a layer come from others.

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Scalar;

use crate::connection::Connection;
use crate::function::Function;

/// What terms have computed from signals, so that the next one to ask shares it.
#[derive(Clone, Copy)]
pub(crate) struct Derived<'t, T: Scalar> {
    pub(crate) from: Derivation<'t, T>,
    pub(crate) value: Var<'t, T>,
}

/// How a signal or scalar comes from others.
#[derive(Clone, Copy)]
pub(crate) enum Derivation<'t, T: Scalar> {
    /// `W_l x`
    Projected(Var<'t, T>),
    /// `W_lᵀ x`
    ProjectedBack(Var<'t, T>),
    /// `1ᵀ x`
    Sum(Var<'t, T>),
    /// `a · b`
    Dot(Var<'t, T>, Var<'t, T>),
    /// `(W_lᵀ a) · b`
    BackOverlap(Var<'t, T>, Var<'t, T>),
    /// `a ⊙ b`
    Product(Var<'t, T>, Var<'t, T>),
    /// `a + b`
    Added(Var<'t, T>, Var<'t, T>),
    /// `c x`
    Scaled(Var<'t, T>, f64),
    /// `x + c`
    Shifted(Var<'t, T>, f64),
    /// `f(x)`, elementwise
    Applied(Function, Var<'t, T>),
}

impl<'t, T: Scalar> Derivation<'t, T> {
    pub(crate) fn is_same(self, other: Self) -> bool {
        use Derivation::*;
        match (self, other) {
            (Projected(a), Projected(b))
            | (ProjectedBack(a), ProjectedBack(b))
            | (Sum(a), Sum(b)) => a.is_same(b),
            (BackOverlap(a, b), BackOverlap(c, d)) => a.is_same(c) && b.is_same(d),
            (Dot(a, b), Dot(c, d))
            | (Product(a, b), Product(c, d))
            | (Added(a, b), Added(c, d)) => {
                a.is_same(c) && b.is_same(d) || a.is_same(d) && b.is_same(c)
            }
            (Scaled(a, c), Scaled(b, d)) | (Shifted(a, c), Shifted(b, d)) => {
                a.is_same(b) && c.to_bits() == d.to_bits()
            }
            (Applied(f, a), Applied(g, b)) => f == g && a.is_same(b),
            _ => false,
        }
    }

    pub(crate) fn compute(self, weights: State<'t, T>) -> Var<'t, T> {
        match self {
            // The weights are kept transposed. Signals of rank 2 have a row for each place of a convolution,
            // and a number is one for each place.
            Derivation::Projected(x) => Connection::project_by(None, weights, x),
            Derivation::ProjectedBack(x) => Connection::project_back_by(None, weights, x, x),
            Derivation::Sum(x) if x.rank() == 2 => x.sum_axes(&[1], true),
            Derivation::Sum(x) => x.sum(),
            Derivation::Dot(a, b) if a.rank() == 2 => (a * b).sum_axes(&[1], true),
            Derivation::Dot(a, b) => a.dot(b),
            // Of the projection, only what meets an element that may differ from zero.
            Derivation::BackOverlap(a, b) => weights.matvec_within(a, b).dot(b),
            Derivation::Product(a, b) => a * b,
            Derivation::Added(a, b) => a + b,
            Derivation::Scaled(x, c) => x * c,
            Derivation::Shifted(x, c) => x + c,
            Derivation::Applied(Function::Exp, x) => x.exp(),
            Derivation::Applied(Function::Tanh, x) => x.tanh(),
            Derivation::Applied(Function::Relu, x) => x.relu(),
            Derivation::Applied(Function::Abs, x) => x.abs(),
            Derivation::Applied(Function::Sigmoid, x) => x.sigmoid(),
            Derivation::Applied(Function::Sqrt, x) => x.sqrt(),
            Derivation::Applied(Function::Step, x) => x.sign().relu(),
            // The last axis is that of the post-synaptic units.
            Derivation::Applied(Function::Cumsum, x) => match x.rank() {
                0 => x,
                rank => x.cumsum(rank - 1),
            },
            Derivation::Applied(Function::Inverse, x) => x.powi(-1),
        }
    }
}
