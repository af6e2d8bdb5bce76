//! Arithmetic of jets: with jets, with variables and with numbers.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use metaplast_tensor::Scalar;

use super::{Jet, product, scaled, sum};
use crate::Var;

impl<'t, T: Scalar, const K: usize> Add for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn add(self, right: Self) -> Self {
        Self::new(self.value + right.value, |k, _| {
            sum([self.at(k), right.at(k)].into_iter())
        })
    }
}

impl<'t, T: Scalar, const K: usize> Neg for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        self.linear(Var::neg)
    }
}

impl<'t, T: Scalar, const K: usize> Sub for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn sub(self, right: Self) -> Self {
        Self::new(self.value - right.value, |k, _| {
            match (self.at(k), right.at(k)) {
                (Some(left), Some(right)) => Some(left - right),
                (left, right) => left.or(right.map(Var::neg)),
            }
        })
    }
}

/// `z_k = Σ_i x_i y_{k−i}`
impl<'t, T: Scalar, const K: usize> Mul for Jet<'t, T, K> {
    type Output = Self;

    #[expect(
        clippy::suspicious_arithmetic_impl,
        reason = "the difference is one of orders"
    )]
    #[track_caller]
    fn mul(self, right: Self) -> Self {
        Self::new(self.value * right.value, |k, _| {
            sum((0..=k).map(|i| product(self.at(i), right.at(k - i))))
        })
    }
}

/// `z_k = (x_k − Σ_{i≥1} y_i z_{k−i}) / y_0`
impl<'t, T: Scalar, const K: usize> Div for Jet<'t, T, K> {
    type Output = Self;

    #[expect(
        clippy::suspicious_arithmetic_impl,
        reason = "the difference is one of orders"
    )]
    #[track_caller]
    fn div(self, right: Self) -> Self {
        Self::new(self.value / right.value, |k, z| {
            let known = sum((1..=k).map(|i| product(right.at(i), z.at(k - i))));
            let rest = sum([self.at(k), known.map(Var::neg)].into_iter());
            Some(rest? / right.value)
        })
    }
}

/// Operators with what does not change along the line, on both sides.
macro_rules! with_constants {
    ($($op:ident $method:ident $assign:ident $assign_method:ident),*) => {
        $(
            impl<'t, T: Scalar, const K: usize> $op<Var<'t, T>> for Jet<'t, T, K> {
                type Output = Self;

                #[track_caller]
                fn $method(self, right: Var<'t, T>) -> Self {
                    self.$method(Self::constant(right))
                }
            }

            impl<'t, T: Scalar, const K: usize> $op<Jet<'t, T, K>> for Var<'t, T> {
                type Output = Jet<'t, T, K>;

                #[track_caller]
                fn $method(self, right: Jet<'t, T, K>) -> Jet<'t, T, K> {
                    Jet::constant(self).$method(right)
                }
            }

            impl<'t, T: Scalar, const K: usize> $assign<Jet<'t, T, K>> for Jet<'t, T, K> {
                #[track_caller]
                fn $assign_method(&mut self, right: Jet<'t, T, K>) {
                    *self = self.$method(right);
                }
            }
        )*
    };
}

with_constants!(Add add AddAssign add_assign, Sub sub SubAssign sub_assign, Mul mul MulAssign mul_assign, Div div DivAssign div_assign);

impl<'t, T: Scalar, const K: usize> Add<f64> for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn add(self, offset: f64) -> Self {
        Jet {
            value: self.value + offset,
            ..self
        }
    }
}

impl<'t, T: Scalar, const K: usize> Sub<f64> for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn sub(self, offset: f64) -> Self {
        self + -offset
    }
}

impl<'t, T: Scalar, const K: usize> Mul<f64> for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn mul(self, factor: f64) -> Self {
        Self::new(self.value * factor, |k, _| scaled(self.at(k), factor))
    }
}

impl<'t, T: Scalar, const K: usize> Div<f64> for Jet<'t, T, K> {
    type Output = Self;

    #[track_caller]
    fn div(self, divisor: f64) -> Self {
        self.linear(|x| x / divisor)
    }
}

impl<'t, T: Scalar, const K: usize> Add<Jet<'t, T, K>> for f64 {
    type Output = Jet<'t, T, K>;

    #[track_caller]
    fn add(self, right: Jet<'t, T, K>) -> Jet<'t, T, K> {
        right + self
    }
}

impl<'t, T: Scalar, const K: usize> Sub<Jet<'t, T, K>> for f64 {
    type Output = Jet<'t, T, K>;

    #[track_caller]
    fn sub(self, right: Jet<'t, T, K>) -> Jet<'t, T, K> {
        -right + self
    }
}

impl<'t, T: Scalar, const K: usize> Mul<Jet<'t, T, K>> for f64 {
    type Output = Jet<'t, T, K>;

    #[track_caller]
    fn mul(self, right: Jet<'t, T, K>) -> Jet<'t, T, K> {
        right * self
    }
}

impl<'t, T: Scalar, const K: usize> Div<Jet<'t, T, K>> for f64 {
    type Output = Jet<'t, T, K>;

    #[track_caller]
    fn div(self, right: Jet<'t, T, K>) -> Jet<'t, T, K> {
        let one = right
            .tape()
            .constant(&metaplast_tensor::Tensor::scalar(T::from_f64(self)));
        one / right
    }
}
