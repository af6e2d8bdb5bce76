//! Terms multiplied out: a sum of numbers times outer products of vectors, and of decay.
//!
//! This is what lets a term written as text do what a built-in one does and no more: nothing of the
//! size of the weights is ever made. `(y yᵀ) W` becomes `y (Wᵀ y)ᵀ`, one product of the weights with
//! a vector; `yᵀ W e_pre` becomes `(Wᵀ y) · e_pre`; `W y_pre` is the pre-activation `z`, which is
//! known already.

use super::elements::Elements;
use super::error::{Reason, TermError};
use super::limits::MOST_SUMMANDS;
use super::named::NamedSignal;
use super::products::{Form, Matrix, Product, elementwise, elementwise_or_number, multiplied};
use super::syntax::{Node, Operator, Part, Signal};
use crate::function::Function;

/// A column; rows are transposed columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Vector {
    Signal(Signal),
    /// `W x`, of a pre-synaptic vector.
    Projected(Box<Vector>),
    /// `Wᵀ x`, of a post-synaptic vector.
    ProjectedBack(Box<Vector>),
    /// The product of a matrix under a name with a vector.
    Through(Box<Through>),
    /// `a ⊙ b`
    Product(Box<[Vector; 2]>),
    /// A function of each element of a sum of vectors.
    Applied(Function, Vec<Summand<Vector>>),
}

impl Vector {
    pub(crate) fn is_ones(&self) -> bool {
        matches!(self, Vector::Signal(Signal::Ones(_)))
    }
}

/// `M x`, or `Mᵀ x`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Through {
    pub(crate) matrix: NamedSignal,
    pub(crate) transposed: bool,
    pub(crate) vector: Vector,
}

/// A number that follows from the signals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    /// A number under a name.
    Named(NamedSignal),
    /// `1ᵀ x`
    Sum(Vector),
    /// `a · b`
    Dot(Box<[Vector; 2]>),
    /// A function of a sum of numbers.
    Applied(Function, Vec<Summand<()>>),
}

/// `coefficient · Π numbers · value`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summand<V> {
    pub(crate) coefficient: f64,
    pub(crate) numbers: Vec<Number>,
    pub(crate) value: V,
}

/// What a term adds to the weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// `post preᵀ`
    Outer(Vector, Vector),
    /// `W`
    Weights,
    /// A matrix under a name.
    Named(NamedSignal),
    /// A matrix, element by element.
    Elements(Elements),
}

type Sum = Vec<Summand<Form>>;

/// The term multiplied out; its shapes are checked already.
pub(crate) fn normal(term: &Node) -> Result<Vec<Summand<Change>>, TermError> {
    let wrong = |reason| TermError::new(reason, term.at.clone());
    let sum = nonzero(term)?;
    let change = |summand: Summand<Form>| {
        let value = match summand.value {
            Form::Outer(post, pre) => Change::Outer(post, pre),
            Form::Elements(elements) => Change::Elements(elements),
            form => match Elements::of(&form).map_err(wrong)? {
                Elements::Weights => Change::Weights,
                Elements::Named(named) => Change::Named(named),
                elements => Change::Elements(elements),
            },
        };
        Ok(Summand {
            coefficient: summand.coefficient,
            numbers: summand.numbers,
            value,
        })
    };
    sum.into_iter().map(change).collect()
}

/// A column multiplied out; its shapes are checked already.
pub(crate) fn normal_column(node: &Node) -> Result<Vec<Summand<Vector>>, TermError> {
    let column = |summand: Summand<Form>| match summand.value {
        Form::Column(value) => Ok(Summand {
            coefficient: summand.coefficient,
            numbers: summand.numbers,
            value,
        }),
        _ => unreachable!("the shape of a column"),
    };
    nonzero(node)?.into_iter().map(column).collect()
}

