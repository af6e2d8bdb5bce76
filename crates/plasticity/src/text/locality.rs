//! What a synapse must know to apply a term, from its normal form.

use super::normal::{Change, Number, Summand, Vector};
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
    };
    value.max(of_numbers(&summand.numbers))
}

/// A number that the whole layer shares is one, whatever it is made of.
fn of_numbers(numbers: &[Number]) -> Locality {
    match numbers {
        [] => Locality::Synapse,
        _ => Locality::LayerScalar,
    }
}

fn of_vector(vector: &Vector) -> Locality {
    match vector {
        Vector::Signal(_) => Locality::Synapse,
        Vector::Projected(x) => of_vector(x).max(Locality::Row),
        Vector::ProjectedBack(x) => of_vector(x).max(Locality::Column),
        Vector::Product(operands) => of_vector(&operands[0]).max(of_vector(&operands[1])),
        Vector::Applied(_, summands) => summands
            .iter()
            .map(|summand| of_vector(&summand.value).max(of_numbers(&summand.numbers)))
            .max()
            .unwrap_or(Locality::Synapse),
    }
}
