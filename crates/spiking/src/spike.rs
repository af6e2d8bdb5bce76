//! The spike and its slope as operations of the tape.
//!
//! ```text
//! s = H(x) or the soft twin of the slope;   x̄ += slope(x) s̄
//! ```

use std::f64::consts::PI;
use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Var};
use metaplast_tensor::{Scalar, Shape};

use crate::surrogate::{SpikeFunction, Surrogate};

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

/// The slope at membranes that are x = u − ϑ above their threshold, elementwise, as a value that can be
/// differentiated: three-factor rules read it. The shape is that of x.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_spiking::{Surrogate, spike_slope};
/// use metaplast_tensor::tensor;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![-0.2, 0.2]);
/// let slope = spike_slope(x, Surrogate::FAST_SIGMOID);
/// assert_eq!(slope.value(), tensor![0.25, 0.25]);
/// assert_eq!(slope.sum().backward().wrt(x).data(), &[1.25, -1.25]);
/// ```
#[must_use]
pub fn spike_slope<T: Scalar>(x: Var<'_, T>, surrogate: Surrogate) -> Var<'_, T> {
    let k = surrogate.steepness();
    match surrogate {
        Surrogate::FastSigmoid { .. } => (x.abs() * k + 1.0).powi(-2),
        Surrogate::Logistic { .. } => {
            let y = (x * k).sigmoid();
            y * (1.0 - y) * k
        }
        Surrogate::Triangular { .. } => (1.0 - x.abs() * k).relu() * k,
        Surrogate::Arctan { .. } => ((x * (PI * k)).square() + 1.0).powi(-1) * k,
    }
}
