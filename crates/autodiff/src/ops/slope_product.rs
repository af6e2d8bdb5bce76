//! Slope product: a vector times the slope of softplus, without the slope being kept.
//!
//! ```text
//! z = x ⊙ s(y)    s(y) = 1 − exp(−βy)
//! x̄ += s(y) z̄     ȳ += β (1 − s(y)) (x z̄)
//! ```
//!
//! The way back computes s again from y, which is kept anyway: an exponential is cheaper than a
//! vector that is held until the sweep comes back.

use metaplast_tensor::kernels::{self, Function};
use metaplast_tensor::{Scalar, Shape};

use super::softplus::SoftplusSlope;
use super::unary::Elementwise;
use crate::op::{Adjoints, Inputs, Op, Sparsity};
use crate::var::Var;

/// Operands: x, then y.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlopeProduct {
    slope: SoftplusSlope,
}

/// `s(y) w`
#[derive(Clone, Copy)]
struct Scaled(SoftplusSlope);

impl<T: Scalar> Function<T> for Scaled {
    #[inline(always)]
    fn value(self, y: T) -> T {
        self.0.value(y)
    }

    #[inline(always)]
    fn weighted(self, y: T, _: T, w: T) -> T {
        self.0.value(y) * w
    }
}

/// `s'(y) (x w)`
#[derive(Clone, Copy)]
struct Bent(SoftplusSlope);

impl<T: Scalar> Function<T> for Bent {
    #[inline(always)]
    fn value(self, y: T) -> T {
        self.0.derivative(y, self.0.value(y))
    }

    #[inline(always)]
    fn weighted(self, y: T, x: T, w: T) -> T {
        self.0.derivative(y, self.0.value(y)) * (x * w)
    }
}

impl<T: Scalar> Op<T> for SlopeProduct {
    fn name(&self) -> &'static str {
        "slope_product"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let [x, y] = operands else {
            unreachable!("slope_product of two operands");
        };
        assert!(x == y, "times_softplus_slope: shapes {x} and {y} differ");
        Shape::clone(x)
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (x, y) = (inputs.value(0), inputs.value(1));
        kernels::map_add(Scaled(self.slope), y, x, x, output);
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let y = inputs.value(1);
        if let Some(into) = adjoints.of(0) {
            let scaled = Scaled(self.slope);
            kernels::map_add(scaled, y, output_adjoint, output_adjoint, into);
        }
        if let Some(into) = adjoints.of(1) {
            let x = inputs.value(0);
            kernels::map_add(Bent(self.slope), y, x, output_adjoint, into);
        }
    }

    fn sparsity(&self) -> Sparsity {
        Sparsity::Product
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `x ⊙ (1 − exp(−βy))`, elementwise: the product with
    /// [`y.softplus_slope(β)`](Var::softplus_slope), of which the tape keeps one vector less.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let y = tape.var(&tensor![0.0, 0.1]);
    /// let x = tape.var(&tensor![3.0, 4.0]);
    /// let product = x.times_softplus_slope(y, 10.0);
    /// assert_eq!(product.value(), (x * y.softplus_slope(10.0)).value());
    /// ```
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn times_softplus_slope(self, y: Var<'t, T>, beta: f64) -> Var<'t, T> {
        let slope = SoftplusSlope { beta };
        self.tape().apply(SlopeProduct { slope }.into(), &[self, y])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let beta = c.number(0.5, 8.0);
        for shape in c.shapes() {
            let inputs = [c.tensor(&shape, -2.0, 2.0), c.tensor(&shape, -1.0, 1.5)];
            c.check(&inputs, |x| x[0].times_softplus_slope(x[1], beta));
        }
    }

    /// The product's bits and those of its derivatives are those of two operations.
    #[test]
    fn the_product_has_the_bits_of_slope_and_product() {
        let numbers = |seed: f32| {
            metaplast_tensor::Tensor::from_fn([45], |at: &[usize]| {
                ((at[0] as f32 + seed) * 0.7).sin()
            })
        };
        let run = |joined: bool| {
            let tape = Tape::<f32>::new();
            let (x, y) = (tape.var(&numbers(0.0)), tape.var(&numbers(0.5)));
            let product = match joined {
                true => x.times_softplus_slope(y, 10.0),
                false => x * y.softplus_slope(10.0),
            };
            let gradients = product.square().sum().backward();
            [product.value(), gradients.wrt(x), gradients.wrt(y)]
        };
        assert_eq!(run(true), run(false));
    }
}
