//! Losses that stay finite: binary cross-entropy from logits, and Huber's loss.
//!
//! ```text
//! log_sigmoid  y = −ln(1 + e⁻ˣ)                          x̄ += σ(−x) ȳ
//! bce          y = max(x, 0) − x t + ln(1 + e^−|x|)      x̄ += (σ(x) − t) ȳ    t̄ −= x ȳ
//! huber        L = mean of ½ d² for |d| ≤ δ, else δ (|d| − ½ δ),   d = x − t
//! ```

use metaplast_tensor::{Scalar, Shape};

use super::activations::logistic;
use super::binary::{binary_op, broadcast_shape};
use super::table::record;
use super::unary::{Elementwise, elementwise_op};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `ln σ(x)`
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSigmoid;

/// `ln(1 + e^−|x|)`, for x ≠ 0 of either sign.
fn log_tail<T: Scalar>(x: T) -> T {
    if x < T::ZERO { x.exp() } else { (-x).exp() }.ln_1p()
}

impl Elementwise for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let tail = log_tail(x);
        if x < T::ZERO { x - tail } else { -tail }
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, x: T, _: T) -> T {
        logistic(-x)
    }
}

elementwise_op!(LogSigmoid);

fn cross_entropy<T: Scalar>(x: T, target: T) -> T {
    let part = if x < T::ZERO {
        -(x * target)
    } else {
        x - x * target
    };
    part + log_tail(x)
}

binary_op! {
    /// `−t ln σ(x) − (1 − t) ln σ(−x)`
    LogitLoss bce_with_logits Dense |x, t, z, a| cross_entropy(x, t), (logistic(x) - t) * a, -x * a;
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `ln σ(x)`, elementwise: exact where σ(x) itself is 0 or 1; derivative `σ(−x)`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1e4, 0.0, 1e4]);
    /// assert_eq!(x.log_sigmoid().value(), tensor![-1e4, -(2f64.ln()), 0.0]);
    /// assert_eq!(x.log_sigmoid().sum().backward().wrt(x), tensor![1.0, 0.5, 0.0]);
    /// ```
    #[track_caller]
    pub fn log_sigmoid(self) -> Var<'t, T> {
        record(self.tape(), LogSigmoid, &[self])
    }

    /// Mean binary cross-entropy of `σ(self)` against targets between 0 and 1, from logits; in nats,
    /// rank 0. The targets may be differentiated.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let z = tape.var(&tensor![0.0, 50.0]);
    /// let loss = z.bce_with_logits(tape.constant(&tensor![1.0, 1.0]));
    /// assert!((loss.item() - 0.5 * 2f64.ln()).abs() < 1e-15);
    /// assert_eq!(loss.backward().wrt(z).data()[0], -0.25);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ: broadcasting here is mostly a mistake.
    #[track_caller]
    pub fn bce_with_logits(self, targets: Var<'t, T>) -> Var<'t, T> {
        assert_same("bce_with_logits", self, targets);
        record(self.tape(), LogitLoss, &[self, targets]).mean()
    }

    /// Huber's loss: the mean of `½ d²` where the difference d from the target is at most `delta`, and
    /// of `delta (|d| − ½ delta)` beyond, so that outliers pull with a bounded force.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![0.5, 3.0]);
    /// let loss = x.huber(tape.constant(&tensor![0.0, 0.0]), 1.0);
    /// assert_eq!(loss.item(), (0.125 + 2.5) / 2.0);
    /// assert_eq!(loss.backward().wrt(x), tensor![0.25, 0.5]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ, and unless `delta` is above 0.
    #[track_caller]
    pub fn huber(self, target: Var<'t, T>, delta: f64) -> Var<'t, T> {
        assert_same("huber", self, target);
        assert!(delta > 0.0, "huber: delta {delta}");
        let difference = self - target;
        let near = difference.clamp(-delta, delta);
        (near * (difference - near * 0.5)).mean()
    }
}

#[track_caller]
fn assert_same<T: Scalar>(op: &str, value: Var<'_, T>, target: Var<'_, T>) {
    let (shape, wanted) = (value.shape(), target.shape());
    assert!(
        shape == wanted,
        "{op}: value of shape {shape}, target of shape {wanted}"
    );
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(-6.0, 6.0, |x| x.log_sigmoid());
        for shape in [vec![], vec![c.size(1, 4)], vec![2, 3]] {
            let x = [c.apart(&shape), c.tensor(&shape, 0.0, 1.0)];
            c.check(&x, |x| x[0].bce_with_logits(x[1]));
            let far = &c.apart(&shape) * 2.0;
            c.check(&[far, x[0].map(|_| 0.0)], |x| x[0].huber(x[1], 0.17));
        }
    }

    /// Where the product of the plain formula would round to nothing.
    #[test]
    fn small_losses_keep_their_digits() {
        let tape = Tape::<f64>::new();
        let z = tape.var(&tensor![-50.0, 50.0]);
        let loss = z.bce_with_logits(tape.constant(&tensor![0.0, 1.0]));
        assert!((loss.item() / (-50f64).exp() - 1.0).abs() < 1e-14);
        let at_zero = tape.scalar(0.0);
        let loss = at_zero.bce_with_logits(tape.constant(&tensor![1.0].reshape([])));
        assert_eq!(loss.backward().wrt(at_zero).item(), -0.5);
    }
}
