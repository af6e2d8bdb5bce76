//! Checks a gradient against finite differences and against forward mode.
//!
//! The function runs on a tape of [`Dual`] numbers, so one closure gives the value, the reverse
//! gradient and the directional derivative. A vector-valued result is projected on a fixed
//! pseudo-random direction.
//!
//! Differences are of fourth order, `(8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h` with
//! h = 10⁻³ max(1, |x|), whose rounding error is near 10⁻¹³ and whose truncation error is h⁴ f⁽⁵⁾/30.
//! Keep away from kinks, where they mean nothing.

use std::fmt;

use metaplast_tensor::Tensor;

use crate::{Dual, Tape, Var};

/// The scalar type on which checked functions run.
pub type Checked = Dual<f64, 1>;

/// Tolerances of a check. Errors are relative to the largest element of the gradient of one input.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Against finite differences.
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

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Largest relative error of the reverse gradient against finite differences.
    pub worst: f64,
    /// The input in which it was found.
    pub input: usize,
    /// The row-major place in that input.
    pub element: usize,
    /// The reverse gradient there.
    pub reverse: f64,
    /// The finite difference there.
    pub difference: f64,
    /// Relative error of the reverse gradient against forward mode, along a random direction.
    pub forward: f64,
    /// Whether both errors are within the tolerance.
    pub passed: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gradcheck {}: worst at input {} element {}: reverse {:e}, difference {:e}, relative error {:.1e}; against forward mode {:.1e}",
            if self.passed { "passed" } else { "FAILED" },
            self.input,
            self.element,
            self.reverse,
            self.difference,
            self.worst,
            self.forward,
        )
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
    let tape = Tape::<Checked>::new();
    let mut directions = Directions::new();

    // One recording along a random direction gives value, tangent and reverse gradient.
    let along: Vec<Vec<f64>> = inputs.iter().map(|x| directions.take(x.len())).collect();
    let vars: Vec<Var<'_, Checked>> = inputs
        .iter()
        .zip(&along)
        .map(|(x, d)| {
            let data = x.data().iter().zip(d);
            let data = data.map(|(&x, &d)| Dual::new(x, [d])).collect();
            tape.var(&Tensor::new(x.shape().clone(), data))
        })
        .collect();
    let output = f(&vars);
    let shape = output.shape();
    let seed = directions.take(shape.len());
    let tangent: f64 = output.with(|y| y.iter().zip(&seed).map(|(y, s)| y.tangent()[0] * s).sum());
    let seed_tensor = Tensor::new(
        shape,
        seed.iter().map(|&s| Dual::constant(s)).collect::<Vec<_>>(),
    );
    let gradients = output.backward_with(&seed_tensor);
    let reverse: Vec<Vec<f64>> = vars
        .iter()
        .map(|&x| {
            let gradient = gradients.wrt(x);
            gradient.data().iter().map(|g| g.value()).collect()
        })
        .collect();

    let projected = |inputs: &[Tensor<f64>]| -> f64 {
        tape.reset();
        let vars: Vec<Var<'_, Checked>> = inputs
            .iter()
            .map(|x| tape.constant(&x.map(Dual::constant)))
            .collect();
        f(&vars).with(|y| y.iter().zip(&seed).map(|(y, s)| y.value() * s).sum())
    };
    let difference: Vec<Vec<f64>> = (0..inputs.len())
        .map(|input| {
            (0..inputs[input].len())
                .map(|element| central_difference(inputs, input, element, &projected))
                .collect()
        })
        .collect();

    let mut report = compare(&reverse, &difference, tolerance);
    let inner: f64 = along
        .iter()
        .flatten()
        .zip(reverse.iter().flatten())
        .map(|(d, g)| d * g)
        .sum();
    let size: f64 = along
        .iter()
        .flatten()
        .zip(reverse.iter().flatten())
        .map(|(d, g)| (d * g).abs())
        .sum();
    report.forward = (inner - tangent).abs() / size.max(tolerance.floor);
    report.passed = report.worst <= tolerance.differences && report.forward <= tolerance.forward;
    report
}

fn central_difference(
    inputs: &[Tensor<f64>],
    input: usize,
    element: usize,
    f: &impl Fn(&[Tensor<f64>]) -> f64,
) -> f64 {
    let x = inputs[input].data()[element];
    let h = 1e-3 * x.abs().max(1.0);
    let at = |offset: f64| {
        let mut moved = inputs.to_vec();
        moved[input].data_mut()[element] = x + offset;
        f(&moved)
    };
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

fn compare(reverse: &[Vec<f64>], difference: &[Vec<f64>], tolerance: Tolerance) -> Report {
    let mut report = Report {
        worst: 0.0,
        input: 0,
        element: 0,
        reverse: 0.0,
        difference: 0.0,
        forward: 0.0,
        passed: false,
    };
    for (input, (reverse, difference)) in reverse.iter().zip(difference).enumerate() {
        let size = difference
            .iter()
            .fold(tolerance.floor, |size, d| size.max(d.abs()));
        for (element, (&r, &d)) in reverse.iter().zip(difference).enumerate() {
            let error = (r - d).abs() / size;
            // NaN counts as the worst, and once found it stays: nothing is greater than it.
            if error.is_nan() || error > report.worst {
                report = Report {
                    worst: error,
                    input,
                    element,
                    reverse: r,
                    difference: d,
                    ..report
                };
            }
        }
    }
    report
}

/// Fixed pseudo-random numbers in ±[½, 1], by a linear congruence.
struct Directions(u64);

impl Directions {
    fn new() -> Self {
        Directions(0x5DEE_CE66_D1CE_4E5B)
    }

    fn take(&mut self, n: usize) -> Vec<f64> {
        (0..n)
            .map(|_| {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let unit = (self.0 >> 40) as f64 / (1u64 << 24) as f64;
                let size = 0.5 + 0.5 * unit;
                if self.0 >> 63 == 0 { size } else { -size }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use metaplast_tensor::tensor;

    use super::*;

    #[test]
    fn a_wrong_gradient_is_named() {
        let report = gradcheck(&[tensor![1.0, 2.0]], Tolerance::default(), |x| {
            x[0] * x[0].stop_gradient()
        });
        assert!(!report.passed);
        assert!(report.to_string().contains("FAILED"), "{report}");
    }

    #[test]
    fn a_broken_element_is_not_hidden_by_a_good_one() {
        let report = compare(
            &[vec![f64::NAN, 1.0]],
            &[vec![1.0, 1.0]],
            Tolerance::default(),
        );
        assert!(report.worst.is_nan());
        assert_eq!(report.element, 0);
    }
}
