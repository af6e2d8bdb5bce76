//! Elementary functions and powers: `y_i = f(x_i)`, `x̄_i += f'(x_i) ȳ_i`.

use metaplast_tensor::Scalar;

use super::unary::{Elementwise, elementwise_op, functions};
use crate::var::Var;

functions! {
    /// `ln(1 + x)`, elementwise and accurate near zero; derivative `1/(1 + x)`, infinite at
    /// −1.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(1e-20);
    /// assert_eq!(x.ln_1p().item(), 1e-20);
    /// assert_eq!(x.ln_1p().backward().wrt(x).item(), 1.0);
    /// ```
    Ln1p ln_1p |x, y| x.ln_1p(), T::ONE, by (T::ONE + x);
    /// `eˣ − 1`, elementwise and accurate near zero; derivative `eˣ`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(1e-20);
    /// assert_eq!(x.exp_m1().item(), 1e-20);
    /// assert_eq!(x.exp_m1().backward().wrt(x).item(), 1.0);
    /// ```
    ExpM1 exp_m1 |x, y| x.exp_m1(), y + T::ONE;
    /// `|x|`, elementwise; derivative `sign(x)`, and 0 at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-2.0, 0.0, 3.0]);
    /// assert_eq!(x.abs().value(), tensor![2.0, 0.0, 3.0]);
    /// assert_eq!(x.abs().sum().backward().wrt(x), tensor![-1.0, 0.0, 1.0]);
    /// ```
    Abs abs |x, y| x.abs(), sign(x);
}

/// −1, 0 or 1, without a tangent.
fn sign<T: Scalar>(x: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        -T::ONE
    } else {
        T::ZERO
    }
}

/// `xⁿ` for a whole n.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Powi {
    n: i32,
}

impl Elementwise for Powi {
    const NAME: &'static str = "powi";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x.powi(self.n)
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        match self.n {
            0 => T::ZERO,
            n => T::from_f64(f64::from(n)) * x.powi(n - 1),
        }
    }
}

elementwise_op!(Powi);

/// `xᵖ` for a real p.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Powf {
    p: f64,
}

impl Elementwise for Powf {
    const NAME: &'static str = "powf";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x.powf(self.p)
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        if self.p == 0.0 {
            T::ZERO
        } else {
            T::from_f64(self.p) * x.powf(self.p - 1.0)
        }
    }
}

elementwise_op!(Powf);

impl<'t, T: Scalar> Var<'t, T> {
    /// `xⁿ` for a whole n, elementwise; derivative `n xⁿ⁻¹`, and 0 for n = 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(-2.0);
    /// assert_eq!((x.powi(3).item(), x.powi(3).backward().wrt(x).item()), (-8.0, 12.0));
    /// ```
    #[track_caller]
    pub fn powi(self, n: i32) -> Var<'t, T> {
        self.tape().apply(Powi { n }.into(), &[self])
    }

    /// `xᵖ` for a real p, elementwise; derivative `p xᵖ⁻¹`, and 0 for p = 0.
    ///
    /// As everywhere, a negative number to a power that is not whole is NaN, and the derivative at
    /// 0 is infinite for 0 < p < 1.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(4.0);
    /// assert_eq!((x.powf(1.5).item(), x.powf(1.5).backward().wrt(x).item()), (8.0, 3.0));
    /// ```
    #[track_caller]
    pub fn powf(self, p: f64) -> Var<'t, T> {
        self.tape().apply(Powf { p }.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let p = c.number(-2.5, 3.5);
        c.unary(-0.6, 2.0, |x| x.ln_1p());
        c.unary(-2.0, 2.0, |x| x.exp_m1());
        c.unary(0.4, 2.0, |x| x.powf(p));
        c.unary_apart(|x| x.abs());
        c.unary_apart(|x| x.powf(2.0));
        c.unary(-2.0, 2.0, |x| x.powi(3) + x.powi(0));
        c.unary(-2.0, -0.4, |x| x.powi(-2));
    }

    #[test]
    fn powers_at_zero_have_the_derivatives_of_their_limits() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.var(&tensor![0.0].map(|x| Dual::new(x, [1.0])));
        for (p, slope, curvature) in [
            (0.0, 0.0, 0.0),
            (1.0, 1.0, 0.0),
            (2.0, 0.0, 2.0),
            (2.5, 0.0, 0.0),
        ] {
            let y = x.powf(p);
            assert_eq!(y.item().tangent(), [slope], "p = {p}");
            let gradient = y.backward().wrt(x).item();
            assert_eq!(gradient, Dual::new(slope, [curvature]), "p = {p}");
        }
    }

    #[test]
    fn the_slope_of_a_size_is_zero_at_zero() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.scalar(Dual::new(0.0, [1.0]));
        assert_eq!(x.abs().item().tangent(), [0.0]);
        assert_eq!(x.abs().backward().wrt(x).item(), Dual::default());
    }
}
