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
    /// By each neuron's mean firing rate in a batch alone, after each batch. The rule's R is relative to
    /// the network's gain: a resistance R times as large spikes as a threshold that is R times as
    /// small does, so ϑ = ϑ₀/R with the rule's ϑ₀. The readout, which does not spike, stays as it is.
    Local(SpiklIp),
}

impl IntrinsicPlasticity {
    /// [`SpiklIp`] in units of this crate's networks: steps, and thresholds and resistances of 1.
    ///
    /// The rule was made for membranes that remember several spikes, yτ well above ½. New neurons here
    /// remember 5 steps and spike in a tenth of them; at that, R falls wherever a neuron counts as
    /// active. So neurons count as silent, and gain resistance, below 0.1 spikes a step, near which
    /// rates settle.
    pub const LOCAL: Self = IntrinsicPlasticity::Local(SpiklIp {
        threshold: 1.0,
        refractory: 0.0,
        rate: 0.01,
        inverse_mean: 10.0,
        quiet: 0.1,
        resistance: [0.125, 8.0],
        time_constant: [2.0, 50.0],
    });
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
    parameters: &mut SpikingParameters<T>,
    rates: impl Fn(usize) -> Vec<f64>,
) {
    for (place, layer) in parameters.layers.iter_mut().enumerate() {
        let times = layer.membrane.data_mut().iter_mut();
        let thresholds = layer.threshold.data_mut().iter_mut();
        for ((time, threshold), y) in times.zip(thresholds).zip(rates(place)) {
            let resistance = rule.threshold / threshold.to_f64();
            let [resistance, new_time] = rule.update(y, [resistance, time.to_f64()]);
            *time = T::from_f64(new_time);
            *threshold = T::from_f64(rule.threshold / resistance);
        }
    }
}
