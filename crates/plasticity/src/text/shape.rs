//! The shape of every part of a term: each dimension is 1, the layer's size or that of the layer
//! below.

use std::fmt;

use super::error::{Reason, TermError};
use super::syntax::{Node, Operator, Part, Side};

/// How many rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    One,
    Of(Side),
}

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    rows: Dimension,
    columns: Dimension,
}

impl Shape {
    const NUMBER: Shape = Shape {
        rows: Dimension::One,
        columns: Dimension::One,
    };
    const WEIGHTS: Shape = Shape {
        rows: Dimension::Of(Side::Post),
        columns: Dimension::Of(Side::Pre),
    };

    fn column(side: Side) -> Self {
        Shape {
            rows: Dimension::Of(side),
            columns: Dimension::One,
        }
    }

    fn transposed(self) -> Self {
        Shape {
            rows: self.columns,
            columns: self.rows,
        }
    }

    pub(crate) fn is_vector(self) -> bool {
        (self.rows == Dimension::One) != (self.columns == Dimension::One)
    }

    fn times(self, other: Shape) -> Option<Shape> {
        match (self, other) {
            (Shape::NUMBER, shape) | (shape, Shape::NUMBER) => Some(shape),
            (left, right) => (left.columns == right.rows).then_some(Shape {
                rows: left.rows,
                columns: right.columns,
            }),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |side| match side {
            Side::Post => "post",
            Side::Pre => "pre",
        };
        match (self.rows, self.columns) {
            (Dimension::One, Dimension::One) => f.write_str("a number"),
            (Dimension::Of(side), Dimension::One) => write!(f, "a {}-synaptic column", name(side)),
            (Dimension::One, Dimension::Of(side)) => write!(f, "a {}-synaptic row", name(side)),
            (Dimension::Of(rows), Dimension::Of(columns)) => {
                write!(f, "a {} × {} matrix", name(rows), name(columns))
            }
        }
    }
}

/// Checks that the shapes of all parts fit, and that the whole is post × pre.
pub(crate) fn check(term: &Node) -> Result<(), TermError> {
    match shape(term)? {
        Shape::WEIGHTS => Ok(()),
        other => Err(TermError::new(Reason::NoTerm(other), term.at.clone())),
    }
}

fn shape(node: &Node) -> Result<Shape, TermError> {
    let wrong = |reason| Err(TermError::new(reason, node.at.clone()));
    match &node.part {
        Part::Number(_) => Ok(Shape::NUMBER),
        Part::Signal(signal) => Ok(Shape::column(signal.side())),
        Part::Weights => Ok(Shape::WEIGHTS),
        Part::Negative(inner) => shape(inner),
        Part::Transposed(inner) => match inner.part {
            Part::Number(_) => wrong(Reason::TransposedNumber),
            _ => Ok(shape(inner)?.transposed()),
        },
        Part::Applied(_, argument) => match shape(argument)? {
            shape if shape.is_vector() || shape == Shape::NUMBER => Ok(shape),
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
                Operator::Elementwise if left == right && left.is_vector() => Ok(left),
                Operator::Elementwise => wrong(Reason::Elementwise(left, right)),
                Operator::Divide if right == Shape::NUMBER => Ok(left),
                Operator::Divide => Err(TermError::new(Reason::Divisor, operands[1].at.clone())),
            }
        }
    }
}
