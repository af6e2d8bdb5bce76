//! Minimum over given axes: the negative of the maximum of the negative.

use metaplast_tensor::Scalar;

use crate::var::Var;

impl<'t, T: Scalar> Var<'t, T> {
    /// The least elements over `axes`, which go away or stay with extent 1; those that tie share the
    /// derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 5.0], [3.0, 4.0]]);
    /// assert_eq!(x.min_axes(&[1], false).value(), tensor![1.0, 3.0]);
    /// assert_eq!(x.min_axes(&[0], true).value(), tensor![[1.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// When an axis is not there or given twice, and when there is nothing to choose from.
    #[track_caller]
    pub fn min_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        -(-self).max_axes(axes, keepdims)
    }

    /// The least element, rank 0; those that tie share the derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![3.0, 1.0, 1.0]);
    /// assert_eq!(x.min().item(), 1.0);
    /// assert_eq!(x.min().backward().wrt(x), tensor![0.0, 0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// When there are no elements.
    #[track_caller]
    pub fn min(self) -> Var<'t, T> {
        -(-self).max()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::reduction::tests::SHAPES_AND_AXES;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axes) in SHAPES_AND_AXES {
            let keep = c.size(0, 1) == 1;
            let x = [c.apart(shape)];
            c.check(&x, |x| x[0].min_axes(axes, keep));
        }
        let x = [c.apart(&[2, 3])];
        c.check(&x, |x| x[0].min());
    }
}
