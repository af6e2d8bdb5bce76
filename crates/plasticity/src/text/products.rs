//! Products of summands: with numbers, vectors, outer products and weights.

use super::elements::Elements;
use super::error::Reason;
use super::named::NamedSignal;
use super::normal::{Number, Summand, Through, Vector};
use super::syntax::{Side, Signal};

/// The value of a summand, of any shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Number,
    Column(Vector),
    Row(Vector),
    /// `a bᵀ`
    Outer(Vector, Vector),
    /// A product of matrices.
    Matrices(Vec<Matrix>),
    /// A post × pre matrix, element by element.
    Elements(Elements),
}

/// A matrix of the shape of the weights, or its transpose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    /// The weights where there is no name.
    pub(super) named: Option<NamedSignal>,
    pub(super) transposed: bool,
}

impl Matrix {
    pub(super) const WEIGHTS: Matrix = Matrix {
        named: None,
        transposed: false,
    };

    pub(super) fn transposed(self) -> Self {
        Matrix {
            transposed: !self.transposed,
            ..self
        }
    }
}

/// A product of two summands, or why there is none.
pub(super) type Product = Result<Summand<Form>, Reason>;

pub(super) fn multiplied(a: &Summand<Form>, b: &Summand<Form>) -> Product {
    let mut numbers = [a.numbers.as_slice(), &b.numbers].concat();
    let mut dot = |a: &Vector, b: &Vector| numbers.push(self::dot(a.clone(), b.clone()));
    let value = match (&a.value, &b.value) {
        (Form::Number, value) | (value, Form::Number) => value.clone(),
        (Form::Elements(_), _) | (_, Form::Elements(_)) => return Err(Reason::Elements),
        (Form::Column(a), Form::Row(b)) => Form::Outer(a.clone(), b.clone()),
        (Form::Row(a), Form::Column(b)) => {
            dot(a, b);
            Form::Number
        }
        (Form::Row(a), Form::Outer(b, c)) => {
            dot(a, b);
            Form::Row(c.clone())
        }
        (Form::Outer(a, b), Form::Column(c)) => {
            dot(b, c);
            Form::Column(a.clone())
        }
        (Form::Outer(a, b), Form::Outer(c, d)) => {
            dot(b, c);
            Form::Outer(a.clone(), d.clone())
        }
        (Form::Matrices(m), Form::Column(x)) => Form::Column(times(m, x)),
        (Form::Matrices(m), Form::Outer(a, b)) => Form::Outer(times(m, a), b.clone()),
        (Form::Row(x), Form::Matrices(m)) => Form::Row(times_transposed(x, m)),
        (Form::Outer(a, b), Form::Matrices(m)) => Form::Outer(a.clone(), times_transposed(b, m)),
        (Form::Matrices(m), Form::Matrices(n)) => Form::Matrices([m.as_slice(), n].concat()),
        (Form::Column(_), _) | (_, Form::Row(_)) => unreachable!("the shapes do not fit"),
    };
    Ok(Summand {
        coefficient: a.coefficient * b.coefficient,
        numbers,
        value,
    })
}

pub(super) fn elementwise(a: &Summand<Form>, b: &Summand<Form>) -> Product {
    let value = match (&a.value, &b.value) {
        (Form::Column(x), Form::Column(y)) => Form::Column(product(x, y)),
        (Form::Row(x), Form::Row(y)) => Form::Row(product(x, y)),
        (Form::Outer(a, b), Form::Outer(c, d)) => Form::Outer(product(a, c), product(b, d)),
        (a, b) => Form::Elements(Elements::product(Elements::of(a)?, Elements::of(b)?)),
    };
    Ok(Summand {
        coefficient: a.coefficient * b.coefficient,
        numbers: [a.numbers.as_slice(), &b.numbers].concat(),
        value,
    })
}

/// One factor of a power.
pub(super) fn elementwise_or_number(a: &Summand<Form>, b: &Summand<Form>) -> Product {
    match a.value {
        Form::Number => multiplied(a, b),
        _ => elementwise(a, b),
    }
}

/// The elementwise product of two vectors of one side.
pub(super) fn product(a: &Vector, b: &Vector) -> Vector {
    match (a, b) {
        (Vector::Signal(Signal::Ones(_)), other) | (other, Vector::Signal(Signal::Ones(_))) => {
            other.clone()
        }
        _ => Vector::Product(Box::new([a.clone(), b.clone()])),
    }
}

/// The matrices times a column.
fn times(matrices: &[Matrix], x: &Vector) -> Vector {
    let apply = |x: Vector, matrix: &Matrix| projected(matrix.clone(), x);
    matrices.iter().rev().fold(x.clone(), apply)
}

/// The column that, transposed, is the row `xᵀ` times the matrices.
fn times_transposed(x: &Vector, matrices: &[Matrix]) -> Vector {
    let apply = |x: Vector, matrix: &Matrix| projected(matrix.clone().transposed(), x);
    matrices.iter().fold(x.clone(), apply)
}

fn projected(matrix: Matrix, x: Vector) -> Vector {
    match (matrix.named, matrix.transposed) {
        (Some(named), transposed) => Vector::Through(Box::new(Through {
            matrix: named,
            transposed,
            vector: x,
        })),
        (None, false) if x == Vector::Signal(Signal::Activity(Side::Pre)) => {
            Vector::Signal(Signal::PreActivation)
        }
        (None, false) => Vector::Projected(x.into()),
        (None, true) => Vector::ProjectedBack(x.into()),
    }
}

/// `a · b`, in the way that reads the weights least: `z` is known already, and `Wᵀ y` is what other
/// terms are likely to need as well.
fn dot(a: Vector, b: Vector) -> Number {
    let y_pre = Vector::Signal(Signal::Activity(Side::Pre));
    let z = Vector::Signal(Signal::PreActivation);
    match (a, b) {
        (Vector::Signal(Signal::Ones(_)), x) | (x, Vector::Signal(Signal::Ones(_))) => {
            Number::Sum(x)
        }
        (Vector::ProjectedBack(x), y) if y == y_pre => Number::Dot(Box::new([z, *x])),
        (y, Vector::ProjectedBack(x)) if y == y_pre => Number::Dot(Box::new([z, *x])),
        (Vector::Projected(x), Vector::Signal(s)) | (Vector::Signal(s), Vector::Projected(x)) => {
            let back = Vector::ProjectedBack(Vector::Signal(s).into());
            Number::Dot(Box::new([back, *x]))
        }
        (a, b) => Number::Dot(Box::new([a, b])),
    }
}
