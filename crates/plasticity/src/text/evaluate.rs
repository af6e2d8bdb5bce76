//! What a term adds to a layer's update, from its normal form.

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;

use super::elements::Elements;
use super::named::NamedSignal;
use super::normal::{Change, Number, Summand, Vector};
use super::syntax::{Side, Signal};
use crate::coefficient::Coefficient;
use crate::connection::Connection;
use crate::derivation::Derivation;
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

/// Adds `θ Σ summands` to the update.
///
/// Numbers come before vectors and left before right, as in the built-in terms, so that the same
/// term has the same bits in either way of writing it.
pub(crate) fn contribute<'t, T: Scalar>(
    summands: &[Summand<Change>],
    theta: Coefficient<'t, T>,
    layer: &LayerSignals<'_, 't, T>,
    update: &mut LayerUpdate<'t, T>,
) {
    for summand in summands {
        match &summand.value {
            Change::Outer(left, right) => {
                let (coefficient, number) = coefficient(summand, theta, summand.coefficient, layer);
                let left = vector(left, layer);
                match (right, number) {
                    (Vector::ProjectedBack(x), number) => {
                        let coefficient = times(coefficient, number);
                        update.projected(coefficient, left, vector(x, layer));
                    }
                    (right, None) => update.outer(coefficient, left, vector(right, layer)),
                    (right, Some(number)) => {
                        update.scaled_outer(coefficient, number, left, vector(right, layer));
                    }
                }
            }
            Change::Weights => {
                let (coefficient, number) =
                    coefficient(summand, theta, -summand.coefficient, layer);
                update.decay(times(coefficient, number));
            }
            Change::Named(named) => {
                let (coefficient, number) = coefficient(summand, theta, summand.coefficient, layer);
                update.state(times(coefficient, number), layer.named_matrix(named));
            }
            Change::Elements(elements) => {
                let (coefficient, number) = coefficient(summand, theta, summand.coefficient, layer);
                let coefficient = times(coefficient, number);
                match elements.weights_by_outer() {
                    Some((post, pre)) => {
                        let post = vector(&post, layer);
                        update.weights_by_outer(coefficient, post, vector(&pre, layer));
                    }
                    None => update.matrix(coefficient, self::elements(elements, layer)),
                }
            }
        }
    }
}

/// Updates a matrix that is a memory, whose name the sum may have: `M ← Σ summands`; at a kernel the mean of that
/// over all places.
pub(crate) fn update_matrix<'t, T: Scalar>(
    summands: &[Summand<Change>],
    memory: &NamedSignal,
    layer: &LayerSignals<'_, 't, T>,
) {
    let one = layer.one();
    let theta = Coefficient::new(one);
    let mut update = LayerUpdate::new(one, layer.places());
    // What stays of the matrix is 1 − Σ: of `(1 − k) M`, exactly k goes.
    let mut constant = 1.0;
    for summand in summands {
        let (scale, number) = coefficient(summand, theta, summand.coefficient, layer);
        let scale = || times(scale, number);
        match &summand.value {
            Change::Outer(left, right) => {
                update.outer(scale(), vector(left, layer), vector(right, layer));
            }
            Change::Weights => update.state(scale(), layer.weights()),
            Change::Named(named) if named.name == memory.name => match number {
                None => constant -= summand.coefficient,
                Some(_) => {
                    let (scale, number) = coefficient(summand, theta, -summand.coefficient, layer);
                    update.decay(times(scale, number));
                }
            },
            Change::Named(named) => update.state(scale(), layer.named_matrix(named)),
            Change::Elements(elements) => update.matrix(scale(), self::elements(elements, layer)),
        }
    }
    if constant != 0.0 {
        update.decay(one * constant);
    }
    let matrix = layer.named_matrix(memory);
    match layer.places() {
        None => update.apply(matrix, |_| None),
        Some(places) => update.apply_share(matrix, one * (1.0 / places as f64)),
    }
}

/// A matrix, transposed as states are kept.
fn elements<'t, T: Scalar>(elements: &Elements, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
    match elements {
        Elements::Weights => layer.weight_elements(),
        Elements::Named(named) => layer.named_matrix(named).read(),
        Elements::Outer(post, pre) => {
            let (post, pre) = (vector(post, layer), vector(pre, layer));
            let (rows, columns) = (pre.shape().len(), post.shape().len());
            pre.reshape([rows, 1]) * post.reshape([1, columns])
        }
        // An outer product is no matrix of its own beside another, and ones are nothing at all.
        Elements::Product(operands) => match &**operands {
            [Elements::Outer(post, pre), other] | [other, Elements::Outer(post, pre)] => {
                let mut product = self::elements(other, layer);
                if !post.is_ones() {
                    product *= vector(post, layer);
                }
                if !pre.is_ones() {
                    let pre = vector(pre, layer);
                    product *= pre.reshape([pre.shape().len(), 1]);
                }
                product
            }
            [a, b] => {
                let a = self::elements(a, layer);
                layer.product(a, self::elements(b, layer))
            }
        },
        Elements::Applied(function, summands) => {
            let matrices = summands
                .iter()
                .map(|summand| scaled(summand, Some(self::elements(&summand.value, layer)), layer));
            let sum = total(matrices, layer);
            layer.derive(Derivation::Applied(*function, sum))
        }
    }
}

