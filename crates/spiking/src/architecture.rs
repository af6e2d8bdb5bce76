//! What a spiking network is made of, and its equations.

use crate::surrogate::{SpikeFunction, Surrogate};

/// What a spike does to the membrane before the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// To zero: u ← u (1 − s).
    Hard,
    /// Down by the threshold: u ← u − ϑ s. What is above the threshold is kept.
    Soft,
}

/// Layers of leaky integrate-and-fire neurons and a leaky readout. With t the step, l = 1 … L the layer:
///
/// ```text
/// i_l[t] = W_l a_(l−1)[t] + S_l x[t] + r_l ⊙ a_l[t−1] + V_l a_l[t−1]
/// u_l[t] = (1 − 1/τm_l) ⊙ reset(u_l[t−1], s_l[t−1]) + (g/τm_l) ⊙ i_l[t]
/// s_l[t] = H(u_l[t] − ϑ_l)
/// a_l[t] = (1 − 1/τs_l) ⊙ a_l[t−1] + s_l[t]/τs_l
/// o[t]   = (1 − 1/τo) ⊙ o[t−1] + (g_o/τo) ⊙ (W_o a_L[t] + S_o a_1[t])
/// logits = mean of o[t] over t
/// ```
///
/// The first layer sees the input spikes x themselves, as a_0. All starts at zero. S, r and V are there
/// as [`skips`](Self::skips), [`self_loops`](Self::self_loops) and [`recurrence`](Self::recurrence)
/// say; S_l from the second layer on, S_o where there are at least two layers. τm, τs, ϑ and τo are
/// one for each neuron, in steps and in units of the membrane. The reset is differentiated too.
///
/// Skips and self-loops are those of Zhang & Li, *Skip-connected self-recurrent spiking neural
/// networks with joint intrinsic parameter and synaptic weight training*, Neural Computation 33(7):1886
/// (2021), whose discrete equations are not given in its abstract: these are our own.
///
/// ```
/// use metaplast_spiking::SpikingArchitecture;
///
/// let scsr = SpikingArchitecture::scsr(40, &[100, 100], 10);
/// assert!(scsr.skips && scsr.self_loops && !scsr.recurrence);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SpikingArchitecture {
    /// Input channels.
    pub inputs: usize,
    /// Neurons of each layer, the first first; at least one layer.
    pub layers: Vec<usize>,
    /// Outputs.
    pub outputs: usize,
    /// Whether later layers see the input too, and the readout the first layer.
    pub skips: bool,
    /// Whether each neuron has a synapse onto itself.
    pub self_loops: bool,
    /// Whether each neuron has a synapse onto every one of its layer.
    pub recurrence: bool,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// Gain g of the membranes.
    pub gain: f64,
    /// Gain g_o of the readout.
    pub readout_gain: f64,
    /// What spikes, and with which slope.
    pub spike: SpikeFunction,
}

impl SpikingArchitecture {
    /// Layers in a row: hard reset, g = 3, g_o = 10, H with [`Surrogate::FAST_SIGMOID`].
    ///
    /// # Panics
    /// When there is no layer, or nothing in one.
    #[must_use]
    #[track_caller]
    pub fn feedforward(inputs: usize, layers: &[usize], outputs: usize) -> Self {
        let sizes = || [inputs, outputs].into_iter().chain(layers.iter().copied());
        assert!(
            !layers.is_empty() && sizes().all(|size| size > 0),
            "spiking architecture: {inputs} inputs, layers {layers:?}, {outputs} outputs"
        );
        SpikingArchitecture {
            inputs,
            layers: layers.to_vec(),
            outputs,
            skips: false,
            self_loops: false,
            recurrence: false,
            reset: Reset::Hard,
            gain: 3.0,
            readout_gain: 10.0,
            spike: SpikeFunction::Hard(Surrogate::FAST_SIGMOID),
        }
    }

    /// With skips and self-loops, otherwise as [`feedforward`](Self::feedforward).
    ///
    /// # Panics
    /// As [`feedforward`](Self::feedforward).
    #[must_use]
    #[track_caller]
    pub fn scsr(inputs: usize, layers: &[usize], outputs: usize) -> Self {
        SpikingArchitecture {
            skips: true,
            self_loops: true,
            ..Self::feedforward(inputs, layers, outputs)
        }
    }

    /// Inputs of the layer at this place, counted from 0.
    #[must_use]
    pub fn inputs_of(&self, layer: usize) -> usize {
        match layer {
            0 => self.inputs,
            layer => self.layers[layer - 1],
        }
    }

    /// Whether the layer at this place, counted from 0, sees the input by a skip.
    #[must_use]
    pub fn has_skip(&self, layer: usize) -> bool {
        self.skips && layer > 0
    }

    /// Whether the readout sees the first layer by a skip.
    #[must_use]
    pub fn has_readout_skip(&self) -> bool {
        self.skips && self.layers.len() > 1
    }

    /// Neurons of the last layer.
    #[must_use]
    pub(crate) fn last(&self) -> usize {
        self.layers[self.layers.len() - 1]
    }
}
