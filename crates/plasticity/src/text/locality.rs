//! What a synapse must know to apply a term, from its normal form.

use super::elements::Elements;
use super::normal::{Change, Number, Summand, Vector};
use super::syntax::Signal;
use crate::function::Function;
use crate::locality::Locality;

/// The most that any summand needs.
pub(crate) fn locality(summands: &[Summand<Change>]) -> Locality {
    summands
        .iter()
        .map(of_summand)
        .max()
        .unwrap_or(Locality::Synapse)
}

fn of_summand(summand: &Summand<Change>) -> Locality {
    let value = match &summand.value {
        Change::Outer(post, pre) => of_vector(post).max(of_vector(pre)),
        Change::Weights => Locality::Synapse,
        Change::Named(named) => named.locality,
        Change::Elements(elements) => of_elements(elements),
    };
    value.max(of_numbers(&summand.numbers))
}

/// A number that the whole layer shares is one, whatever it is made of.
fn of_numbers(numbers: &[Number]) -> Locality {
    let of_number = |number: &Number| match number {
        Number::Named(named) => named.locality,
        _ => Locality::LayerScalar,
    };
    let localities = numbers.iter().map(of_number);
    localities.max().unwrap_or(Locality::Synapse)
}

/// The most that any summand of a column needs.
pub(crate) fn of_column(summands: &[Summand<Vector>]) -> Locality {
    summands
        .iter()
        .map(|summand| of_vector(&summand.value).max(of_numbers(&summand.numbers)))
        .max()
        .unwrap_or(Locality::Synapse)
}

fn of_elements(elements: &Elements) -> Locality {
    match elements {
        Elements::Weights => Locality::Synapse,
        Elements::Named(named) => named.locality,
        Elements::Outer(post, pre) => of_vector(post).max(of_vector(pre)),
        Elements::Product(operands) => of_elements(&operands[0]).max(of_elements(&operands[1])),
        Elements::Applied(function, summands) => summands
            .iter()
            .map(|summand| of_elements(&summand.value).max(of_numbers(&summand.numbers)))
            .max()
            .unwrap_or(Locality::Synapse)
            .max(match function {
                Function::Cumsum => Locality::Column,
                _ => Locality::Synapse,
            }),
    }
}

fn of_vector(vector: &Vector) -> Locality {
    match vector {
        Vector::Signal(Signal::Named(named, _)) => named.locality,
        Vector::Signal(_) => Locality::Synapse,
        Vector::Projected(x) => of_vector(x).max(Locality::Row),
        Vector::ProjectedBack(x) => of_vector(x).max(Locality::Column),
        Vector::Through(through) => {
            let sums = match through.transposed {
                false => Locality::Row,
                true => Locality::Column,
            };
            of_vector(&through.vector)
                .max(through.matrix.locality)
                .max(sums)
        }
        Vector::Product(operands) => of_vector(&operands[0]).max(of_vector(&operands[1])),
        // Running sums are numbers that units pass on to one another.
        Vector::Applied(Function::Cumsum, summands) => {
            of_column(summands).max(Locality::LayerScalar)
        }
        Vector::Applied(_, summands) => of_column(summands),
    }
}
