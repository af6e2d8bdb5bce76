//! Operators: arithmetic on tensors, owned or borrowed, with tensors and with numbers.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::Tensor;
use crate::Scalar;

/// All forms of one operator. Owned operands of the result's shape lend their buffer to it.
macro_rules! operator {
    ($Op:ident $op:ident $OpAssign:ident $op_assign:ident $name:literal) => {
        impl<T: Scalar> $Op<&Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $op(self, other: &Tensor<T>) -> Tensor<T> {
                self.zip_named($name, other, T::$op)
            }
        }

        impl<T: Scalar> $Op<&Tensor<T>> for Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $op(mut self, other: &Tensor<T>) -> Tensor<T> {
                if self.shape != other.shape {
                    return (&self).$op(other);
                }
                self.$op_assign(other);
                self
            }
        }

        impl<T: Scalar> $Op<Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $op(self, mut other: Tensor<T>) -> Tensor<T> {
                if self.shape != other.shape {
                    return self.$op(&other);
                }
                other.zip_assign($name, self, |y, x| *y = x.$op(*y));
                other
            }
        }

        impl<T: Scalar> $Op<Tensor<T>> for Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $op(self, other: Tensor<T>) -> Tensor<T> {
                self.$op(&other)
            }
        }

        impl<T: Scalar> $Op<T> for &Tensor<T> {
            type Output = Tensor<T>;
            fn $op(self, number: T) -> Tensor<T> {
                self.map(|x| x.$op(number))
            }
        }

        impl<T: Scalar> $Op<T> for Tensor<T> {
            type Output = Tensor<T>;
            fn $op(mut self, number: T) -> Tensor<T> {
                self.$op_assign(number);
                self
            }
        }

        operator!(left f32 $Op $op);
        operator!(left f64 $Op $op);

        /// The right operand is expanded to the shape of the left.
        impl<T: Scalar> $OpAssign<&Tensor<T>> for Tensor<T> {
            #[track_caller]
            fn $op_assign(&mut self, other: &Tensor<T>) {
                self.zip_assign($name, other, T::$op_assign);
            }
        }

        impl<T: Scalar> $OpAssign<T> for Tensor<T> {
            fn $op_assign(&mut self, number: T) {
                self.map_in_place(|x| x.$op(number));
            }
        }
    };

    (left $float:ident $Op:ident $op:ident) => {
        impl $Op<&Tensor<$float>> for $float {
            type Output = Tensor<$float>;
            fn $op(self, tensor: &Tensor<$float>) -> Tensor<$float> {
                tensor.map(|x| self.$op(x))
            }
        }

        impl $Op<Tensor<$float>> for $float {
            type Output = Tensor<$float>;
            fn $op(self, mut tensor: Tensor<$float>) -> Tensor<$float> {
                tensor.map_in_place(|x| self.$op(x));
                tensor
            }
        }
    };
}

operator!(Add add AddAssign add_assign "add");
operator!(Sub sub SubAssign sub_assign "subtract");
operator!(Mul mul MulAssign mul_assign "multiply");
operator!(Div div DivAssign div_assign "divide");

impl<T: Scalar> Neg for &Tensor<T> {
    type Output = Tensor<T>;
    fn neg(self) -> Tensor<T> {
        self.map(T::neg)
    }
}

impl<T: Scalar> Neg for Tensor<T> {
    type Output = Tensor<T>;
    fn neg(mut self) -> Tensor<T> {
        self.map_in_place(T::neg);
        self
    }
}
