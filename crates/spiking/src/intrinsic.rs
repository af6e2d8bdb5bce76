//! Learning of the neurons' own parameters: by backpropagation, by a local rule, or not at all.

use metaplast_tensor::Scalar;

use crate::parameters::{ParameterKind, SpikingParameters};
use crate::spikl_ip::SpiklIp;

/// How τm, τs and ϑ of the neurons, and τ of the readout, change in training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntrinsicPlasticity {
    /// They stay as they begin.
    Fixed,
    /// Backpropagated intrinsic plasticity (BIP, Zhang & Li 2021): by the gradient of the loss, like the
    /// weights, at a rate of their own. What is stepped is ln(τ − 1), which is the logit of 1 − 1/τ, and
    /// ln ϑ, so that τ > 1 and ϑ > 0 whatever the step.
    Backpropagated {
        /// Adam's rate at the beginning.
        rate: f64,
    },
    /// By each neuron's firing rate alone, after each batch. The rule's R is a gain of the neuron; a
    /// gain R/g times as large spikes as a threshold that is R/g times as small does, so ϑ/ϑ₀ is
    /// kept at g/R. The readout, which does not spike, stays as it is.
    Local(SpiklIp),
}

impl IntrinsicPlasticity {
    /// [`SpiklIp`] in units of this crate's networks of gain g: steps, and thresholds of 1; it wants
    /// a mean rate of 0.1 spikes a step.
    #[must_use]
    pub fn local(gain: f64) -> Self {
        IntrinsicPlasticity::Local(SpiklIp {
            threshold: 1.0,
            refractory: 0.0,
            rate: 0.01,
            inverse_mean: 10.0,
            quiet: 0.01,
            resistance: [gain / 8.0, gain * 8.0],
            time_constant: [2.0, 50.0],
        })
    }
}

/// τ − 1 of time constants and ϑ of thresholds: what the logarithm is taken of, which is also the
/// derivative of the parameter by that logarithm.
pub(crate) fn above_bound<T: Scalar>(kind: ParameterKind, value: T) -> T {
    match kind {
        ParameterKind::Threshold => value,
        _ => value - T::ONE,
    }
}

/// The other way.
pub(crate) fn from_logarithm<T: Scalar>(kind: ParameterKind, logarithm: T) -> T {
    match kind {
        ParameterKind::Threshold => logarithm.exp(),
        _ => T::ONE + logarithm.exp(),
    }
}

/// One update of all neurons by the local rule; `rates(layer)` are spikes a step of each neuron.
pub(crate) fn adapt<T: Scalar>(
    rule: &SpiklIp,
    gain: f64,
    parameters: &mut SpikingParameters<T>,
    rates: impl Fn(usize) -> Vec<f64>,
) {
    for (place, layer) in parameters.layers.iter_mut().enumerate() {
        let times = layer.membrane.data_mut().iter_mut();
        let thresholds = layer.threshold.data_mut().iter_mut();
        for ((time, threshold), y) in times.zip(thresholds).zip(rates(place)) {
            let resistance = gain * rule.threshold / threshold.to_f64();
            let [resistance, new_time] = rule.update(y, [resistance, time.to_f64()]);
            *time = T::from_f64(new_time);
            *threshold = T::from_f64(gain * rule.threshold / resistance);
        }
    }
}
