//! Terms multiplied out: a sum of numbers times outer products of vectors, and of decay.
//!
//! This is what lets a term written as text do what a built-in one does and no more: nothing of the
//! size of the weights is ever made. `(y yᵀ) W` becomes `y (Wᵀ y)ᵀ`, one product of the weights with
//! a vector; `yᵀ W e_pre` becomes `(Wᵀ y) · e_pre`; `W y_pre` is the pre-activation `z`, which is
//! known already.

use super::error::{Reason, TermError};
use super::limits::MOST_SUMMANDS;
use super::named::NamedSignal;
use super::products::{Form, Matrix, elementwise, elementwise_or_number, multiplied};
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
    /// `a ⊙ b`
    Product(Box<[Vector; 2]>),
    /// A function of each element of a sum of vectors.
    Applied(Function, Vec<Summand<Vector>>),
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
}

type Sum = Vec<Summand<Form>>;

/// The term multiplied out; its shapes are checked already.
pub(crate) fn normal(term: &Node) -> Result<Vec<Summand<Change>>, TermError> {
    let wrong = |reason| TermError::new(reason, term.at.clone());
    let sum = nonzero(term)?;
    let change = |summand: Summand<Form>| {
        let value = match summand.value {
            Form::Outer(post, pre) => Change::Outer(post, pre),
            Form::Matrices(matrices) if matrices == [Matrix::Weights] => Change::Weights,
            _ => return Err(wrong(Reason::Matrices)),
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
        Part::Weights => vec![Summand::new(1.0, Form::Matrices(vec![Matrix::Weights]))],
        Part::Negative(inner) => negated(expand(inner)?),
        Part::Transposed(inner) => expand(inner)?.into_iter().map(transposed).collect(),
        Part::Power(inner, power) => {
            let base = expand(inner)?;
            let mut product = base.clone();
            for _ in 1..*power {
                let next = pairs(&product, &base, elementwise_or_number);
                product = next.ok_or_else(|| wrong(Reason::TooMany))?;
            }
            product
        }
        Part::Applied(function, argument) => {
            let argument = expand(argument)?;
            vec![applied(*function, argument).ok_or_else(|| wrong(Reason::Constant))?]
        }
        Part::Binary(operator, operands) => {
            let (left, right) = (expand(&operands[0])?, expand(&operands[1])?);
            match operator {
                Operator::Add => [left, right].concat(),
                Operator::Subtract => [left, negated(right)].concat(),
                Operator::Divide => {
                    let wrong = || TermError::new(Reason::Divisor, operands[1].at.clone());
                    match right.as_slice() {
                        [divisor] if divisor.numbers.is_empty() => {
                            let divisor = divisor.coefficient;
                            let divided = |summand: Summand<Form>| Summand {
                                coefficient: summand.coefficient / divisor,
                                ..summand
                            };
                            left.into_iter().map(divided).collect()
                        }
                        _ => {
                            let inverse = applied(Function::Inverse, right).ok_or_else(wrong)?;
                            left.iter().map(|a| multiplied(a, &inverse)).collect()
                        }
                    }
                }
                Operator::ElementwiseDivide => {
                    let wrong = || TermError::new(Reason::Divisor, operands[1].at.clone());
                    let inverse = applied(Function::Inverse, right).ok_or_else(wrong)?;
                    left.iter().map(|a| elementwise(a, &inverse)).collect()
                }
                Operator::Multiply | Operator::Elementwise => {
                    let by = match operator {
                        Operator::Multiply => multiplied,
                        _ => elementwise,
                    };
                    pairs(&left, &right, by).ok_or_else(|| wrong(Reason::TooMany))?
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
}

fn negated(sum: Sum) -> Sum {
    let negated = |summand: Summand<Form>| Summand {
        coefficient: -summand.coefficient,
        ..summand
    };
    sum.into_iter().map(negated).collect()
}

fn transposed(summand: Summand<Form>) -> Summand<Form> {
    let value = match summand.value {
        Form::Number => Form::Number,
        Form::Column(x) => Form::Row(x),
        Form::Row(x) => Form::Column(x),
        Form::Outer(a, b) => Form::Outer(b, a),
        Form::Matrices(matrices) => {
            let reversed = matrices.into_iter().rev().map(|matrix| match matrix {
                Matrix::Weights => Matrix::Transposed,
                Matrix::Transposed => Matrix::Weights,
            });
            Form::Matrices(reversed.collect())
        }
    };
    Summand { value, ..summand }
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

/// A function of a sum of numbers, columns or rows; `None` when no signal is in it.
fn applied(function: Function, argument: Sum) -> Option<Summand<Form>> {
    let first = argument.first()?;
    if first.value == Form::Number {
        if argument.iter().all(|summand| summand.numbers.is_empty()) {
            return None;
        }
        let numbers = argument.into_iter().map(|summand| Summand {
            coefficient: summand.coefficient,
            numbers: summand.numbers,
            value: (),
        });
        let mut result = Summand::new(1.0, Form::Number);
        result.numbers = vec![Number::Applied(function, numbers.collect())];
        return Some(result);
    }
    let is_row = matches!(first.value, Form::Row(_));
    let vectors = argument
        .into_iter()
        .filter_map(|summand| match summand.value {
            Form::Column(value) | Form::Row(value) => Some(Summand {
                coefficient: summand.coefficient,
                numbers: summand.numbers,
                value,
            }),
            _ => None,
        });
    let vector = Vector::Applied(function, vectors.collect());
    let form = if is_row { Form::Row } else { Form::Column };
    Some(Summand::new(1.0, form(vector)))
}

/// The product of each with each; none where these are too many.
fn pairs(
    left: &[Summand<Form>],
    right: &[Summand<Form>],
    by: fn(&Summand<Form>, &Summand<Form>) -> Summand<Form>,
) -> Option<Sum> {
    let fit = left.len() * right.len() <= MOST_SUMMANDS;
    let products = left
        .iter()
        .flat_map(|a| right.iter().map(move |b| by(a, b)));
    fit.then(|| collected(products.collect()))
}
