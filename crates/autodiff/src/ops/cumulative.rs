//! Running sums, and products, along an axis.
//!
//! ```text
//! cumsum  y_i = Σ_{j≤i} x_j     x̄_j += Σ_{i≥j} ȳ_i
//! prod    y = Π x_j             x̄_j += ȳ Π_{i≠j} x_i
//! ```
//!
//! The products without one element come from those before and after it, so that zeros do no harm.

use metaplast_tensor::{Scalar, Shape};

use super::rearrange::{around, assert_axis};
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// The first place of each line along an axis, and how far apart the places of a line are.
fn lines(shape: &Shape, axis: usize) -> (impl Iterator<Item = usize>, usize) {
    let (outer, extent, inner) = around(shape, axis);
    let starts =
        (0..outer).flat_map(move |block| (0..inner).map(move |i| block * extent * inner + i));
    (starts, inner)
}

/// Running sums along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CumSum {
    axis: usize,
}

impl<T: Scalar> Op<T> for CumSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (x, extent) = (inputs.value(0), inputs.shape(0).dims()[self.axis]);
        let (starts, step) = lines(inputs.shape(0), self.axis);
        for start in starts {
            let mut sum = T::ZERO;
            for place in (0..extent).map(|i| start + i * step) {
                sum += x[place];
                output[place] = sum;
            }
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let extent = inputs.shape(0).dims()[self.axis];
        let (starts, step) = lines(inputs.shape(0), self.axis);
        for start in starts {
            let mut sum = T::ZERO;
            for place in (0..extent).rev().map(|i| start + i * step) {
                sum += adjoint[place];
                into[place] += sum;
            }
        }
    }
}

/// Products along an axis, which goes away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProdAxis {
    axis: usize,
}

impl<T: Scalar> Op<T> for ProdAxis {
    fn name(&self) -> &'static str {
        "prod_axis"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let mut dims = operands[0].dims().to_vec();
        dims.remove(self.axis);
        Shape::from(&*dims)
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (x, extent) = (inputs.value(0), inputs.shape(0).dims()[self.axis]);
        let (starts, step) = lines(inputs.shape(0), self.axis);
        for (y, start) in output.iter_mut().zip(starts) {
            let elements = (0..extent).map(|i| x[start + i * step]);
            *y = elements.fold(T::ONE, |product, x| product * x);
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let (x, extent) = (inputs.value(0), inputs.shape(0).dims()[self.axis]);
        let (starts, step) = lines(inputs.shape(0), self.axis);
        let mut before = vec![T::ONE; extent];
        for (&adjoint, start) in adjoint.iter().zip(starts) {
            let place = |i: usize| start + i * step;
            for i in 1..extent {
                before[i] = before[i - 1] * x[place(i - 1)];
            }
            let mut after = adjoint;
            for i in (0..extent).rev() {
                into[place(i)] += before[i] * after;
                after *= x[place(i)];
            }
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The running sums along axis `axis`, each with its own element.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 4.0]);
    /// assert_eq!(x.cumsum(0).value(), tensor![1.0, 3.0, 7.0]);
    /// assert_eq!(x.cumsum(0).sum().backward().wrt(x), tensor![3.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[track_caller]
    pub fn cumsum(self, axis: usize) -> Var<'t, T> {
        assert_axis("cumsum", &self.shape(), axis);
        record(self.tape(), CumSum { axis }, &[self])
    }

    /// The products along axis `axis`, which goes away; 1 along an empty one.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[2.0, 3.0], [0.0, 5.0]]);
    /// assert_eq!(x.prod_axis(1).value(), tensor![6.0, 0.0]);
    /// assert_eq!(x.prod_axis(1).sum().backward().wrt(x), tensor![[3.0, 2.0], [5.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[track_caller]
    pub fn prod_axis(self, axis: usize) -> Var<'t, T> {
        assert_axis("prod_axis", &self.shape(), axis);
        record(self.tape(), ProdAxis { axis }, &[self])
    }

    /// The product of all elements, rank 0; 1 for an empty value.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// assert_eq!(tape.var(&tensor![[2.0, 3.0], [4.0, 5.0]]).prod().item(), 120.0);
    /// ```
    #[track_caller]
    pub fn prod(self) -> Var<'t, T> {
        let elements = self.shape().len();
        self.reshape([elements]).prod_axis(0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axis) in [
            (vec![4], 0),
            (vec![2, 3], 0),
            (vec![2, 3, 2], 1),
            (vec![2, 0], 1),
        ] {
            let x = [c.apart(&shape)];
            c.check(&x, |x| x[0].cumsum(axis).square());
            c.check(&x, |x| x[0].prod_axis(axis));
            c.check(&x, |x| x[0].prod());
        }
        c.check(&[tensor![0.0, 2.0, 0.0, 3.0]], |x| x[0].prod());
        c.check(&[tensor![0.0, 2.0, 1.5]], |x| x[0].prod());
    }
}
