//! Parts of numbers: dual numbers taken apart into values and tangents, so that the kernels of plain
//! numbers work on each.
//!
//! The value of every result then has the bits of the plain kernel's. A tangent of a product is a sum of
//! two plain products, `ȧ b` and `a ḃ`, one after the other; a product with a vector or a matrix whose
//! tangents in that direction are all zero is left out, *whatever it is multiplied with*: 0 · ∞ counts as
//! 0 there.

use smallvec::SmallVec;

use super::matmul::{matmul, matmul_tn};
use super::matmul_nt::matmul_nt;
use super::max_abs::max_abs;
use super::padded::Rows;
use super::padded::dual_matrix::DualMatrix;
use super::padded::parts_matrix::PartsMatrix;
use super::write::Write;
use crate::Scalar;

/// What is done with numbers of this type by their parts.
#[doc(hidden)]
pub trait ByParts<T>: Sync {
    /// A matrix of no shape.
    fn matrix(&self) -> Box<dyn PartsMatrix<T>>;

    /// The largest absolute value, NaN passed over.
    fn max_abs(&self, x: &[T]) -> T;

    /// The product of `a` and `b`, written to `c` of shape `[m, n]`.
    fn matmul(
        &self,
        form: ProductForm,
        factors: (&[T], &[T]),
        c: &mut [T],
        extents: [usize; 3],
        write: Write,
    );
}

/// Which factor of a matrix product is transposed.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductForm {
    /// `A B`
    Plain,
    /// `Aᵀ B`
    FirstTransposed,
    /// `A Bᵀ`
    SecondTransposed,
}

/// A number `x + Σ_k ẋ_k ε_k` with tangents in `N` directions.
#[doc(hidden)]
pub trait DualNumber<const N: usize>: Scalar {
    /// What value and tangents are.
    type Part: Scalar;

    fn constant_part(value: Self::Part) -> Self;
    fn value_part(self) -> Self::Part;
    fn tangent_part(self, k: usize) -> Self::Part;
    fn set_tangent_part(&mut self, k: usize, tangent: Self::Part);
}

/// Dual numbers by values and tangents.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct DualParts<const N: usize>;

impl<T: DualNumber<N>, const N: usize> ByParts<T> for DualParts<N> {
    fn matrix(&self) -> Box<dyn PartsMatrix<T>> {
        Box::new(DualMatrix::<T, N>::new())
    }

    fn max_abs(&self, x: &[T]) -> T {
        let values: SmallVec<[T::Part; 256]> = x.iter().map(|x| x.value_part()).collect();
        let most = max_abs(&values);
        let mut all = values.iter();
        let at = all.position(|value| most > T::Part::ZERO && value.abs() == most);
        at.map_or(T::ZERO, |at| x[at].abs())
    }

    fn matmul(
        &self,
        form: ProductForm,
        (a, b): (&[T], &[T]),
        c: &mut [T],
        [m, k, n]: [usize; 3],
        write: Write,
    ) {
        let (a, b) = (DualVector::new(a), DualVector::new(b));
        let product = match form {
            ProductForm::Plain => matmul::<T::Part>,
            ProductForm::FirstTransposed => matmul_tn::<T::Part>,
            ProductForm::SecondTransposed => matmul_nt::<T::Part>,
        };
        let mut sums: Vec<T::Part> = c.iter().map(|c| c.value_part()).collect();
        product(&a.value, &b.value, &mut sums, m, k, n, write);
        let constants = c.iter_mut().zip(&sums);
        if write == Write::Set {
            constants.for_each(|(c, &value)| *c = T::constant_part(value));
        } else {
            // Tangents stay.
            for (c, &value) in constants {
                let mut sum = T::constant_part(value);
                (0..N).for_each(|d| sum.set_tangent_part(d, c.tangent_part(d)));
                *c = sum;
            }
        }
        for d in 0..N {
            let (of_a, of_b) = (a.tangent(d), b.tangent(d));
            if of_a.is_none() && of_b.is_none() {
                continue;
            }
            sums.clear();
            sums.extend(c.iter().map(|c| c.tangent_part(d)));
            if let Some(of_a) = of_a {
                product(of_a, &b.value, &mut sums, m, k, n, Write::Add);
            }
            if let Some(of_b) = of_b {
                product(&a.value, of_b, &mut sums, m, k, n, Write::Add);
            }
            let tangents = c.iter_mut().zip(&sums);
            tangents.for_each(|(c, &tangent)| c.set_tangent_part(d, tangent));
        }
    }
}

/// The largest absolute value of numbers that are kept by their parts.
pub(super) fn max_abs_by_parts<T: Scalar>(x: &[T]) -> T {
    T::BY_PARTS.expect("asked for before").max_abs(x)
}

/// The product of matrices of numbers that are kept by their parts.
pub(super) fn matmul_by_parts<T: Scalar>(
    form: ProductForm,
    factors: (&[T], &[T]),
    c: &mut [T],
    extents: [usize; 3],
    write: Write,
) {
    let kind = T::BY_PARTS.expect("asked for before");
    kind.matmul(form, factors, c, extents, write);
}

/// A vector of dual numbers by parts.
pub(super) struct DualVector<P> {
    pub(super) value: Vec<P>,
    /// The directions in which some element's tangent is not zero, and the tangents.
    pub(super) tangents: SmallVec<[(usize, Vec<P>); 5]>,
}

impl<P: Scalar> DualVector<P> {
    fn new<T: DualNumber<N, Part = P>, const N: usize>(x: &[T]) -> Self {
        Self::of_rows(x, &Rows::Range(0..x.len()))
    }

    /// These elements; in the places of others are zeros.
    pub(super) fn of_rows<T: DualNumber<N, Part = P>, const N: usize>(
        x: &[T],
        rows: &Rows<'_>,
    ) -> Self {
        let mut value = vec![P::ZERO; x.len()];
        let mut carries = [false; N];
        rows.for_each(|i| {
            value[i] = x[i].value_part();
            for k in 0..N {
                carries[k] |= !x[i].tangent_part(k).is_zero();
            }
        });
        let mut tangents = SmallVec::new();
        for k in (0..N).filter(|&k| carries[k]) {
            let mut tangent = vec![P::ZERO; x.len()];
            rows.for_each(|i| tangent[i] = x[i].tangent_part(k));
            tangents.push((k, tangent));
        }
        DualVector { value, tangents }
    }

    /// The tangents in direction `k`, unless all are zero.
    pub(super) fn tangent(&self, k: usize) -> Option<&[P]> {
        let mut tangents = self.tangents.iter();
        tangents
            .find(|(of, _)| *of == k)
            .map(|(_, tangent)| &tangent[..])
    }
}
