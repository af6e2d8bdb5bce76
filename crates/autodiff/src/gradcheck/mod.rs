//! Gradient checks: derivatives against finite differences and against forward mode.
//!
//! The function runs on a tape of [`Dual`](crate::Dual) numbers, so one closure gives the value, the reverse
//! gradient, the directional derivative and, on demand, the derivative of the gradient along a
//! direction (a Hessian-vector product, forward over reverse). A result with more than one element
//! is projected on a fixed pseudo-random direction.
//!
//! A report names the function, the worst element of the worst input and, where an operation by
//! itself is to blame, that operation: each node's vjp must be the transpose of its jvp.
//!
//! Differences are of fourth order, `(8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h` with
//! h = 10⁻³ max(1, |x|), whose rounding error is near 10⁻¹³ and whose truncation error is h⁴ f⁽⁵⁾/30.
//! Keep away from kinks, where they mean nothing.

// What sweeps over dual numbers takes every operation of theirs, a sixth of the crate's code. Tests share
// what is compiled here; releases, in which hardly anything checks a gradient, compile it where something
// does: that is why some functions are `inline` there.

use metaplast_tensor::Tensor;

use crate::Var;

mod directions;
mod measure;
mod report;
mod suspect;

use measure::{Checkable, Measured, compare};
pub use report::{Checked, Finding, Report, Tolerance};

/// A check with a label, tolerances and an order.
///
/// ```
/// use metaplast_autodiff::gradcheck::Gradcheck;
/// use metaplast_tensor::tensor;
///
/// let report = Gradcheck::new()
///     .label("energy")
///     .second_order()
///     .run(&[tensor![0.3, -1.2]], |x| (x[0] * x[0]).dot(x[0]));
/// assert!(report.passed, "{report}");
/// assert!(report.second.unwrap().error < 1e-9);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gradcheck {
    label: Option<String>,
    tolerance: Tolerance,
    second_order: bool,
}

impl Gradcheck {
    /// A check of first order with the default tolerances.
    ///
    /// ```
    /// use metaplast_autodiff::gradcheck::Gradcheck;
    /// use metaplast_tensor::tensor;
    ///
    /// let report = Gradcheck::new().run(&[tensor![0.5]], |x| x[0].exp());
    /// assert!(report.passed && report.second.is_none());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// What the report calls the function.
    ///
    /// ```
    /// use metaplast_autodiff::gradcheck::Gradcheck;
    /// use metaplast_tensor::tensor;
    ///
    /// let report = Gradcheck::new().label("growth").run(&[tensor![0.5]], |x| x[0].exp());
    /// assert_eq!(report.label, "growth");
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Other tolerances.
    ///
    /// ```
    /// use metaplast_autodiff::gradcheck::{Gradcheck, Tolerance};
    /// use metaplast_tensor::tensor;
    ///
    /// let none = Tolerance { differences: 0.0, ..Tolerance::default() };
    /// assert!(!Gradcheck::new().tolerance(none).run(&[tensor![0.5]], |x| x[0].exp()).passed);
    /// ```
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Check the derivative of the gradient too.
    ///
    /// ```
    /// use metaplast_autodiff::gradcheck::Gradcheck;
    /// use metaplast_tensor::tensor;
    ///
    /// let report = Gradcheck::new().second_order().run(&[tensor![0.5]], |x| x[0].exp());
    /// assert!(report.second.unwrap().error < 1e-6);
    /// ```
    #[must_use]
    pub fn second_order(mut self) -> Self {
        self.second_order = true;
        self
    }

    /// Compares the derivatives of `f` at `inputs`; see the [module docs](self).
    ///
    /// Finite differences run the function four times for each element of the inputs.
    ///
    /// ```
    /// use metaplast_autodiff::gradcheck::Gradcheck;
    /// use metaplast_tensor::tensor;
    ///
    /// let inputs = [tensor![[1.0, 2.0], [3.0, 4.0]], tensor![0.5, -0.5]];
    /// let report = Gradcheck::new().run(&inputs, |x| x[0].matvec(x[1]).tanh());
    /// assert!(report.passed, "{report}");
    /// ```
    pub fn run<F>(&self, inputs: &[Tensor<f64>], f: F) -> Report
    where
        F: for<'t> Fn(&[Var<'t, Checked>]) -> Var<'t, Checked>,
    {
        self.run_any(inputs, &f)
    }

    fn run_any(&self, inputs: &[Tensor<f64>], f: Checkable<'_>) -> Report {
        let measured = Measured::new(inputs, self.tolerance, f);
        let reverse = measured.gradient();
        let first = compare(reverse, &measured.value_differences(), self.tolerance);
        let forward = measured.forward_error(reverse, self.tolerance);
        let second = self.second_order.then(|| {
            compare(
                measured.gradient_tangent(),
                &measured.gradient_differences(),
                self.tolerance,
            )
        });
        // Written so that NaN fails.
        let within = |finding: &Finding| finding.error <= self.tolerance.differences;
        let passed = within(&first)
            && forward <= self.tolerance.forward
            && second.as_ref().is_none_or(within);
        Report {
            label: self.label.clone().unwrap_or_else(|| measured.name()),
            first,
            forward,
            second,
            suspect: measured.suspect().filter(|_| !passed),
            passed,
        }
    }
}

/// Compares the gradients of `f` at `inputs`; see the [module docs](self).
///
/// ```
/// use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
/// use metaplast_tensor::tensor;
///
/// let report = gradcheck(&[tensor![0.3, -1.2]], Tolerance::default(), |x| x[0].softplus(2.0));
/// assert!(report.passed, "{report}");
/// ```
pub fn gradcheck<F>(inputs: &[Tensor<f64>], tolerance: Tolerance, f: F) -> Report
where
    F: for<'t> Fn(&[Var<'t, Checked>]) -> Var<'t, Checked>,
{
    Gradcheck::new().tolerance(tolerance).run(inputs, f)
}

#[cfg(test)]
mod tests {
    use metaplast_tensor::tensor;

    use super::*;

    #[test]
    fn a_wrong_gradient_is_named() {
        let inputs = [tensor![1.0], tensor![1.0, 2.0]];
        let report = gradcheck(&inputs, Tolerance::default(), |x| {
            x[0] * (x[1] * x[1].stop_gradient())
        });
        assert!(!report.passed);
        let text = report.to_string();
        assert!(text.contains("`mul` FAILED: worst at input 1"), "{text}");
    }

    #[test]
    fn a_wrong_second_derivative_is_found_and_the_label_told() {
        let check = Gradcheck::new().label("frozen slope").second_order();
        let report = check.run(&[tensor![2.0]], |x| x[0] * x[0]);
        assert!(report.passed, "{report}");
        assert!((report.second.unwrap().derivative.abs()) > 0.5);
        let report = check.run(&[tensor![2.0]], |x| x[0] * x[0].stop_gradient());
        assert!(report.to_string().contains("`frozen slope` FAILED"));
    }
}
