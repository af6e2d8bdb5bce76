//! Expressions put together in Rust: the same terms as in the [language of terms](crate::text).
//!
//! ```
//! use metaplast_plasticity::Term;
//! use metaplast_plasticity::expression::{e, ones, y, y_pre, z};
//!
//! let gated = Term::new("gated", z().tanh().elementwise(e()) * y_pre().t() / 2.0)?;
//! assert_eq!(gated.to_string(), "gated = tanh(z) .* e * y_pre^T / 2");
//! let scaled = Term::new("scaled", -e() * (ones().t() * y()) * y_pre().t())?;
//! assert_eq!(scaled.formula(), "(−e_l) (1_lᵀ y_l) y_(l−1)ᵀ");
//! // What does not fit is found when the term is made.
//! assert!(Term::new("wrong", y() * y_pre()).is_err());
//! # Ok::<(), metaplast_plasticity::text::TermError>(())
//! ```

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::function::Function;
use crate::text::{Node, Operator, Part, Reason, Side, Signal, TermError};

/// A part of a term: a number, a column of pre- or post-synaptic signals, a row or a matrix.
///
/// `*` is the product of matrices, vectors and numbers, [`t`](Self::t) the transpose.
#[derive(Clone, Debug)]
#[must_use]
pub struct Expression(Result<Node, TermError>);

impl Expression {
    fn of(part: Part) -> Self {
        // Places are those in the text that the whole expression makes.
        Expression(Node::new(part, 0..0).map_err(TermError::from))
    }

    fn number(x: f64) -> Self {
        if !x.is_finite() {
            let reason = Reason::Number(x.to_string());
            return Expression(Err(TermError::new(reason, 0..0)));
        }
        let size = Expression::of(Part::Number(x.abs()));
        if x < 0.0 { -size } else { size }
    }

    fn map(self, part: impl FnOnce(Box<Node>) -> Part) -> Self {
        Expression(
            self.0
                .and_then(|node| Ok(Node::new(part(node.into()), 0..0)?)),
        )
    }

    fn with(self, operator: Operator, other: Expression) -> Self {
        let both = self.0.and_then(|a| Ok([a, other.0?]));
        Expression(both.and_then(|both| Ok(Node::new(Part::Binary(operator, both.into()), 0..0)?)))
    }

    /// The transpose: a column becomes a row.
    pub fn t(self) -> Self {
        self.map(Part::Transposed)
    }

    /// The product of each element with that of another vector, `a ⊙ b`.
    pub fn elementwise(self, other: Expression) -> Self {
        self.with(Operator::Elementwise, other)
    }

    /// `eˣ` of every element, or of a number.
    pub fn exp(self) -> Self {
        self.map(|x| Part::Applied(Function::Exp, x))
    }

    /// The hyperbolic tangent of every element, or of a number.
    pub fn tanh(self) -> Self {
        self.map(|x| Part::Applied(Function::Tanh, x))
    }

    /// `max(x, 0)` of every element, or of a number.
    pub fn relu(self) -> Self {
        self.map(|x| Part::Applied(Function::Relu, x))
    }

    /// `|x|` of every element, or of a number.
    pub fn abs(self) -> Self {
        self.map(|x| Part::Applied(Function::Abs, x))
    }

    /// `1 / (1 + e⁻ˣ)` of every element, or of a number.
    pub fn sigmoid(self) -> Self {
        self.map(|x| Part::Applied(Function::Sigmoid, x))
    }

    /// `√x` of every element, or of a number.
    pub fn sqrt(self) -> Self {
        self.map(|x| Part::Applied(Function::Sqrt, x))
    }

    /// 1 where an element is positive, else 0; its derivative is 0.
    pub fn step(self) -> Self {
        self.map(|x| Part::Applied(Function::Step, x))
    }

    /// A power from 2 to 9 of every element, or of a number; another one is found when the term is made.
    pub fn powi(self, power: u32) -> Self {
        self.map(|x| Part::Power(x, power))
    }

    /// The quotient of each element and that of another vector, `a ⊘ b`.
    pub fn elementwise_div(self, other: Expression) -> Self {
        self.with(Operator::ElementwiseDivide, other)
    }

    pub(crate) fn into_tree(self) -> Result<Node, TermError> {
        self.0
    }
}

macro_rules! signals {
    ($($(#[$meta:meta])* $name:ident: $part:expr;)*) => {
        $(
            $(#[$meta])*
            pub fn $name() -> Expression {
                Expression::of($part)
            }
        )*
    };
}

signals! {
    /// `y_l`, the activation of the layer: a post-synaptic column.
    y: Part::Signal(Signal::Activity(Side::Post));
    /// `y_(l−1)`, the activation of the layer below: a pre-synaptic column.
    y_pre: Part::Signal(Signal::Activity(Side::Pre));
    /// `e_l`, the layer's teaching signal: a post-synaptic column.
    e: Part::Signal(Signal::Error(Side::Post));
    /// `e_(l−1)`, the teaching signal of the layer below: a pre-synaptic column.
    e_pre: Part::Signal(Signal::Error(Side::Pre));
    /// `z_l = W_l y_(l−1)`, the pre-activation: a post-synaptic column.
    z: Part::Signal(Signal::PreActivation);
    /// `1_l`, a post-synaptic column of ones.
    ones: Part::Signal(Signal::Ones(Side::Post));
    /// `1_(l−1)`, a pre-synaptic column of ones.
    ones_pre: Part::Signal(Signal::Ones(Side::Pre));
    /// `W_l`, the weights before the step: post × pre.
    w: Part::Weights;
}

impl From<f64> for Expression {
    fn from(x: f64) -> Self {
        Expression::number(x)
    }
}

impl Neg for Expression {
    type Output = Expression;

    fn neg(self) -> Expression {
        self.map(Part::Negative)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $operator:ident),*) => {
        $(
            impl<E: Into<Expression>> $trait<E> for Expression {
                type Output = Expression;

                fn $method(self, other: E) -> Expression {
                    self.with(Operator::$operator, other.into())
                }
            }

            impl $trait<Expression> for f64 {
                type Output = Expression;

                fn $method(self, other: Expression) -> Expression {
                    Expression::number(self).with(Operator::$operator, other)
                }
            }
        )*
    };
}

operators!(Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide);
