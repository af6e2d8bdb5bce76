//! The spike as an operation of the tape.
//!
//! ```text
//! s = H(x) or the soft twin of the slope;   x̄ += slope(x) s̄
//! ```

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Var};
use metaplast_tensor::{Scalar, Shape};

use crate::surrogate::SpikeFunction;

/// Operand: x = u − ϑ.
#[derive(Debug)]
struct Spike(SpikeFunction);

impl<T: Scalar> Op<T> for Spike {
    fn name(&self) -> &'static str {
        "spike"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for (s, &x) in output.iter_mut().zip(inputs.value(0)) {
            *s = self.0.value(x);
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        if let Some(dx) = adjoints.of(0) {
            let surrogate = self.0.surrogate();
            for ((dx, &ds), &x) in dx.iter_mut().zip(output_adjoint).zip(inputs.value(0)) {
                *dx += surrogate.slope(x) * ds;
            }
        }
    }
}

/// Spikes of membranes that are x = u − ϑ above their threshold, elementwise; the shape is that of x.
///
/// Forward and reverse mode both use the slope, so they agree with each other; with finite differences
/// they agree for [`SpikeFunction::Soft`] alone.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_spiking::{SpikeFunction, Surrogate, spike};
/// use metaplast_tensor::tensor;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![-0.2, 0.2]);
/// let s = spike(x, SpikeFunction::Hard(Surrogate::FAST_SIGMOID));
/// assert_eq!(s.value(), tensor![0.0, 1.0]);
/// assert_eq!(s.sum().backward().wrt(x).data(), &[0.25, 0.25]);
/// ```
#[must_use]
pub fn spike<T: Scalar>(x: Var<'_, T>, function: SpikeFunction) -> Var<'_, T> {
    x.tape().custom(Arc::new(Spike(function)), &[x])
}
