//! Gradient checks: derivatives against finite differences and against forward mode.
//!
//! The function runs on a tape of [`Dual`] numbers, so one closure gives the value, the reverse
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

use std::fmt;

use metaplast_tensor::Tensor;

use crate::{Dual, Var};

mod measure;
mod suspect;

use measure::{Measured, compare};

/// The scalar type on which checked functions run.
///
/// ```
/// use metaplast_autodiff::gradcheck::{Checked, Gradcheck};
/// use metaplast_autodiff::Var;
/// use metaplast_tensor::tensor;
///
/// fn energy<'t>(x: &[Var<'t, Checked>]) -> Var<'t, Checked> {
///     x[0].square().sum() * 0.5
/// }
/// assert!(Gradcheck::new().run(&[tensor![1.0, 2.0]], energy).passed);
/// ```
pub type Checked = Dual<f64, 1>;

/// Tolerances of a check. Errors are relative to the largest element of the gradient of one input.
///
/// ```
/// use metaplast_autodiff::gradcheck::Tolerance;
///
/// let strict = Tolerance { differences: 1e-9, ..Tolerance::default() };
/// assert_eq!(strict.forward, 1e-10);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Against finite differences, of first and of second order.
    pub differences: f64,
    /// Against forward mode.
    pub forward: f64,
    /// Gradients smaller than this count as this large.
    pub floor: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Tolerance {
            differences: 1e-6,
            forward: 1e-10,
            floor: 1e-3,
        }
    }
}

/// The element at which a derivative is farthest from its finite difference.
///
/// ```
/// use metaplast_autodiff::gradcheck::Gradcheck;
/// use metaplast_tensor::tensor;
///
/// let worst = Gradcheck::new().run(&[tensor![3.0]], |x| x[0].square()).first;
/// assert_eq!((worst.input, worst.element), (0, 0));
/// assert!((worst.derivative - worst.difference).abs() < 1e-9);
/// assert!(worst.error < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Finding {
    /// The error, relative to the largest element of that input's derivative.
    pub error: f64,
    /// Which input.
    pub input: usize,
    /// The row-major place in it.
    pub element: usize,
    /// What the tape says.
    pub derivative: f64,
    /// What the finite difference says.
    pub difference: f64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "input {} element {}: derivative {:e}, difference {:e}, relative error {:.1e}",
            self.input, self.element, self.derivative, self.difference, self.error
        )
    }
}

/// What a check found.
///
/// ```
/// use metaplast_autodiff::gradcheck::Gradcheck;
/// use metaplast_tensor::tensor;
///
/// // The slope of the second factor is left out on purpose.
/// let report = Gradcheck::new().run(&[tensor![3.0]], |x| x[0] * x[0].stop_gradient());
/// assert!(!report.passed);
/// assert!(report.to_string().starts_with("gradcheck of `mul` FAILED"));
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked: the given label, else the name of the operation that made the result.
    pub label: String,
    /// Where the reverse gradient is farthest from finite differences.
    pub first: Finding,
    /// Relative error of the reverse gradient against forward mode, along a random direction.
    pub forward: f64,
    /// Where the derivative of the gradient along a random direction is farthest from the finite
    /// difference of gradients, if [second order](Gradcheck::second_order) was asked for.
    pub second: Option<Finding>,
    /// If the check failed, the first recorded operation whose vjp is not the transpose of its jvp, by name, operands'
    /// shapes and place on the tape: most probably where to look. Operations on states are not asked.
    pub suspect: Option<String>,
    /// Whether all errors are within the tolerance.
    pub passed: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed { "passed" } else { "FAILED" };
        write!(f, "gradcheck of `{}` {verdict}", self.label)?;
        if let Some(suspect) = &self.suspect {
            write!(f, " in {suspect}")?;
        }
        let (first, forward) = (&self.first, self.forward);
        write!(f, ": worst at {first}; against forward mode {forward:.1e}")?;
        match &self.second {
            Some(second) => write!(f, "; second order worst at {second}"),
            None => Ok(()),
        }
    }
}

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
