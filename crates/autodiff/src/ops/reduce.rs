//! Sums over all elements: `y = Σ x_i`, `x̄_i += ȳ`; the mean divides by their number.

use metaplast_tensor::{Scalar, Shape, kernels};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

fn spread<T: Scalar>(share: T, adjoints: &mut Adjoints<'_, T>) {
    if let Some(sum) = adjoints.sum(0) {
        sum.in_parts(|_, into| into.iter_mut().for_each(|dx| *dx += share));
    }
}

/// `Σ x_i`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum;

impl<T: Scalar> Op<T> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        Shape::from([])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output[0] = kernels::sum(inputs.value(0));
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        spread(adjoint[0], adjoints);
    }
}

/// `(1/n) Σ x_i`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mean;

impl<T: Scalar> Op<T> for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        Shape::from([])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let x = inputs.value(0);
        output[0] = kernels::sum(x) / T::from_f64(x.len() as f64);
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        spread(
            adjoint[0] / T::from_f64(inputs.value(0).len() as f64),
            adjoints,
        );
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The sum of all elements, rank 0; zero for an empty value. However many they are, it keeps its
    /// digits ([`kernels::sum`]).
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.sum().item(), 3.0);
    /// assert_eq!(x.sum().backward().wrt(x), tensor![1.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn sum(self) -> Var<'t, T> {
        self.tape().apply(Sum.into(), &[self])
    }

    /// The mean of all elements, rank 0; NaN for an empty value.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.mean().item(), 1.5);
    /// assert_eq!(x.mean().backward().wrt(x), tensor![0.5, 0.5]);
    /// ```
    #[track_caller]
    pub fn mean(self) -> Var<'t, T> {
        self.tape().apply(Mean.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(-2.0, 2.0, |x| x.sum());
        c.unary(-2.0, 2.0, |x| (x * x).sum());
        for shape in [vec![], vec![c.size(1, 5)], vec![2, 3]] {
            let x = c.tensor(&shape, -2.0, 2.0);
            c.check(&[x], |x| (x[0] * x[0]).mean());
        }
    }
}
