//! Softplus with sharpness β, and the slope that a plasticity rule computes from its value.
//!
//! ```text
//! softplus:  y = ln(1 + exp(βx)) / β      y' = 1 / (1 + exp(−βx))
//! slope:     s = 1 − exp(−βy)             s' = β exp(−βy) = β (1 − s)
//! ```
//!
//! Where `y = softplus(x)`, the slope `s(y)` equals `y'(x)`. Beyond βx = [`SWITCH`] softplus is the
//! identity with derivative exactly 1, the convention of the common frameworks and of
//! Shervani-Tabar & Rosenbaum 2023; the slope has no switch.

use metaplast_tensor::Scalar;

use super::unary::{Elementwise, elementwise_op};
use crate::var::Var;

/// Beyond this value of βx softplus is the identity.
///
/// ```
/// use metaplast_autodiff::{SOFTPLUS_SWITCH, Tape};
///
/// let x = SOFTPLUS_SWITCH / 10.0 + 1.0;
/// let tape = Tape::<f64>::new();
/// assert_eq!(tape.scalar(x).softplus(10.0).item(), x);
/// ```
pub const SWITCH: f64 = 20.0;

/// `ln(1 + exp(βx)) / β`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Softplus {
    beta: f64,
}

impl Elementwise for Softplus {
    const NAME: &'static str = "softplus";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let beta = T::from_f64(self.beta);
        let scaled = beta * x;
        // Both are computed where this becomes a wide loop; no branch stands in its way.
        let curved = scaled.exp().ln_1p() / beta;
        if scaled > T::from_f64(SWITCH) {
            x
        } else {
            curved
        }
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        let scaled = T::from_f64(self.beta) * x;
        let exp = (-scaled).exp();
        if T::CARRIES_TANGENTS && !exp.is_finite() {
            // The quotient's tangent would be 0 · ∞.
            return T::ZERO;
        }
        let curved = T::ONE / (T::ONE + exp);
        if scaled > T::from_f64(SWITCH) {
            T::ONE
        } else {
            curved
        }
    }
}

elementwise_op!(Softplus);

/// `1 − exp(−βy)`
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftplusSlope {
    pub(super) beta: f64,
}

impl Elementwise for SoftplusSlope {
    const NAME: &'static str = "softplus_slope";

    #[inline(always)]
    fn value<T: Scalar>(&self, y: T) -> T {
        T::ONE - (-(T::from_f64(self.beta) * y)).exp()
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, _: T, slope: T) -> T {
        T::from_f64(self.beta) * (T::ONE - slope)
    }
}

elementwise_op!(SoftplusSlope);

impl<'t, T: Scalar> Var<'t, T> {
    /// Softplus `ln(1 + exp(βx)) / β`, elementwise and finite for any finite `x`; the identity
    /// where βx > 20, as in PyTorch.
    ///
    /// The derivative is `σ(βx)`, and 1 where it is the identity; at the switch, βx = 20, it is still
    /// `σ(20)`, which is 1 but for 2·10⁻⁹.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// let y = x.softplus(10.0);
    /// assert!((y.item() - 2f64.ln() / 10.0).abs() < 1e-15);
    /// assert_eq!(y.backward().wrt(x).item(), 0.5);
    /// ```
    #[track_caller]
    pub fn softplus(self, beta: f64) -> Var<'t, T> {
        self.tape().apply(Softplus { beta }.into(), &[self])
    }

    /// `1 − exp(−βy)`, elementwise: the derivative of softplus where it has the value `y`
    /// (Shervani-Tabar & Rosenbaum 2023, eq. 2).
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![0.0]);
    /// let slope = x.softplus(10.0).softplus_slope(10.0);
    /// assert!((slope.item() - 0.5).abs() < 1e-15);
    /// ```
    #[track_caller]
    pub fn softplus_slope(self, beta: f64) -> Var<'t, T> {
        self.tape().apply(SoftplusSlope { beta }.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let beta = c.number(0.5, 8.0);
        c.unary(-1.0, 1.5, |x| x.softplus(beta));
        c.unary(-1.0, 1.5, |x| x.softplus_slope(beta));
        c.unary(-1.0, 1.5, |x| x.softplus(beta).softplus_slope(beta));
    }

    #[test]
    fn second_derivatives_at_extremes_are_finite() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.var(&tensor![-1e4, 1e4].map(|x| Dual::new(x, [1.0])));
        let gradient = x.softplus(1.0).sum().backward().wrt(x);
        let expected = [Dual::new(0.0, [0.0]), Dual::new(1.0, [0.0])];
        assert_eq!(gradient.data(), &expected);
    }

    #[test]
    fn extremes_are_finite_and_the_switch_has_slope_one() {
        let tape = Tape::<f32>::new();
        let x = tape.var(&tensor![-1e4f32, -1.0, 0.0, 1.0, 2.0, 2.1, 1e4]);
        let y = x.softplus(10.0);
        assert_eq!(y.value().data()[0], 0.0);
        assert_eq!(y.value().data()[6], 1e4);
        let gradient = y.sum().backward().wrt(x);
        assert_eq!(gradient.data()[0], 0.0);
        assert_eq!(&gradient.data()[5..], &[1.0, 1.0]);
        assert!(gradient.data().iter().all(|g| g.is_finite()));
    }
}
