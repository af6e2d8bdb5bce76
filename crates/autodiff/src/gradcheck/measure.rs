//! Derivatives that a check compares, each computed in its own way.

use metaplast_tensor::Tensor;

use super::directions::Directions;
use super::report::{Checked, Finding, Tolerance};
use super::suspect::suspect;
use crate::{Dual, Tape, Var};

/// Derivatives of one input each, row-major.
type PerInput = Vec<Vec<f64>>;

/// The function that is checked. Behind a reference, so that the check is compiled once and not for each function.
pub(super) type Checkable<'a> = &'a dyn for<'t> Fn(&[Var<'t, Checked>]) -> Var<'t, Checked>;

/// A function at a point, with the random directions along which it is looked at.
pub(super) struct Measured<'a> {
    tape: Tape<Checked>,
    inputs: &'a [Tensor<f64>],
    f: Checkable<'a>,
    /// The direction of the tangents.
    along: PerInput,
    /// The direction on which the result is projected.
    seed: Tensor<Checked>,
    /// The projected result's tangent along `along`.
    tangent: f64,
    gradient: PerInput,
    gradient_tangent: PerInput,
    name: String,
    suspect: Option<String>,
}

impl<'a> Measured<'a> {
    pub(super) fn new(inputs: &'a [Tensor<f64>], tolerance: Tolerance, f: Checkable<'a>) -> Self {
        let mut directions = Directions::new();
        let along: PerInput = inputs.iter().map(|x| directions.take(x.len())).collect();
        let tape = Tape::new();
        let vars = place(&tape, inputs, &along, 0.0);
        let output = f(&vars);
        let name = output.made_by().to_owned();
        let suspect = suspect(output, tolerance.forward);
        let shape = output.shape();
        let seed = directions.take(shape.len());
        let seed = Tensor::new(shape, seed.into_iter().map(Dual::constant).collect());
        let tangent = output.with(|y| project(y, &seed).tangent()[0]);
        let duals = sweep(output, &vars, &seed);
        let part = |of: fn(&Checked) -> f64| duals.iter().map(move |x| x.iter().map(of).collect());
        let gradient = part(|g| g.value()).collect();
        let gradient_tangent = part(|g| g.tangent()[0]).collect();
        Measured {
            tape,
            inputs,
            f,
            along,
            seed,
            tangent,
            gradient,
            gradient_tangent,
            name,
            suspect,
        }
    }

    /// The operation that made the result.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// The first operation that is wrong by itself.
    pub(super) fn suspect(&self) -> Option<String> {
        self.suspect.clone()
    }

    /// The reverse gradient.
    pub(super) fn gradient(&self) -> &PerInput {
        &self.gradient
    }

    /// Its derivative along the direction, forward over reverse.
    pub(super) fn gradient_tangent(&self) -> &PerInput {
        &self.gradient_tangent
    }

    /// Finite differences of the projected value by every element.
    pub(super) fn value_differences(&self) -> PerInput {
        let each = |input: usize| {
            let elements = 0..self.inputs[input].len();
            elements.map(move |element| {
                let x = self.inputs[input].data()[element];
                let h = 1e-3 * x.abs().max(1.0);
                let at = |offset: f64| {
                    let mut moved = self.inputs.to_vec();
                    moved[input].data_mut()[element] = x + offset;
                    self.value(&moved)
                };
                (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
            })
        };
        let inputs = 0..self.inputs.len();
        inputs.map(|input| each(input).collect()).collect()
    }

    /// Finite differences of the reverse gradient along the direction.
    pub(super) fn gradient_differences(&self) -> PerInput {
        let h = 1e-3;
        let at = |offset: f64| -> PerInput {
            self.tape.reset();
            let vars = place(&self.tape, self.inputs, &self.along, offset);
            let duals = sweep((self.f)(&vars), &vars, &self.seed);
            let values = duals.iter().map(|x| x.iter().map(|g| g.value()).collect());
            values.collect()
        };
        let (near, far) = ((at(h), at(-h)), (at(2.0 * h), at(-2.0 * h)));
        let mut differences = near.0;
        for (i, input) in differences.iter_mut().enumerate() {
            for (e, d) in input.iter_mut().enumerate() {
                *d = (8.0 * (*d - near.1[i][e]) - (far.0[i][e] - far.1[i][e])) / (12.0 * h);
            }
        }
        differences
    }

    /// Relative error of the gradient's part along the direction against the tangent.
    pub(super) fn forward_error(&self, gradient: &PerInput, tolerance: Tolerance) -> f64 {
        let pairs = self.along.iter().flatten().zip(gradient.iter().flatten());
        let (mut inner, mut size) = (0.0, 0.0);
        for (d, g) in pairs {
            inner += d * g;
            size += (d * g).abs();
        }
        (inner - self.tangent).abs() / size.max(tolerance.floor)
    }

    fn value(&self, inputs: &[Tensor<f64>]) -> f64 {
        self.tape.reset();
        let vars: Vec<_> = inputs
            .iter()
            .map(|x| self.tape.constant(&x.map(Dual::constant)))
            .collect();
        (self.f)(&vars).with(|y| project(y, &self.seed).value())
    }
}

/// The inputs, moved by `offset` along the direction that is also their tangent.
fn place<'t>(
    tape: &'t Tape<Checked>,
    inputs: &[Tensor<f64>],
    along: &PerInput,
    offset: f64,
) -> Vec<Var<'t, Checked>> {
    let inputs = inputs.iter().zip(along);
    inputs
        .map(|(x, along)| {
            let data = x.data().iter().zip(along);
            let data = data.map(|(&x, &d)| Dual::new(x + offset * d, [d]));
            tape.var(&Tensor::new(x.shape().clone(), data.collect()))
        })
        .collect()
}

#[cfg_attr(not(debug_assertions), inline)]
fn sweep(
    output: Var<'_, Checked>,
    vars: &[Var<'_, Checked>],
    seed: &Tensor<Checked>,
) -> Vec<Vec<Checked>> {
    let gradients = output.backward_with(seed);
    vars.iter().map(|&x| gradients.wrt(x).into_data()).collect()
}

fn project(y: &[Checked], seed: &Tensor<Checked>) -> Checked {
    let (mut value, mut tangent) = (0.0, 0.0);
    for (y, s) in y.iter().zip(seed.data()) {
        // Not by a product of duals, whose tangent is NaN where the value is infinite.
        value += y.value() * s.value();
        tangent += y.tangent()[0] * s.value();
    }
    Dual::new(value, [tangent])
}

/// The worst element.
pub(super) fn compare(
    derivative: &PerInput,
    difference: &PerInput,
    tolerance: Tolerance,
) -> Finding {
    let mut worst = Finding::default();
    for (input, (derivative, difference)) in derivative.iter().zip(difference).enumerate() {
        let size = difference
            .iter()
            .fold(tolerance.floor, |size, d| size.max(d.abs()));
        for (element, (&derivative, &difference)) in derivative.iter().zip(difference).enumerate() {
            let error = (derivative - difference).abs() / size;
            // NaN counts as the worst, and once found it stays: nothing is greater than it.
            if error.is_nan() || error > worst.error {
                worst = Finding {
                    error,
                    input,
                    element,
                    derivative,
                    difference,
                };
            }
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_element_is_not_hidden_by_a_good_one() {
        let worst = compare(
            &vec![vec![f64::NAN, 1.0]],
            &vec![vec![1.0, 1.0]],
            Tolerance::default(),
        );
        assert!(worst.error.is_nan());
        assert_eq!(worst.element, 0);
    }
}
