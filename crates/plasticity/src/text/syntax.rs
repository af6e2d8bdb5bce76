//! The syntax tree of a term written as text.

use std::ops::Range;

use super::limits::MOST_LEVELS;
use super::named::NamedSignal;
use super::step_signal::StepSignal;
use crate::function::Function;

/// Bytes of the text from which a part of the tree was read.
pub(crate) type Span = Range<usize>;

/// Which side of the synapse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Layer l.
    Post,
    /// Layer l − 1.
    Pre,
}

/// A vector that a layer offers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Signal {
    /// `y`
    Activity(Side),
    /// `e`
    Error(Side),
    /// `z_l`
    PreActivation,
    /// `1`, the vector of ones.
    Ones(Side),
    /// A column under a name of its own.
    Named(NamedSignal, Side),
}

impl Signal {
    /// Every signal of a layer.
    pub(crate) const ALL: [Signal; 7] = [
        Signal::Activity(Side::Post),
        Signal::Error(Side::Post),
        Signal::PreActivation,
        Signal::Ones(Side::Post),
        Signal::Activity(Side::Pre),
        Signal::Error(Side::Pre),
        Signal::Ones(Side::Pre),
    ];

    pub(crate) fn side(&self) -> Side {
        match *self {
            Signal::Activity(side)
            | Signal::Error(side)
            | Signal::Ones(side)
            | Signal::Named(_, side) => side,
            Signal::PreActivation => Side::Post,
        }
    }

    /// As one types it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Signal::Activity(Side::Post) => "y",
            Signal::Activity(Side::Pre) => "y_pre",
            Signal::Error(Side::Post) => "e",
            Signal::Error(Side::Pre) => "e_pre",
            Signal::PreActivation => "z",
            Signal::Ones(Side::Post) => "ones",
            Signal::Ones(Side::Pre) => "ones_pre",
            Signal::Named(signal, _) => &signal.name,
        }
    }

    /// As in the paper.
    pub(crate) fn symbol(&self) -> &str {
        match self {
            Signal::Activity(Side::Post) => "y_l",
            Signal::Activity(Side::Pre) => "y_(l−1)",
            Signal::Error(Side::Post) => "e_l",
            Signal::Error(Side::Pre) => "e_(l−1)",
            Signal::PreActivation => "z_l",
            Signal::Ones(Side::Post) => "1_l",
            Signal::Ones(Side::Pre) => "1_(l−1)",
            Signal::Named(signal, _) => &signal.name,
        }
    }
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `a + b`
    Add,
    /// `a − b`
    Subtract,
    /// `a b`, a product of matrices, vectors and numbers.
    Multiply,
    /// `a ⊙ b`
    Elementwise,
    /// `a / b`
    Divide,
    /// `a ⊘ b`
    ElementwiseDivide,
}

/// A part of a term, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) part: Part,
    pub(crate) at: Span,
    depth: u32,
}

/// A tree has more than [`MOST_LEVELS`] levels; where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooDeep(pub(crate) Span);

/// What a part of a term is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Not negative, finite.
    Number(f64),
    /// A number under a name.
    Named(NamedSignal),
    Signal(Signal),
    /// `W_l`
    Weights,
    /// A matrix of the shape of the weights under a name.
    Matrix(NamedSignal),
    Negative(Box<Node>),
    Transposed(Box<Node>),
    Applied(Function, Box<Node>),
    /// To a whole power, of a number or elementwise.
    Power(Box<Node>, u32),
    Binary(Operator, Box<[Node; 2]>),
}

impl Node {
    /// A node, unless its tree is too deep.
    pub(crate) fn new(part: Part, at: Span) -> Result<Self, TooDeep> {
        let below = match &part {
            Part::Number(_)
            | Part::Named(_)
            | Part::Signal(_)
            | Part::Weights
            | Part::Matrix(_) => 0,
            Part::Negative(x) | Part::Transposed(x) | Part::Applied(_, x) | Part::Power(x, _) => {
                x.depth
            }
            Part::Binary(_, operands) => operands[0].depth.max(operands[1].depth),
        };
        if below >= MOST_LEVELS {
            return Err(TooDeep(at));
        }
        Ok(Node {
            part,
            at,
            depth: below + 1,
        })
    }
}

impl Node {
    /// Whether any part of the tree is such a part.
    pub(crate) fn any(&self, is: &dyn Fn(&Part) -> bool) -> bool {
        is(&self.part)
            || match &self.part {
                Part::Number(_)
                | Part::Named(_)
                | Part::Signal(_)
                | Part::Weights
                | Part::Matrix(_) => false,
                Part::Negative(inner)
                | Part::Transposed(inner)
                | Part::Applied(_, inner)
                | Part::Power(inner, _) => inner.any(is),
                Part::Binary(_, operands) => operands.iter().any(|operand| operand.any(is)),
            }
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        self.any(&|part| match part {
            Part::Named(named) | Part::Signal(Signal::Named(named, _)) => {
                named.step == Some(signal)
            }
            _ => false,
        })
    }
}

/// The same terms, wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.part == other.part
    }
}
