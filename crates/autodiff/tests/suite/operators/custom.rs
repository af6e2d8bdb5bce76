//! Operations defined outside the crate.

use std::sync::Arc;

use metaplast_autodiff::gradcheck::{Checked, Gradcheck};
use metaplast_autodiff::operators::{hvp, jvp};
use metaplast_autodiff::{Adjoints, Dual, Inputs, Op, Tape};
use metaplast_tensor::{Scalar, Shape, Tensor, tensor};

/// `y = x₀ x₁²`, elementwise, for any scalar type.
#[derive(Debug)]
struct Generic;

impl<T: Scalar> Op<T> for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert!(
            operands[0] == operands[1],
            "generic: {} and {}",
            operands[0],
            operands[1]
        );
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let pairs = inputs.value(0).iter().zip(inputs.value(1));
        for (y, (&a, &b)) in output.iter_mut().zip(pairs) {
            *y = a * b * b;
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        let (a, b) = (inputs.value(0), inputs.value(1));
        if let Some(da) = adjoints.of(0) {
            (0..dy.len()).for_each(|i| da[i] += dy[i] * b[i] * b[i]);
        }
        if let Some(db) = adjoints.of(1) {
            (0..dy.len()).for_each(|i| db[i] += dy[i] * T::from_f64(2.0) * a[i] * b[i]);
        }
    }
}

#[test]
fn a_generic_operation_has_every_mode() {
    let x = [tensor![0.5, -1.5], tensor![2.0, 0.3]];
    let check = Gradcheck::new().second_order();
    let report = check.run(&x, |x| x[0].tape().custom(Arc::new(Generic), x));
    assert!(report.passed, "{report}");
    assert_eq!(report.label, "generic");
}

/// A function that only exists for `f64`, as one from a foreign library would: its forward mode is
/// given by hand, as the forward on dual numbers.
#[derive(Debug)]
struct Foreign;

fn foreign(x: f64) -> (f64, f64, f64) {
    (
        x.atan(),
        1.0 / (1.0 + x * x),
        -2.0 * x / (1.0 + x * x).powi(2),
    )
}

impl Op<f64> for Foreign {
    fn name(&self) -> &'static str {
        "atan"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, f64>, output: &mut [f64]) {
        for (y, &x) in output.iter_mut().zip(inputs.value(0)) {
            *y = foreign(x).0;
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, f64>,
        _: &[f64],
        dy: &[f64],
        adjoints: &mut Adjoints<'_, f64>,
    ) {
        let Some(dx) = adjoints.of(0) else { return };
        for ((dx, &dy), &x) in dx.iter_mut().zip(dy).zip(inputs.value(0)) {
            *dx += foreign(x).1 * dy;
        }
    }
}

impl Op<Checked> for Foreign {
    fn name(&self) -> &'static str {
        "atan"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    /// The jvp: ẏ = f'(x) ẋ.
    fn forward(&self, inputs: &Inputs<'_, Checked>, output: &mut [Checked]) {
        for (y, &x) in output.iter_mut().zip(inputs.value(0)) {
            let (value, slope, _) = foreign(x.value());
            *y = Dual::new(value, x.tangent().map(|t| slope * t));
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, Checked>,
        _: &[Checked],
        dy: &[Checked],
        adjoints: &mut Adjoints<'_, Checked>,
    ) {
        let Some(dx) = adjoints.of(0) else { return };
        for ((dx, &dy), &x) in dx.iter_mut().zip(dy).zip(inputs.value(0)) {
            let (_, slope, curvature) = foreign(x.value());
            *dx += Dual::new(slope, x.tangent().map(|t| curvature * t)) * dy;
        }
    }
}

#[test]
fn an_operation_for_plain_numbers_with_a_jvp_by_hand() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![1.0]);
    let y = tape.custom(Arc::new(Foreign), &[x]);
    assert_eq!(y.backward().wrt(x), tensor![0.5]);
    let (_, tangent) = jvp(
        |x| x[0].tape().custom(Arc::new(Foreign), x),
        &[tensor![1.0]],
        &[tensor![3.0]],
    );
    assert_eq!(tangent, tensor![1.5]);
    let product = hvp(
        |x| x[0].tape().custom(Arc::new(Foreign), x).sum(),
        &[tensor![1.0]],
        &[tensor![1.0]],
    );
    assert_eq!(product[0], tensor![-0.5]);
    let report = Gradcheck::new()
        .second_order()
        .run(&[Tensor::full([2, 2], 0.3)], |x| {
            x[0].tape().custom(Arc::new(Foreign), x)
        });
    assert!(report.passed, "{report}");
}