/// A number multiplied out; its shapes are checked already.
pub(crate) fn normal_number(node: &Node) -> Result<Vec<Summand<()>>, TermError> {
    let number = |summand: Summand<Form>| Summand {
        coefficient: summand.coefficient,
        numbers: summand.numbers,
        value: (),
    };
    let sum = nonzero(node)?;
    if sum.iter().all(|summand| summand.numbers.is_empty()) {
        return Err(TermError::new(Reason::FixedMemory, node.at.clone()));
    }
    Ok(sum.into_iter().map(number).collect())
}

fn nonzero(node: &Node) -> Result<Sum, TermError> {
    match expand(node)? {
        sum if sum.is_empty() => Err(TermError::new(Reason::Zero, node.at.clone())),
        sum => Ok(sum),
    }
}

fn expand(node: &Node) -> Result<Sum, TermError> {
    let wrong = |reason| TermError::new(reason, node.at.clone());
    let sum = match &node.part {
        Part::Number(number) => vec![Summand::new(*number, Form::Number)],
        Part::Named(named) => {
            let mut number = Summand::new(1.0, Form::Number);
            number.numbers = vec![Number::Named(named.clone())];
            vec![number]
        }
        Part::Signal(signal) => {
            vec![Summand::new(
                1.0,
                Form::Column(Vector::Signal(signal.clone())),
            )]
        }
        Part::Weights => vec![Summand::new(1.0, Form::Matrices(vec![Matrix::WEIGHTS]))],
        Part::Matrix(named) => {
            let matrix = Matrix {
                named: Some(named.clone()),
                ..Matrix::WEIGHTS
            };
            vec![Summand::new(1.0, Form::Matrices(vec![matrix]))]
        }
        Part::Negative(inner) => negated(expand(inner)?),
        Part::Transposed(inner) => {
            let transposed = expand(inner)?.into_iter().map(transposed);
            transposed.collect::<Result<_, _>>().map_err(wrong)?
        }
        Part::Power(inner, power) => {
            let base = expand(inner)?;
            let mut product = base.clone();
            for _ in 1..*power {
                product = pairs(&product, &base, elementwise_or_number).map_err(wrong)?;
            }
            product
        }
        Part::Applied(function, argument) => {
            let argument = expand(argument)?;
            vec![applied(*function, argument).map_err(wrong)?]
        }
        Part::Binary(operator, operands) => {
            let (left, right) = (expand(&operands[0])?, expand(&operands[1])?);
            match operator {
                Operator::Add => [left, right].concat(),
                Operator::Subtract => [left, negated(right)].concat(),
                Operator::Divide => match right.as_slice() {
                    [divisor] if divisor.numbers.is_empty() => {
                        let divisor = divisor.coefficient;
                        let divided = |summand: Summand<Form>| Summand {
                            coefficient: summand.coefficient / divisor,
                            ..summand
                        };
                        left.into_iter().map(divided).collect()
                    }
                    _ => {
                        let inverse = inverse(right, &operands[1])?;
                        pairs(&left, &[inverse], multiplied).map_err(wrong)?
                    }
                },
                Operator::ElementwiseDivide => {
                    let inverse = inverse(right, &operands[1])?;
                    pairs(&left, &[inverse], elementwise).map_err(wrong)?
                }
                Operator::Multiply | Operator::Elementwise => {
                    let by = match operator {
                        Operator::Multiply => multiplied,
                        _ => elementwise,
                    };
                    pairs(&left, &right, by).map_err(wrong)?
                }
            }
        }
    };
    let sum = collected(sum);
    if sum.iter().any(|summand| !summand.coefficient.is_finite()) {
        return Err(wrong(Reason::Overflow));
    }
    match sum.len() {
        0..=MOST_SUMMANDS => Ok(sum),
        _ => Err(wrong(Reason::TooMany)),
    }
}

impl<V> Summand<V> {
    fn new(coefficient: f64, value: V) -> Self {
        Summand {
            coefficient,
            numbers: Vec::new(),
            value,
        }
    }