/// `θ · factor · Π numbers`, but for the last number, which comes by itself.
fn coefficient<'t, T: Scalar, V>(
    summand: &Summand<V>,
    theta: Coefficient<'t, T>,
    factor: f64,
    layer: &LayerSignals<'_, 't, T>,
) -> (Var<'t, T>, Option<Var<'t, T>>) {
    let first = match factor {
        1.0 => theta.plus,
        -1.0 => theta.minus,
        factor => theta.plus * factor,
    };
    let numbers = summand.numbers.iter().map(|n| number(n, layer));
    numbers.fold((first, None), |(product, last), n| {
        (times(product, last), Some(n))
    })
}

fn times<'t, T: Scalar>(coefficient: Var<'t, T>, number: Option<Var<'t, T>>) -> Var<'t, T> {
    number.map_or(coefficient, |number| coefficient * number)
}

fn number<'t, T: Scalar>(number: &Number, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
    match number {
        Number::Named(named) => layer.named(named),
        Number::Sum(x) => layer.sum(vector(x, layer)),
        Number::Dot(operands) => match &**operands {
            [Vector::ProjectedBack(x), b] | [b, Vector::ProjectedBack(x)] => {
                layer.back_overlap(vector(x, layer), vector(b, layer))
            }
            [a, b] => {
                let a = vector(a, layer);
                layer.dot(a, vector(b, layer))
            }
        },
        Number::Applied(function, summands) => {
            let sum = number_sum(summands, layer);
            layer.derive(Derivation::Applied(*function, sum))
        }
    }
}

/// The sum of numbers, of which one at least follows from signals.
pub(crate) fn number_sum<'t, T: Scalar>(
    summands: &[Summand<()>],
    layer: &LayerSignals<'_, 't, T>,
) -> Var<'t, T> {
    let constants = summands.iter().filter(|summand| summand.numbers.is_empty());
    let constant: f64 = constants.map(|summand| summand.coefficient).sum();
    let others = summands
        .iter()
        .filter(|summand| !summand.numbers.is_empty());
    let others = others.map(|summand| scaled(summand, None, layer));
    let sum = total(others, layer);
    match constant {
        0.0 => sum,
        constant => layer.derive(Derivation::Shifted(sum, constant)),
    }
}

/// The sum of columns.
pub(crate) fn column_sum<'t, T: Scalar>(
    summands: &[Summand<Vector>],
    layer: &LayerSignals<'_, 't, T>,
) -> Var<'t, T> {
    let vectors = summands
        .iter()
        .map(|summand| scaled(summand, Some(vector(&summand.value, layer)), layer));
    total(vectors, layer)
}

fn vector<'t, T: Scalar>(x: &Vector, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
    match x {
        Vector::Signal(signal) => self::signal(signal, layer),
        Vector::Projected(x) => layer.project(vector(x, layer)),
        Vector::ProjectedBack(x) => layer.project_back(vector(x, layer)),
        Vector::Through(through) => {
            let matrix = layer.named_matrix(&through.matrix);
            let x = vector(&through.vector, layer);
            match through.transposed {
                false => Connection::project_by(None, matrix, x),
                true => Connection::project_back_by(None, matrix, x, x),
            }
        }
        Vector::Product(operands) => {
            let a = vector(&operands[0], layer);
            layer.product(a, vector(&operands[1], layer))
        }
        Vector::Applied(function, summands) => {
            let sum = column_sum(summands, layer);
            layer.derive(Derivation::Applied(*function, sum))
        }
    }
}

/// `coefficient · Π numbers · value`; the value of a sum of numbers is 1.
fn scaled<'t, T: Scalar, V>(
    summand: &Summand<V>,
    value: Option<Var<'t, T>>,
    layer: &LayerSignals<'_, 't, T>,
) -> Var<'t, T> {
    let numbers = summand.numbers.iter().map(|n| number(n, layer));
    let product = value
        .into_iter()
        .chain(numbers)
        .reduce(|a, b| layer.product(a, b))
        .expect("a value or a number");
    match summand.coefficient {
        1.0 => product,
        coefficient => layer.derive(Derivation::Scaled(product, coefficient)),
    }
}

fn total<'t, T: Scalar>(
    summands: impl Iterator<Item = Var<'t, T>>,
    layer: &LayerSignals<'_, 't, T>,
) -> Var<'t, T> {
    summands
        .reduce(|a, b| layer.derive(Derivation::Added(a, b)))
        .expect("a sum that is not empty")
}

fn signal<'t, T: Scalar>(signal: &Signal, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
    match signal {
        Signal::Activity(Side::Post) => layer.post(),
        Signal::Activity(Side::Pre) => layer.pre(),
        Signal::Error(Side::Post) => layer.post_error(),
        Signal::Error(Side::Pre) => layer.pre_error(),
        Signal::PreActivation => layer.pre_activation(),
        Signal::Ones(Side::Post) => layer.ones(),
        Signal::Ones(Side::Pre) => layer.pre_ones(),
        Signal::Named(named, _) => layer.named(named),
    }
}
