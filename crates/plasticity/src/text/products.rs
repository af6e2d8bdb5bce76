//! Products of summands: with numbers, vectors, outer products and weights.

use super::normal::{Number, Summand, Vector};
use super::syntax::{Side, Signal};

/// The value of a summand, of any shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Number,
    Column(Vector),
    Row(Vector),
    /// `a bᵀ`
    Outer(Vector, Vector),
    /// A product of weight matrices.
    Matrices(Vec<Matrix>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matrix {
    Weights,
    Transposed,
}

pub(super) fn multiplied(a: &Summand<Form>, b: &Summand<Form>) -> Summand<Form> {
    let mut numbers = [a.numbers.as_slice(), &b.numbers].concat();
    let mut dot = |a: &Vector, b: &Vector| numbers.push(self::dot(a.clone(), b.clone()));
    let value = match (&a.value, &b.value) {
        (Form::Number, value) | (value, Form::Number) => value.clone(),
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
    Summand {
        coefficient: a.coefficient * b.coefficient,
        numbers,
        value,
    }
}

pub(super) fn elementwise(a: &Summand<Form>, b: &Summand<Form>) -> Summand<Form> {
    let value = match (&a.value, &b.value) {
        (Form::Column(x), Form::Column(y)) => Form::Column(product(x, y)),
        (Form::Row(x), Form::Row(y)) => Form::Row(product(x, y)),
        _ => unreachable!("the shapes do not fit"),
    };
    Summand {
        coefficient: a.coefficient * b.coefficient,
        numbers: [a.numbers.as_slice(), &b.numbers].concat(),
        value,
    }
}

/// One factor of a power.
pub(super) fn elementwise_or_number(a: &Summand<Form>, b: &Summand<Form>) -> Summand<Form> {
    match a.value {
        Form::Number => multiplied(a, b),
        _ => elementwise(a, b),
    }
}

fn product(a: &Vector, b: &Vector) -> Vector {
    match (a, b) {
        (Vector::Signal(Signal::Ones(_)), other) | (other, Vector::Signal(Signal::Ones(_))) => {
            other.clone()
        }
        _ => Vector::Product(Box::new([a.clone(), b.clone()])),
    }
}

/// The matrices times a column.
fn times(matrices: &[Matrix], x: &Vector) -> Vector {
    let apply = |x: Vector, matrix: &Matrix| projected(*matrix, x);
    matrices.iter().rev().fold(x.clone(), apply)
}

/// The column that, transposed, is the row `xᵀ` times the matrices.
fn times_transposed(x: &Vector, matrices: &[Matrix]) -> Vector {
    let apply = |x: Vector, matrix: &Matrix| match matrix {
        Matrix::Weights => projected(Matrix::Transposed, x),
        Matrix::Transposed => projected(Matrix::Weights, x),
    };
    matrices.iter().fold(x.clone(), apply)
}

fn projected(matrix: Matrix, x: Vector) -> Vector {
    match matrix {
        Matrix::Weights if x == Vector::Signal(Signal::Activity(Side::Pre)) => {
            Vector::Signal(Signal::PreActivation)
        }
        Matrix::Weights => Vector::Projected(x.into()),
        Matrix::Transposed => Vector::ProjectedBack(x.into()),
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
