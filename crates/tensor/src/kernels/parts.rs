//! Parts of numbers: dual numbers taken apart into values and tangents, so that the kernels of plain
//! numbers work on each.
//!
//! The value of every result then has the bits of the plain kernel's. A tangent of a product is a sum of
//! two plain products, `ȧ b` and `a ḃ`, one after the other; a product with a vector or a matrix whose
//! tangents in that direction are all zero is left out, *whatever it is multiplied with*: 0 · ∞ counts as
//! 0 there.

use super::matmul::MatMul;
use super::matmul_nt::MatMulNt;
use super::padded::Rows;
use super::write::Write;
use crate::Scalar;

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

/// A bilinear product of plain numbers, written or added to the third argument.
type PlainProduct<'a, P> = &'a dyn Fn(&[P], &[P], &mut [P], Write);

/// A vector of dual numbers by parts.
#[doc(hidden)]
#[derive(Debug)]
pub struct DualVector<P> {
    pub(super) value: Vec<P>,
    /// Directions, ascending, and the tangents in them; in all others tangents are zero.
    pub(super) tangents: Vec<(usize, Vec<P>)>,
}

impl<P: Scalar> DualVector<P> {
    pub(super) fn new<T: DualNumber<N, Part = P>, const N: usize>(x: &[T]) -> Self {
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
        let mut tangents = Vec::new();
        for k in (0..N).filter(|&k| carries[k]) {
            let mut tangent = vec![P::ZERO; x.len()];
            rows.for_each(|i| tangent[i] = x[i].tangent_part(k));
            tangents.push((k, tangent));
        }
        DualVector { value, tangents }
    }

    /// Writes these elements.
    pub(super) fn write<T: DualNumber<N, Part = P>, const N: usize>(
        &self,
        rows: &Rows<'_>,
        into: &mut [T],
    ) {
        rows.for_each(|i| {
            let mut x = T::constant_part(self.value[i]);
            for (k, tangent) in &self.tangents {
                x.set_tangent_part(*k, tangent[i]);
            }
            into[i] = x;
        });
    }

    /// The tangents in direction `k`, unless all are zero.
    pub(super) fn tangent(&self, k: usize) -> Option<&[P]> {
        let mut tangents = self.tangents.iter();
        tangents
            .find(|(of, _)| *of == k)
            .map(|(_, tangent)| &tangent[..])
    }

    /// The tangents in direction `k`, which may differ from zero from now on.
    pub(super) fn tangent_mut(&mut self, k: usize) -> &mut [P] {
        let at = self.tangents.iter().position(|(of, _)| *of >= k);
        let at = at.unwrap_or(self.tangents.len());
        if self.tangents.get(at).is_none_or(|(of, _)| *of != k) {
            let zeros = vec![P::ZERO; self.value.len()];
            self.tangents.insert(at, (k, zeros));
        }
        &mut self.tangents[at].1
    }

    /// Writes a bilinear product to this vector, or adds it; `product` is that of plain numbers.
    fn multiply(&mut self, a: &Self, b: &Self, write: Write, product: PlainProduct<'_, P>) {
        for (k, of_a) in &a.tangents {
            product(of_a, &b.value, self.tangent_mut(*k), Write::Add);
        }
        for (k, of_b) in &b.tangents {
            product(&a.value, of_b, self.tangent_mut(*k), Write::Add);
        }
        product(&a.value, &b.value, &mut self.value, write);
    }
}

/// Writes a bilinear product of `a` and `b`, or adds it; `product` is that of plain numbers.
fn multiply<T: DualNumber<N>, const N: usize>(
    (a, b): (&[T], &[T]),
    c: &mut [T],
    write: Write,
    product: PlainProduct<'_, T::Part>,
) {
    let all = Rows::Range(0..c.len());
    let mut sums = match write {
        Write::Add => DualVector::new(c),
        Write::Set => DualVector {
            value: vec![T::Part::ZERO; c.len()],
            tangents: Vec::new(),
        },
    };
    sums.multiply(&DualVector::new(a), &DualVector::new(b), write, product);
    sums.write(&all, c);
}

/// The kernel of matrix products for dual numbers.
#[doc(hidden)]
pub fn dual_matmul<T: DualNumber<N>, const N: usize>(product: MatMul<'_, T>) {
    let MatMul {
        a,
        a_strides,
        b,
        c,
        m,
        k,
        n,
        write,
    } = product;
    multiply((a, b), c, write, &|a, b, c, write| {
        T::Part::kernel_matmul(MatMul {
            a,
            a_strides,
            b,
            c,
            m,
            k,
            n,
            write,
        });
    });
}

/// The kernel of matrix products with the second factor transposed for dual numbers.
#[doc(hidden)]
pub fn dual_matmul_nt<T: DualNumber<N>, const N: usize>(product: MatMulNt<'_, T>) {
    let MatMulNt {
        a,
        b,
        c,
        m,
        k,
        n,
        stride,
        write,
    } = product;
    multiply((a, b), c, write, &|a, b, c, write| {
        T::Part::kernel_matmul_nt(MatMulNt {
            a,
            b,
            c,
            m,
            k,
            n,
            stride,
            write,
        });
    });
}

/// The kernel of the infinity norm for dual numbers.
#[doc(hidden)]
pub fn dual_max_abs<T: DualNumber<N>, const N: usize>(x: &[T]) -> T {
    let values: Vec<T::Part> = x.iter().map(|x| x.value_part()).collect();
    let most = T::Part::kernel_max_abs(&values);
    let mut all = values.iter();
    let at = all.position(|value| most > T::Part::ZERO && value.abs() == most);
    at.map_or(T::ZERO, |at| x[at].abs())
}
