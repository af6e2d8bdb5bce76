//! Report of a gradient check, and the tolerances that it is held against.

use std::fmt;

use crate::Dual;

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
    /// difference of gradients, if [second order](super::Gradcheck::second_order) was asked for.
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
