//! Linear maps of jets, coefficient by coefficient.

use metaplast_tensor::{Scalar, Shape};

use super::Jet;
use crate::Var;

impl<'t, T: Scalar, const K: usize> Jet<'t, T, K> {
    /// A linear map of the series, `f` of each coefficient: for every linear operation of
    /// variables, a permutation or a convolution say. Something affine is
    /// this with the constant added to the result.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = Jet::<_, 1>::variable(tape.var(&tensor![[1.0, 2.0]]));
    /// let y = x.square().linear(|c| c.transpose());
    /// assert_eq!(y.derivative(1).value(), tensor![[2.0], [4.0]]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn linear(self, f: impl Fn(Var<'t, T>) -> Var<'t, T>) -> Self {
        Self::new(f(self.value), |k, _| self.at(k).map(&f))
    }

    /// [`matmul`](Var::matmul) with a matrix that does not change along the line.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let (x, w) = (tape.var(&tensor![[1.0, 2.0]]), tape.var(&tensor![[3.0], [4.0]]));
    /// let y = Jet::<_, 1>::variable(x).matmul(w);
    /// assert_eq!((y.value().item(), y.derivative(1).item()), (11.0, 7.0));
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn matmul(self, right: Var<'t, T>) -> Self {
        self.linear(|x| x.matmul(right))
    }

    /// [`sum`](Var::sum) of all elements.
    #[must_use]
    #[track_caller]
    pub fn sum(self) -> Self {
        self.linear(Var::sum)
    }

    /// [`mean`](Var::mean) of all elements.
    #[must_use]
    #[track_caller]
    pub fn mean(self) -> Self {
        self.linear(Var::mean)
    }

    /// [`sum_axes`](Var::sum_axes).
    ///
    /// # Panics
    /// When an axis is not there.
    #[must_use]
    #[track_caller]
    pub fn sum_axes(self, axes: &[usize], keepdims: bool) -> Self {
        self.linear(|x| x.sum_axes(axes, keepdims))
    }

    /// [`reshape`](Var::reshape).
    ///
    /// # Panics
    /// When the numbers of elements differ.
    #[must_use]
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        self.linear(|x| x.reshape(shape.clone()))
    }
}
