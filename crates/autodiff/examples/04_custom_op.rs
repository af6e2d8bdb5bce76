//! An operation of one's own: a value, a derivative, and every operator works on it.
//!
//! The root of Kepler's equation `E − e sin E = M`, the eccentric anomaly of an orbit, is found by
//! iteration. The tape need not see the iteration: the implicit function theorem gives
//!
//! ```text
//! ∂E/∂M = 1 / (1 − e cos E)      ∂E/∂e = sin E / (1 − e cos E)
//! ```
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 04_custom_op
//! ```

use std::sync::Arc;

use metaplast_autodiff::gradcheck::Gradcheck;
use metaplast_autodiff::{Adjoints, Inputs, Op, Tape, Var};
use metaplast_tensor::{Scalar, Shape, tensor};

/// Operands: mean anomalies `M` and eccentricities `e`, of one shape.
#[derive(Debug)]
struct Kepler;

/// Generic over the number type: on dual numbers the same code is forward mode and second order.
impl<T: Scalar> Op<T> for Kepler {
    fn name(&self) -> &'static str {
        "kepler"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (m, e) = (operands[0], operands[1]);
        assert!(m == e, "kepler: anomalies {m}, eccentricities {e}");
        m.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let operands = inputs.value(0).iter().zip(inputs.value(1));
        for (y, (&m, &e)) in output.iter_mut().zip(operands) {
            // Newton's steps bring tangents along; they are exact once the value is.
            *y = m + e * m.sin();
            for _ in 0..12 {
                *y -= (*y - e * y.sin() - m) / (T::ONE - e * y.cos());
            }
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, y: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        let e = inputs.value(1);
        let slope = |i: usize| T::ONE / (T::ONE - e[i] * y[i].cos());
        // `None` where that operand's gradient is not needed; and one adds, never assigns.
        if let Some(dm) = adjoints.of(0) {
            (0..y.len()).for_each(|i| dm[i] += dy[i] * slope(i));
        }
        if let Some(de) = adjoints.of(1) {
            (0..y.len()).for_each(|i| de[i] += dy[i] * y[i].sin() * slope(i));
        }
    }
}

fn kepler<'t, T: Scalar>(m: Var<'t, T>, e: Var<'t, T>) -> Var<'t, T> {
    m.tape().custom(Arc::new(Kepler), &[m, e])
}

fn main() {
    let (m, e) = (tensor![0.5, 1.5, 2.5], tensor![0.1, 0.5, 0.9]);
    let tape = Tape::new();
    let (m_var, e_var) = (tape.var(&m), tape.var(&e));
    let anomaly = kepler(m_var, e_var);
    let gradients = anomaly.sum().backward();
    println!("E      {:.6?}", anomaly.value().data());
    println!("∂E/∂M  {:.6?}", gradients.wrt(m_var).data());
    println!("∂E/∂e  {:.6?}", gradients.wrt(e_var).data());

    let check = Gradcheck::new().second_order();
    let report = check.run(&[m, e], |x| kepler(x[0], x[1]));
    println!("\n{report}");
    assert!(report.passed);
}
