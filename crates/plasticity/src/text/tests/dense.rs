//! Terms against their definition: every part of the tree as a whole matrix, in plain loops.

use metaplast_autodiff::Tape;
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::generate::term;
use crate::function::Function;
use crate::text::TermError;
use crate::text::syntax::{Node, Operator, Part, Side, Signal};
use crate::{LayerSignals, Rule, Term};

/// Row-major.
#[derive(Clone, Debug)]
struct Matrix {
    rows: usize,
    columns: usize,
    data: Vec<f64>,
}

impl Matrix {
    fn new(rows: usize, columns: usize, mut f: impl FnMut(usize, usize) -> f64) -> Self {
        let places = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
        let data = places.map(|(i, j)| f(i, j)).collect();
        Matrix {
            rows,
            columns,
            data,
        }
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.columns + j]
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Matrix::new(self.rows, self.columns, |i, j| f(self.at(i, j)))
    }

    fn with(&self, other: &Matrix, f: impl Fn(f64, f64) -> f64) -> Self {
        Matrix::new(self.rows, self.columns, |i, j| {
            f(self.at(i, j), other.at(i, j))
        })
    }

    fn times(&self, other: &Matrix) -> Self {
        match ((self.rows, self.columns), (other.rows, other.columns)) {
            ((1, 1), _) => other.map(|x| self.data[0] * x),
            (_, (1, 1)) => self.map(|x| x * other.data[0]),
            _ => Matrix::new(self.rows, other.columns, |i, j| {
                (0..self.columns)
                    .map(|k| self.at(i, k) * other.at(k, j))
                    .sum()
            }),
        }
    }
}

struct Layer {
    y: [Matrix; 2],
    e: [Matrix; 2],
    w: Matrix,
}

impl Layer {
    fn new(post: usize, pre: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut random =
            |rows, columns| Matrix::new(rows, columns, |_, _| rng.random_range(-1.0..1.0));
        Layer {
            y: [random(post, 1), random(pre, 1)],
            e: [random(post, 1), random(pre, 1)],
            w: random(post, pre),
        }
    }

    fn signal(&self, signal: &Signal) -> Matrix {
        let place = |side| usize::from(side == Side::Pre);
        match *signal {
            Signal::Activity(side) => self.y[place(side)].clone(),
            Signal::Error(side) => self.e[place(side)].clone(),
            Signal::PreActivation => self.w.times(&self.y[1]),
            Signal::Ones(side) => self.y[place(side)].map(|_| 1.0),
            Signal::Named(..) => unreachable!("generated terms name nothing"),
        }
    }

    fn value(&self, node: &Node) -> Matrix {
        match &node.part {
            Part::Number(x) => Matrix::new(1, 1, |_, _| *x),
            Part::Signal(signal) => self.signal(signal),
            Part::Named(_) | Part::Matrix(_) => unreachable!("generated terms name nothing"),
            Part::Weights => self.w.clone(),
            Part::Negative(x) => self.value(x).map(|x| -x),
            Part::Transposed(x) => {
                let x = self.value(x);
                Matrix::new(x.columns, x.rows, |i, j| x.at(j, i))
            }
            Part::Applied(Function::Cumsum, x) => {
                let is_row = matches!(x.part, Part::Transposed(_));
                let x = self.value(x);
                Matrix::new(x.rows, x.columns, |i, j| match is_row {
                    true => (0..=j).map(|j| x.at(0, j)).sum(),
                    false => (0..=i).map(|i| x.at(i, j)).sum(),
                })
            }
            Part::Applied(function, x) => self.value(x).map(|x| match function {
                Function::Exp => x.exp(),
                Function::Tanh => x.tanh(),
                Function::Relu => x.max(0.0),
                Function::Abs => x.abs(),
                Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                Function::Sqrt => x.sqrt(),
                Function::Step => f64::from(u8::from(x > 0.0)),
                Function::Cumsum | Function::Inverse => unreachable!("no function of one element"),
            }),
            Part::Power(x, power) => self.value(x).map(|x| x.powi(*power as i32)),
            Part::Binary(operator, operands) => {
                let (a, b) = (self.value(&operands[0]), self.value(&operands[1]));
                match operator {
                    Operator::Add => a.with(&b, |a, b| a + b),
                    Operator::Subtract => a.with(&b, |a, b| a - b),
                    Operator::Multiply => a.times(&b),
                    Operator::Elementwise => a.with(&b, |a, b| a * b),
                    Operator::ElementwiseDivide => a.with(&b, |a, b| a / b),
                    Operator::Divide => a.map(|x| x / b.data[0]),
                }
            }
        }
    }

