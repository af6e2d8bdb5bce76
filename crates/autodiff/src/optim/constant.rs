//! Constants of optimisers: plain numbers, or numbers that carry derivatives.

use metaplast_tensor::Scalar;

/// A constant of an optimiser.
///
/// Of a plain number, what follows from it is computed in `f64` and then rounded, whatever the
/// parameters are made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Constant<T> {
    Plain(f64),
    Differentiable(T),
}

impl<T: Scalar> Constant<T> {
    pub(super) fn value(self) -> T {
        match self {
            Constant::Plain(x) => T::from_f64(x),
            Constant::Differentiable(x) => x,
        }
    }

    /// Without derivatives.
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Constant::Plain(x) => x,
            Constant::Differentiable(x) => x.to_f64(),
        }
    }

    /// `1 − x`
    pub(super) fn complement(self) -> T {
        match self {
            Constant::Plain(x) => T::from_f64(1.0 - x),
            Constant::Differentiable(x) => T::ONE - x,
        }
    }

    /// `1 − xⁿ`
    pub(super) fn complement_of_power(self, n: i32) -> T {
        match self {
            Constant::Plain(x) => T::from_f64(1.0 - Scalar::powi(x, n)),
            Constant::Differentiable(x) => T::ONE - x.powi(n),
        }
    }

    /// `x y`
    pub(super) fn times(self, other: Self) -> T {
        match (self, other) {
            (Constant::Plain(x), Constant::Plain(y)) => T::from_f64(x * y),
            (x, y) => x.value() * y.value(),
        }
    }

    /// Whether it is 0 together with every derivative, so that what it multiplies can be left out.
    pub(super) fn is_zero(self) -> bool {
        match self {
            Constant::Plain(x) => x == 0.0,
            Constant::Differentiable(x) => x.is_zero(),
        }
    }
}

/// The rate of an optimiser.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rate<T> {
    Scheduled(super::Schedule),
    Differentiable(T),
}

impl<T: Scalar> Rate<T> {
    /// The rate of step `k`.
    pub(super) fn at(self, k: u64) -> Constant<T> {
        match self {
            Rate::Scheduled(schedule) => Constant::Plain(schedule.rate(k)),
            Rate::Differentiable(rate) => Constant::Differentiable(rate),
        }
    }
}
