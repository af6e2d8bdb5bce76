//! Losses, normalisation and dropout: functions made of other operations.
//!
//! ```text
//! mse          L = (1/n) Σ (x_i − y_i)²
//! dropout      y_i = x_i m_i / (1 − p),   m_i = 1 with probability 1 − p, else 0
//! ```

use metaplast_tensor::{Scalar, Tensor};

use super::rearrange::assert_axis;
use super::softmax::LogSoftmax;
use crate::var::Var;

impl<'t, T: Scalar> Var<'t, T> {
    /// Softmax over axis `axis`; finite for any finite operand. [`softmax`](Self::softmax) takes
    /// the last axis and is one operation.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1e4, 3.0], [0.0, 3.0]]);
    /// assert_eq!(x.softmax_axis(0).value(), tensor![[1.0, 0.5], [0.0, 0.5]]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there or is empty.
    #[track_caller]
    pub fn softmax_axis(self, axis: usize) -> Var<'t, T> {
        assert_axis("softmax_axis", &self.shape(), axis);
        let last = self.rank() - 1;
        if axis == last {
            return self.softmax();
        }
        self.swap_axes(axis, last).softmax().swap_axes(axis, last)
    }

    /// `ln softmax(x)` over axis `axis`, finite for any finite operand. A logit of −∞ stays −∞, with
    /// derivative 0; where all of them are, the results are NaN.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1e4, 0.0]);
    /// assert_eq!(x.log_softmax(0).value(), tensor![0.0, -1e4]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there or is empty.
    #[track_caller]
    pub fn log_softmax(self, axis: usize) -> Var<'t, T> {
        assert_axis("log_softmax", &self.shape(), axis);
        let last = self.rank() - 1;
        if axis == last {
            return self.tape().apply(LogSoftmax.into(), &[self]);
        }
        self.swap_axes(axis, last)
            .log_softmax(last)
            .swap_axes(axis, last)
    }

    /// The mean squared error `(1/n) Σ (x_i − y_i)²`, rank 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.constant(&tensor![1.0, 4.0]));
    /// assert_eq!(x.mse(y).item(), 2.0);
    /// assert_eq!(x.mse(y).backward().wrt(x), tensor![0.0, -2.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ: broadcasting here is mostly a mistake.
    #[track_caller]
    pub fn mse(self, target: Var<'t, T>) -> Var<'t, T> {
        let (shape, wanted) = (self.shape(), target.shape());
        assert!(
            shape == wanted,
            "mse: value of shape {shape}, target of shape {wanted}"
        );
        (self - target).square().mean()
    }

    /// Each element left out with probability `p`, the others multiplied by `1/(1 − p)`, so that
    /// the mean stays. `uniform` gives numbers in [0, 1), one for each element in row-major order:
    /// the same generator, the same mask.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0]);
    /// let mut numbers = [0.9, 0.1, 0.6].into_iter();
    /// let y = x.dropout(0.5, || numbers.next().unwrap());
    /// assert_eq!(y.value(), tensor![2.0, 0.0, 6.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![2.0, 0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// Unless 0 ≤ p < 1.
    #[track_caller]
    pub fn dropout(self, p: f64, mut uniform: impl FnMut() -> f64) -> Var<'t, T> {
        assert!((0.0..1.0).contains(&p), "dropout: probability {p}");
        let kept = T::from_f64(1.0 / (1.0 - p));
        let mask = Tensor::from_fn(self.shape(), |_| if uniform() < p { T::ZERO } else { kept });
        self * self.tape().constant(&mask)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axis) in [
            (vec![3], 0),
            (vec![2, c.size(1, 3)], 0),
            (vec![2, 3, 2], 1),
            (vec![0, 2], 1),
        ] {
            let x = [c.tensor(&shape, -3.0, 3.0), c.tensor(&shape, -3.0, 3.0)];
            c.check(&x[..1], |x| x[0].softmax_axis(axis));
            c.check(&x[..1], |x| x[0].log_softmax(axis));
            if !x[0].is_empty() {
                c.check(&x, |x| x[0].mse(x[1]));
            }
            // The same numbers for every evaluation.
            c.check(&x[..1], |x| {
                let mut place = 0.0;
                x[0].square().dropout(0.3, || {
                    place += 0.17;
                    place % 1.0
                })
            });
        }
    }

    #[test]
    fn log_softmax_is_the_logarithm_of_softmax() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&Tensor::from_fn([2, 3], |i| {
            (i[0] * 5 + i[1] * i[1]) as f64 * 0.3
        }));
        for axis in 0..2 {
            let (left, right) = (
                x.log_softmax(axis).value(),
                x.softmax_axis(axis).ln().value(),
            );
            for (l, r) in left.data().iter().zip(right.data()) {
                assert!((l - r).abs() < 1e-14);
            }
        }
    }
}
