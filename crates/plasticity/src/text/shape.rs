//! Shape of a part of a term: each dimension is 1, the layer's size or that of the layer below.

use std::fmt;

use super::syntax::Side;

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
    pub(super) const NUMBER: Shape = Shape {
        rows: Dimension::One,
        columns: Dimension::One,
    };
    pub(super) const WEIGHTS: Shape = Shape {
        rows: Dimension::Of(Side::Post),
        columns: Dimension::Of(Side::Pre),
    };

    pub(super) fn column(side: Side) -> Self {
        Shape {
            rows: Dimension::Of(side),
            columns: Dimension::One,
        }
    }

    pub(super) fn transposed(self) -> Self {
        Shape {
            rows: self.columns,
            columns: self.rows,
        }
    }

    pub(crate) fn is_vector(self) -> bool {
        (self.rows == Dimension::One) != (self.columns == Dimension::One)
    }

    /// Whether functions and elementwise products take it: a vector, or a matrix like the weights.
    pub(super) fn has_elements(self) -> bool {
        self.is_vector() || self == Shape::WEIGHTS
    }

    pub(super) fn times(self, other: Shape) -> Option<Shape> {
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
