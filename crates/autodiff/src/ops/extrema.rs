//! Maximum, minimum and clamp, elementwise.
//!
//! Where operands tie, each gets half of the adjoint; where a clamped value stands on a bound, all
//! of it. Forward mode follows the same conventions.

use metaplast_tensor::{Scalar, Shape};

use super::binary::{binary_op, broadcast_shape};
use super::table::record;
use super::unary::{Elementwise, elementwise_op};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// 1 where `left` is chosen over `right` by `better`, ½ in a tie, else 0.
fn share<T: Scalar>(left: T, right: T, better: bool) -> T {
    if better {
        T::ONE
    } else if left.to_f64() == right.to_f64() {
        T::from_f64(0.5)
    } else {
        T::ZERO
    }
}

/// The value with these shares; a tie has the mean tangent, NaN stays NaN.
fn choose<T: Scalar>(left: T, right: T, better: bool, worse: bool) -> T {
    if better {
        left
    } else if worse {
        right
    } else {
        let half = T::from_f64(0.5);
        half * left + half * right
    }
}

binary_op! {
    /// `max(x, y)`
    Maximum maximum Dense |x, y, z, a| choose(x, y, x > y, x < y), share(x, y, x > y) * a, share(y, x, y > x) * a;
    /// `min(x, y)`
    Minimum minimum Dense |x, y, z, a| choose(x, y, x < y, x > y), share(x, y, x < y) * a, share(y, x, y < x) * a;
}

/// `min(max(x, low), high)`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clamp {
    low: f64,
    high: f64,
}

impl Elementwise for Clamp {
    const NAME: &'static str = "clamp";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let (low, high) = (T::from_f64(self.low), T::from_f64(self.high));
        if x < low {
            low
        } else if x > high {
            high
        } else {
            x
        }
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        let outside = x < T::from_f64(self.low) || x > T::from_f64(self.high);
        if outside { T::ZERO } else { T::ONE }
    }
}

elementwise_op!(Clamp);

impl<'t, T: Scalar> Var<'t, T> {
    /// `max(x, y)`, elementwise with broadcasting; NaN when either is. In a tie each operand gets
    /// half of the derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.var(&tensor![1.0, 2.0, 3.0]), tape.scalar(2.0));
    /// let z = x.maximum(y);
    /// assert_eq!(z.value(), tensor![2.0, 2.0, 3.0]);
    /// assert_eq!(z.sum().backward().wrt(x), tensor![0.0, 0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn maximum(self, other: Var<'t, T>) -> Var<'t, T> {
        record(self.tape(), Maximum, &[self, other])
    }

    /// `min(x, y)`, elementwise with broadcasting; NaN when either is. In a tie each operand gets
    /// half of the derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.var(&tensor![1.0, 2.0, 3.0]), tape.scalar(2.0));
    /// let z = x.minimum(y);
    /// assert_eq!(z.value(), tensor![1.0, 2.0, 2.0]);
    /// assert_eq!(z.sum().backward().wrt(x), tensor![1.0, 0.5, 0.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn minimum(self, other: Var<'t, T>) -> Var<'t, T> {
        record(self.tape(), Minimum, &[self, other])
    }

    /// `min(max(x, low), high)`, elementwise; derivative 1 from `low` to `high`, both included,
    /// else 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-2.0, -1.0, 0.5, 7.0]);
    /// let y = x.clamp(-1.0, 1.0);
    /// assert_eq!(y.value(), tensor![-1.0, -1.0, 0.5, 1.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![0.0, 1.0, 1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// Unless `low ≤ high`.
    #[track_caller]
    pub fn clamp(self, low: f64, high: f64) -> Var<'t, T> {
        assert!(low <= high, "clamp: from {low} to {high}");
        record(self.tape(), Clamp { low, high }, &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (left, right) in c.pairs() {
            // Numbers at odd and at even multiples of 0.02 never tie.
            let grid = |x: f64| (x / 0.04).round() * 0.04;
            let left = c.tensor(&left, -2.0, 2.0).map(grid);
            let right = c.tensor(&right, -2.0, 2.0).map(|x| grid(x) + 0.02);
            c.check(&[left.clone(), right.clone()], |x| x[0].maximum(x[1]));
            c.check(&[left, right], |x| x[0].minimum(x[1]));
        }
        for shape in c.shapes() {
            let x = c.apart(&shape);
            c.check(&[x], |x| (x[0] * x[0]).clamp(0.005, 10.0));
            let outside = Tensor::full(shape.as_slice(), 3.0);
            c.check(&[outside], |x| x[0].clamp(-1.0, 1.0));
        }
    }

    #[test]
    fn forward_mode_follows_the_conventions_for_ties_and_bounds() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let (x, y) = (
            tape.scalar(Dual::new(1.0, [1.0])),
            tape.scalar(Dual::new(1.0, [3.0])),
        );
        assert_eq!(x.maximum(y).item().tangent(), [2.0]);
        assert_eq!(x.minimum(y).item().tangent(), [2.0]);
        assert_eq!(x.clamp(0.0, 1.0).item().tangent(), [1.0]);
        let gradients = x.maximum(y).backward();
        assert_eq!(gradients.wrt(y).item().value(), 0.5);
    }

    #[test]
    fn nan_is_passed_on() {
        let tape = Tape::<f64>::new();
        let (x, nan) = (tape.var(&tensor![1.0]), tape.scalar(f64::NAN));
        assert!(x.maximum(nan).item().is_nan() && nan.minimum(x).item().is_nan());
        assert!(nan.clamp(0.0, 1.0).item().is_nan());
    }
}
