//! Activation functions: `y_i = f(x_i)`, `x̄_i += f'(x_i) ȳ_i`. Softplus has a file of its own.
//!
//! Where a function has a kink, at 0, its derivative there is the one from the left.

use metaplast_tensor::Scalar;

use super::table::record;
use super::unary::{Elementwise, elementwise_op, functions};
use crate::var::Var;

/// `1/(1 + e⁻ˣ)`, with no exponential that could overflow and no branch.
#[inline(always)]
pub(super) fn logistic<T: Scalar>(x: T) -> T {
    // By another condition than the one below: the compiler would compute an exponential for each
    // outcome of the same.
    let exp = (if x < -x { x } else { -x }).exp();
    (if x < T::ZERO { exp } else { T::ONE }) / (T::ONE + exp)
}

#[inline(always)]
fn positive_part<T: Scalar>(x: T, slope_of_negative: T) -> T {
    // NaN is neither and stays what it is.
    if x <= T::ZERO {
        slope_of_negative * x
    } else {
        x
    }
}

#[inline(always)]
fn step<T: Scalar>(x: T, slope_of_negative: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else {
        slope_of_negative
    }
}

/// `√(2/π)` and the coefficient of the cubic in the hyperbolic tangent of [`Gelu`].
const GELU: (f64, f64) = (0.797_884_560_802_865_4, 0.044_715);

#[inline(always)]
fn gelu_tanh<T: Scalar>(x: T) -> T {
    let (scale, cubic) = (T::from_f64(GELU.0), T::from_f64(GELU.1));
    (scale * (x + cubic * x * x * x)).tanh()
}

#[inline(always)]
fn gelu_slope<T: Scalar>(x: T) -> T {
    let (scale, cubic) = (T::from_f64(GELU.0), T::from_f64(3.0 * GELU.1));
    let (half, t) = (T::from_f64(0.5), gelu_tanh(x));
    let rate = scale * (T::ONE + cubic * x * x);
    half * (T::ONE + t) + half * x * (T::ONE - t * t) * rate
}

functions! {
    /// The logistic function `σ(x) = 1/(1 + e⁻ˣ)`, elementwise; derivative `σ(1 − σ)`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!((x.sigmoid().item(), x.sigmoid().backward().wrt(x).item()), (0.5, 0.25));
    /// ```
    Sigmoid sigmoid |x, y| logistic(x), y * (T::ONE - y);
    /// `max(x, 0)`, elementwise; derivative 1 for x > 0, else 0, also at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1.0, 0.0, 2.0]);
    /// assert_eq!(x.relu().value(), tensor![0.0, 0.0, 2.0]);
    /// assert_eq!(x.relu().sum().backward().wrt(x), tensor![0.0, 0.0, 1.0]);
    /// ```
    Relu relu |x, y| if x <= T::ZERO { T::ZERO } else { x }, step(x, T::ZERO);
}

functions! {
    shared:
    /// `x σ(x)`, elementwise, also known as swish; derivative `σ + xσ(1 − σ)`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!((x.silu().item(), x.silu().backward().wrt(x).item()), (0.0, 0.5));
    /// ```
    Silu silu |x, y| x * logistic(x), logistic(x) + y * (T::ONE - logistic(x));
    /// `½x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, elementwise: the hyperbolic form of the Gaussian
    /// error linear unit, within 5·10⁻⁴ of the form with the error function.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!((x.gelu().item(), x.gelu().backward().wrt(x).item()), (0.0, 0.5));
    /// ```
    Gelu gelu |x, y| T::from_f64(0.5) * x * (T::ONE + gelu_tanh(x)), gelu_slope(x);
}

/// `x` for x > 0, else `a x`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeakyRelu {
    slope: f64,
}

impl Elementwise for LeakyRelu {
    const NAME: &'static str = "leaky_relu";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        positive_part(x, T::from_f64(self.slope))
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        step(x, T::from_f64(self.slope))
    }
}

