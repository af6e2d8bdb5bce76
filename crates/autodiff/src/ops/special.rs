//! Error function, tangent, arc tangent of two numbers, powers of variables, sign: elementwise.
//!
//! ```text
//! erf    y = 2/√π ∫₀ˣ exp(−t²) dt     x̄ += 2/√π exp(−x²) ȳ
//! tan    y = sin x / cos x            x̄ += (1 + y²) ȳ
//! atan2  θ = angle of (x, y)          ȳ += x θ̄/(x² + y²)    x̄ −= y θ̄/(x² + y²)
//! pow    z = xʸ                       x̄ += y xʸ⁻¹ z̄         ȳ += z ln x z̄
//! ```

use std::f64::consts::FRAC_2_SQRT_PI;

use metaplast_tensor::{Scalar, Shape, special};

use super::binary::{binary_op, broadcast_shape};
use super::table::record;
use super::unary::{Elementwise, elementwise_op};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `erf x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Erf;

impl Elementwise for Erf {
    const NAME: &'static str = "erf";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        special::erf(x)
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        T::from_f64(FRAC_2_SQRT_PI) * (-(x * x)).exp()
    }
}

elementwise_op!(Erf);

/// `tan x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tan;

impl Elementwise for Tan {
    const NAME: &'static str = "tan";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        special::tan(x)
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, _: T, y: T) -> T {
        T::ONE + y * y
    }
}

elementwise_op!(Tan);

/// The derivative of a power by its base; 0 for the power 0.
fn power_slope<T: Scalar>(x: T, y: T) -> T {
    if y == T::ZERO {
        T::ZERO
    } else {
        y * special::pow(x, y - T::ONE)
    }
}

/// The derivative of a power by its exponent, which is 0 where the base is.
fn exponent_slope<T: Scalar>(x: T, z: T) -> T {
    if x.to_f64() == 0.0 {
        T::ZERO
    } else {
        z * x.ln()
    }
}

binary_op! {
    /// `xʸ`
    Pow pow Dense |x, y, z, a| special::pow(x, y), power_slope(x, y) * a, exponent_slope(x, z) * a;
    /// The angle of the point (x, y), of which y comes first.
    Atan2 atan2 Dense |y, x, z, a| special::atan2(y, x), x / (x * x + y * y) * a, -y / (x * x + y * y) * a;
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The error function, elementwise; derivative `2/√π exp(−x²)`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.5);
    /// assert!((x.erf().item() - 0.520_499_877_813_046_5).abs() < 1e-15);
    /// // The Gaussian error linear unit in its exact form.
    /// let gelu = x * 0.5 * (1.0 + (x / 2f64.sqrt()).erf());
    /// assert!((gelu.item() - x.gelu().item()).abs() < 5e-4);
    /// ```
    #[track_caller]
    pub fn erf(self) -> Var<'t, T> {
        record(self.tape(), Erf, &[self])
    }

    /// The tangent of an angle in radians, elementwise; derivative `1 + tan² x`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!((x.tan().item(), x.tan().backward().wrt(x).item()), (0.0, 1.0));
    /// ```
    #[track_caller]
    pub fn tan(self) -> Var<'t, T> {
        record(self.tape(), Tan, &[self])
    }

    /// The angle of the point (`x`, `self`) from the x-axis, from −π to π, elementwise with
    /// broadcasting. At the origin the derivative is NaN.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let (y, x) = (tape.scalar(1.0), tape.scalar(0.0));
    /// let angle = y.atan2(x);
    /// assert_eq!(angle.item(), std::f64::consts::FRAC_PI_2);
    /// assert_eq!(angle.backward().wrt(x).item(), -1.0);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn atan2(self, x: Var<'t, T>) -> Var<'t, T> {
        record(self.tape(), Atan2, &[self, x])
    }

    /// `xʸ` of two variables, elementwise with broadcasting. [`powf`](Self::powf) and
    /// [`powi`](Self::powi) are for constant exponents.
    ///
    /// The derivative by the exponent is `xʸ ln x`: 0 where the base is 0, and NaN where it is
    /// negative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.scalar(2.0), tape.scalar(3.0));
    /// let gradients = x.pow(y).backward();
    /// assert_eq!((x.pow(y).item(), gradients.wrt(x).item()), (8.0, 12.0));
    /// assert_eq!(gradients.wrt(y).item(), 8.0 * 2f64.ln());
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn pow(self, exponent: Var<'t, T>) -> Var<'t, T> {
        record(self.tape(), Pow, &[self, exponent])
    }

    /// −1, 0 or 1, elementwise, as a constant: its derivative is 0 wherever there is one. NaN stays.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-2.0, 0.0, 3.0]);
    /// assert_eq!(x.sign().value(), tensor![-1.0, 0.0, 1.0]);
    /// assert_eq!((x * x.sign()).sum().backward().wrt(x), tensor![-1.0, 0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn sign(self) -> Var<'t, T> {
        let sign = |x: T| match x.to_f64() {
            x if x > 0.0 => T::ONE,
            x if x < 0.0 => -T::ONE,
            x => T::from_f64(x),
        };
        self.tape().constant(&self.value().map(sign))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(-2.0, 2.0, |x| x.erf());
        c.unary(-1.2, 1.2, |x| x.tan());
        c.unary_apart(|x| x * x.sign());
        for (left, right) in c.pairs() {
            let positive = [c.tensor(&left, 0.4, 2.0), c.tensor(&right, -1.5, 2.0)];
            c.check(&positive, |x| x[0].pow(x[1]));
            let points = [c.tensor(&left, -2.0, 2.0), c.tensor(&right, 0.4, 2.0)];
            c.check(&points, |x| x[0].atan2(x[1]));
            c.check(&points, |x| x[0].atan2(-x[1] - x[0] * x[0]));
        }
    }

    #[test]
    fn powers_of_zero_and_of_negative_numbers() {
        let tape = Tape::<f64>::new();
        let (x, y) = (
            tape.var(&tensor![0.0, 0.0, -2.0]),
            tape.var(&tensor![2.0, 0.0, 3.0]),
        );
        let z = x.pow(y);
        assert_eq!(z.value(), tensor![0.0, 1.0, -8.0]);
        let gradients = z.sum().backward();
        assert_eq!(gradients.wrt(x), tensor![0.0, 0.0, 12.0]);
        let by_exponent = gradients.wrt(y);
        assert_eq!(by_exponent.data()[..2], [0.0, 0.0]);
        assert!(by_exponent.data()[2].is_nan());
    }
}