    /// The weights after one update by our code with θ = 0.1.
    fn updated(&self, term: Term) -> Vec<f64> {
        let tape = Tape::<f64>::new();
        let w = Tensor::new([self.w.rows, self.w.columns], self.w.data.clone());
        let state = tape.state(&w.transpose());
        let on_tape = |x: &Matrix| tape.constant(&Tensor::from(x.data.as_slice()));
        let signals = LayerSignals::new(
            state,
            (on_tape(&self.y[1]), on_tape(&self.e[1])),
            (on_tape(&self.y[0]), on_tape(&self.e[0])),
        );
        let rule = Rule::new([term]).unwrap().with_theta(&[0.1]);
        rule.bind_constant(&tape).update(&signals);
        state.value().transpose().into_data()
    }
}

/// Reads a generated term; `None` where it came out as 0 or too long.
fn read(text: &str) -> Option<Term> {
    match Term::read("generated", text) {
        Ok(term) => Some(term),
        Err(error) => {
            let reason = error.reason();
            let known = ["cancel", "summands", "characters", "depend on a signal"];
            assert!(
                known.iter().any(|k| reason.contains(k)),
                "{reason}\n{}",
                error.picture()
            );
            None
        }
    }
}

fn largest(data: &[f64]) -> f64 {
    data.iter().fold(0.0, |m, x| m.max(x.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_term_is_what_its_matrices_are(
        seed in any::<u64>(), post in 1..6usize, pre in 1..6usize, numbers in any::<u64>()
    ) {
        let text = term(seed);
        let read = read(&text);
        prop_assume!(read.is_some());
        let read = read.unwrap();
        let layer = Layer::new(post, pre, numbers);
        let term = layer.value(read.tree());
        let expected = layer.w.with(&term, |w, f| w + 0.1 * f);
        let found = layer.updated(read);
        let scale = largest(&expected.data).max(1.0);
        for (found, expected) in found.iter().zip(&expected.data) {
            prop_assert!((found - expected).abs() <= 1e-9 * scale, "{text}: {found} instead of {expected}");
        }
    }
}

#[test]
fn rules_from_the_literature() -> Result<(), TermError> {
    let layer = Layer::new(3, 4, 1);
    for text in [
        // Bienenstock, Cooper & Munro 1982, with a fixed threshold.
        "bcm = (y .* (y - 0.2 ones)) * y_pre^T",
        // Oja 1982, for one unit, and Sanger 1989 without its triangle.
        "oja = y y_pre^T - (y^T y) W",
        // Sejnowski 1977.
        "covariance = (y - 0.1 ones) * (y_pre - 0.1 ones_pre)^T",
        "instar = y y_pre^T - y ones_pre^T",
        "gated = tanh(z) .* e * y_pre^T / 2",
        "homeostatic = (1 - ones^T y / 10) * W",
        "normalised = exp(-(y^T y)) * e y_pre^T",
    ] {
        let term = Term::parse(text)?;
        let expected = layer.w.with(&layer.value(term.tree()), |w, f| w + 0.1 * f);
        let found = layer.updated(term);
        for (found, expected) in found.iter().zip(&expected.data) {
            assert!((found - expected).abs() < 1e-12, "{text}");
        }
    }
    Ok(())
}