elementwise_op!(LeakyRelu);

/// `x` for x > 0, else `α (eˣ − 1)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elu {
    alpha: f64,
}

impl Elementwise for Elu {
    const NAME: &'static str = "elu";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let curved = T::from_f64(self.alpha) * x.exp_m1();
        if x <= T::ZERO { curved } else { x }
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, y: T) -> T {
        step(x, y + T::from_f64(self.alpha))
    }
}

elementwise_op!(Elu);

impl<'t, T: Scalar> Var<'t, T> {
    /// `x` for x > 0, else `slope · x`, elementwise; derivative 1 or `slope`, `slope` at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-2.0, 0.0, 3.0]);
    /// assert_eq!(x.leaky_relu(0.5).value(), tensor![-1.0, 0.0, 3.0]);
    /// assert_eq!(x.leaky_relu(0.5).sum().backward().wrt(x), tensor![0.5, 0.5, 1.0]);
    /// ```
    #[track_caller]
    pub fn leaky_relu(self, slope: f64) -> Var<'t, T> {
        record(self.tape(), LeakyRelu { slope }, &[self])
    }

    /// `x` for x > 0, else `α (eˣ − 1)`, elementwise; derivative 1 or `α eˣ`, `α` at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1e4, 0.0, 3.0]);
    /// assert_eq!(x.elu(2.0).value(), tensor![-2.0, 0.0, 3.0]);
    /// assert_eq!(x.elu(2.0).sum().backward().wrt(x), tensor![0.0, 2.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Var<'t, T> {
        record(self.tape(), Elu { alpha }, &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape, Var};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let a = c.number(0.01, 1.5);
        c.unary(-4.0, 4.0, |x| x.sigmoid());
        c.unary(-4.0, 4.0, |x| x.silu());
        c.unary(-3.0, 3.0, |x| x.gelu());
        c.unary_apart(|x| x.relu());
        c.unary_apart(|x| x.leaky_relu(a));
        c.unary_apart(|x| x.elu(a));
    }

    type Activation = for<'t> fn(Var<'t, Dual<f64, 1>>) -> Var<'t, Dual<f64, 1>>;

    /// Forward and reverse mode agree at the kink too.
    #[test]
    fn at_the_kink_the_derivative_is_the_left_one() {
        let cases: [(Activation, f64); 3] = [
            (|x| x.relu(), 0.0),
            (|x| x.leaky_relu(0.25), 0.25),
            (|x| x.elu(0.5), 0.5),
        ];
        for (f, slope) in cases {
            let tape = Tape::new();
            let x = tape.scalar(Dual::new(0.0, [1.0]));
            let y = f(x);
            assert_eq!(y.item().tangent(), [slope]);
            assert_eq!(y.backward().wrt(x).item().value(), slope);
        }
    }

    #[test]
    fn extremes_are_finite_to_second_order() {
        let cases: [Activation; 4] = [|x| x.sigmoid(), |x| x.silu(), |x| x.gelu(), |x| x.elu(1.0)];
        for f in cases {
            let tape = Tape::new();
            let x = tape.var(&tensor![-1e4, 1e4].map(|x| Dual::new(x, [1.0])));
            let y = f(x);
            y.with(|y| assert!(y.iter().all(|y| y.value().is_finite())));
            let gradient = y.sum().backward().wrt(x);
            let slopes: Vec<f64> = gradient.data().iter().map(|g| g.value()).collect();
            assert!(slopes.iter().all(|g| (0.0..=1.0).contains(g)), "{slopes:?}");
            assert!(gradient.data().iter().all(|g| g.tangent()[0].is_finite()));
        }
    }

    #[test]
    fn nan_is_passed_on() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(f64::NAN);
        assert!(x.relu().item().is_nan() && x.leaky_relu(0.1).item().is_nan());
        assert!(x.elu(1.0).item().is_nan());
    }
}
