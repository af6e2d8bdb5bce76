//! Sine and cosine: `y_i = f(x_i)`, `x̄_i += f'(x_i) ȳ_i`.
//!
//! Angles of ordinary size have a sine without branches, of which loops become wide instructions;
//! whether all of them are of that size is looked at first.

use metaplast_tensor::{Scalar, Shape, kernels};

use super::unary::{self, Elementwise};
use crate::op::{Adjoints, Inputs, Op, Sparsity};
use crate::var::Var;

/// The sine after so many quarter turns, of angles of ordinary size where `NEAR`.
#[derive(Clone, Copy)]
struct Wave<const NEAR: bool, const QUARTERS: u8>;

impl<const NEAR: bool, const QUARTERS: u8> Elementwise for Wave<NEAR, QUARTERS> {
    const NAME: &'static str = "wave";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        match (NEAR, QUARTERS) {
            (true, 0) => x.near_sin(),
            (true, _) => x.near_cos(),
            (false, 0) => x.sin(),
            (false, _) => x.cos(),
        }
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        match (NEAR, QUARTERS) {
            (true, 0) => x.near_cos(),
            (true, _) => -x.near_sin(),
            (false, 0) => x.cos(),
            (false, _) => -x.sin(),
        }
    }
}

fn is_near<T: Scalar>(x: &[T]) -> bool {
    kernels::max_abs(x).to_f64() <= T::NEAR
}

macro_rules! waves {
    ($($(#[$doc:meta])* $op:ident $method:ident $quarters:literal $sparsity:ident;)*) => {
        $(
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $op;

            impl<T: Scalar> Op<T> for $op {
                fn name(&self) -> &'static str {
                    stringify!($method)
                }

                fn shape(&self, operands: &[&Shape]) -> Shape {
                    operands[0].clone()
                }

                fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
                    match is_near(inputs.value(0)) {
                        true => unary::forward(&Wave::<true, $quarters>, inputs, output),
                        false => unary::forward(&Wave::<false, $quarters>, inputs, output),
                    }
                }

                fn vjp(
                    &self,
                    inputs: &Inputs<'_, T>,
                    y: &[T],
                    dy: &[T],
                    adjoints: &mut Adjoints<'_, T>,
                ) {
                    match is_near(inputs.value(0)) {
                        true => unary::vjp(&Wave::<true, $quarters>, inputs, y, dy, adjoints),
                        false => unary::vjp(&Wave::<false, $quarters>, inputs, y, dy, adjoints),
                    }
                }

                fn sparsity(&self) -> Sparsity {
                    Sparsity::$sparsity
                }
            }
        )*

        impl<'t, T: Scalar> Var<'t, T> {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(self) -> Var<'t, T> {
                    self.tape().apply($op.into(), &[self])
                }
            )*
        }
    };
}

waves! {
    /// `sin x`, elementwise; derivative `cos x`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!(x.sin().backward().wrt(x).item(), 1.0);
    /// ```
    Sin sin 0 Sum;
    /// `cos x`, elementwise; derivative `−sin x`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!((x.cos().item(), x.cos().backward().wrt(x).item()), (1.0, 0.0));
    /// ```
    Cos cos 1 Dense;
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(-3.0, 3.0, |x| x.sin());
        c.unary(-3.0, 3.0, |x| x.cos());
    }

    #[test]
    fn a_large_angle_does_not_change_those_beside_it() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![0.5, -2.0, 1e5]);
        let beside = tape.var(&tensor![0.5, -2.0, 1e5, 1e22, f64::INFINITY]);
        for (alone, together) in [(x.sin(), beside.sin()), (x.cos(), beside.cos())] {
            let together = together.value();
            assert_eq!(alone.value().data(), &together.data()[..3]);
            assert!(together.data()[3].abs() <= 1.0 && together.data()[4].is_nan());
        }
        // Known from the literature on range reduction.
        assert!((beside.sin().value().data()[3] + 0.852_200_849_767_188_8).abs() < 1e-14);
    }
}