    fn with<U>(self, value: U) -> Summand<U> {
        Summand {
            coefficient: self.coefficient,
            numbers: self.numbers,
            value,
        }
    }
}

fn negated(sum: Sum) -> Sum {
    let negated = |summand: Summand<Form>| Summand {
        coefficient: -summand.coefficient,
        ..summand
    };
    sum.into_iter().map(negated).collect()
}

fn transposed(summand: Summand<Form>) -> Product {
    let value = match summand.value {
        Form::Number => Form::Number,
        Form::Column(x) => Form::Row(x),
        Form::Row(x) => Form::Column(x),
        Form::Outer(a, b) => Form::Outer(b, a),
        Form::Matrices(matrices) => {
            Form::Matrices(matrices.into_iter().rev().map(Matrix::transposed).collect())
        }
        Form::Elements(_) => return Err(Reason::Elements),
    };
    Ok(Summand { value, ..summand })
}

/// Adds up like summands, each where the first of them stands, and leaves out what cancels.
fn collected(sum: Sum) -> Sum {
    let mut collected: Sum = Vec::new();
    for summand in sum {
        let alike = |other: &&mut Summand<Form>| {
            other.numbers == summand.numbers && other.value == summand.value
        };
        match collected.iter_mut().find(alike) {
            Some(other) => other.coefficient += summand.coefficient,
            None => collected.push(summand),
        }
    }
    collected.retain(|summand| summand.coefficient != 0.0);
    collected
}

/// One divided by a sum.
fn inverse(sum: Sum, divisor: &Node) -> Result<Summand<Form>, TermError> {
    applied(Function::Inverse, sum).map_err(|reason| {
        let reason = match reason {
            Reason::Constant => Reason::Divisor,
            reason => reason,
        };
        TermError::new(reason, divisor.at.clone())
    })
}

/// A function of a sum of numbers, columns, rows or matrices; none where no signal is in it.
fn applied(function: Function, argument: Sum) -> Product {
    let first = argument.first().ok_or(Reason::Constant)?;
    let is_row = match first.value {
        Form::Number => {
            if argument.iter().all(|summand| summand.numbers.is_empty()) {
                return Err(Reason::Constant);
            }
            let numbers = argument.into_iter().map(|summand| summand.with(()));
            let mut result = Summand::new(1.0, Form::Number);
            result.numbers = vec![Number::Applied(function, numbers.collect())];
            return Ok(result);
        }
        Form::Column(_) => false,
        Form::Row(_) => true,
        Form::Outer(..) | Form::Matrices(_) | Form::Elements(_) => {
            let elements = argument.into_iter().map(|summand| {
                let elements = Elements::of(&summand.value)?;
                Ok(summand.with(elements))
            });
            let elements = elements.collect::<Result<_, Reason>>()?;
            let applied = Elements::Applied(function, elements);
            return Ok(Summand::new(1.0, Form::Elements(applied)));
        }
    };
    let vectors = argument
        .into_iter()
        .filter_map(|summand| match summand.value.clone() {
            Form::Column(value) | Form::Row(value) => Some(summand.with(value)),
            _ => None,
        });
    let vector = Vector::Applied(function, vectors.collect());
    let form = if is_row { Form::Row } else { Form::Column };
    Ok(Summand::new(1.0, form(vector)))
}

/// The product of each with each, or why there is none.
fn pairs(
    left: &[Summand<Form>],
    right: &[Summand<Form>],
    by: fn(&Summand<Form>, &Summand<Form>) -> Product,
) -> Result<Sum, Reason> {
    if left.len() * right.len() > MOST_SUMMANDS {
        return Err(Reason::TooMany);
    }
    let products = left
        .iter()
        .flat_map(|a| right.iter().map(move |b| by(a, b)));
    Ok(collected(products.collect::<Result<_, _>>()?))
}
