//! Check that the shapes of all parts of a term fit together.

use super::error::{Reason, TermError};
use super::shape::Shape;
use super::syntax::{Node, Operator, Part};

/// Checks that the shapes of all parts fit, and that the whole is post × pre.
pub(crate) fn check(term: &Node) -> Result<(), TermError> {
    match shape(term)? {
        Shape::WEIGHTS => Ok(()),
        other => Err(TermError::new(Reason::NoTerm(other), term.at.clone())),
    }
}

/// The shape of the whole, if those of all parts fit.
pub(crate) fn shape(node: &Node) -> Result<Shape, TermError> {
    let wrong = |reason| Err(TermError::new(reason, node.at.clone()));
    match &node.part {
        Part::Number(_) | Part::Named(_) => Ok(Shape::NUMBER),
        Part::Signal(signal) => Ok(Shape::column(signal.side())),
        Part::Weights | Part::Matrix(_) => Ok(Shape::WEIGHTS),
        Part::Negative(inner) => shape(inner),
        Part::Transposed(inner) => match inner.part {
            Part::Number(_) | Part::Named(_) => wrong(Reason::TransposedNumber),
            _ => Ok(shape(inner)?.transposed()),
        },
        Part::Applied(_, argument) | Part::Power(argument, _) => match shape(argument)? {
            shape if shape.has_elements() || shape == Shape::NUMBER => Ok(shape),
            other => wrong(Reason::Applied(other)),
        },
        Part::Binary(operator, operands) => {
            let (left, right) = (shape(&operands[0])?, shape(&operands[1])?);
            match operator {
                Operator::Add | Operator::Subtract if left == right => Ok(left),
                Operator::Add | Operator::Subtract => wrong(Reason::Sum(left, right)),
                Operator::Multiply => match left.times(right) {
                    Some(shape) => Ok(shape),
                    None => wrong(Reason::Product(left, right)),
                },
                Operator::Elementwise | Operator::ElementwiseDivide
                    if left == right && left.has_elements() =>
                {
                    Ok(left)
                }
                Operator::Elementwise | Operator::ElementwiseDivide => {
                    wrong(Reason::Elementwise(left, right))
                }
                Operator::Divide if right == Shape::NUMBER => Ok(left),
                Operator::Divide => Err(TermError::new(Reason::Divisor, operands[1].at.clone())),
            }
        }
    }
}
