//! Stop-gradient, the identity as a constant: `y = x`, `x̄ += 0`.

use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Passes the value and no derivative, in reverse and in forward mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopGradient;

impl<T: Scalar> Op<T> for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for (y, x) in output.iter_mut().zip(inputs.value(0)) {
            *y = x.detach();
        }
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], _: &[T], _: &mut Adjoints<'_, T>) {}

    fn differentiable(&self) -> bool {
        false
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The same value, which counts as a constant in derivatives.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![3.0]);
    /// let y = x * x.stop_gradient();
    /// assert_eq!(y.backward().wrt(x), tensor![3.0]);
    /// ```
    #[track_caller]
    pub fn stop_gradient(self) -> Var<'t, T> {
        self.tape().apply(StopGradient.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        // The differences see the whole function, so the check is on a part that is constant.
        c.unary(-2.0, 2.0, |x| x + x.stop_gradient() * 0.0);
    }

    #[test]
    fn a_stopped_factor_counts_as_a_constant() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(3.0);
        let y = x * x.stop_gradient();
        assert_eq!(y.item(), 9.0);
        assert_eq!(y.backward().wrt(x).item(), 3.0);
    }
}
