//! Matrices that are taken element by element, like weights in soft bounds.

use super::error::Reason;
use super::named::NamedSignal;
use super::normal::{Summand, Vector};
use super::products::{self, Form};
use crate::function::Function;

/// A post × pre matrix that is no product of the weights with vectors and has no low rank: one of the
/// size of the weights is made in each step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements {
    /// `W`
    Weights,
    /// A matrix under a name.
    Named(NamedSignal),
    /// `post preᵀ`
    Outer(Vector, Vector),
    /// `A ⊙ B`
    Product(Box<[Elements; 2]>),
    /// A function of each element of a sum of matrices.
    Applied(Function, Vec<Summand<Elements>>),
}

impl Elements {
    /// Of a matrix that has been checked to be post × pre.
    pub(super) fn of(form: &Form) -> Result<Self, Reason> {
        match form {
            Form::Elements(elements) => Ok(elements.clone()),
            Form::Outer(post, pre) => Ok(Elements::Outer(post.clone(), pre.clone())),
            Form::Matrices(matrices) => match matrices.as_slice() {
                [matrix] if matrix.transposed => Err(Reason::Elements),
                [matrix] => Ok(match &matrix.named {
                    None => Elements::Weights,
                    Some(named) => Elements::Named(named.clone()),
                }),
                _ => Err(Reason::Matrices),
            },
            Form::Number | Form::Column(_) | Form::Row(_) => {
                unreachable!("the shape of the weights")
            }
        }
    }

    pub(super) fn product(a: Self, b: Self) -> Self {
        Elements::Product(Box::new([a, b]))
    }

    /// The post- and pre-synaptic vectors of `W ⊙ (post preᵀ)`, where it is that: the weights once, by outer
    /// products alone.
    pub(super) fn weights_by_outer(&self) -> Option<(Vector, Vector)> {
        let Elements::Product(operands) = self else {
            return None;
        };
        let (product, outer) = match &**operands {
            [Elements::Outer(post, pre), other] | [other, Elements::Outer(post, pre)] => {
                (other, (post, pre))
            }
            _ => return None,
        };
        let (post, pre) = match product {
            Elements::Weights => return Some((outer.0.clone(), outer.1.clone())),
            product => product.weights_by_outer()?,
        };
        Some((
            products::product(&post, outer.0),
            products::product(&pre, outer.1),
        ))
    }
}
