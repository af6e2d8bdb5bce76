//! Spiking networks with skips and self-loops (ScSr-SNN), whose neurons' own time constants and thresholds
//! are trained by backpropagation (BIP).
//!
//! The ideas are those of W. Zhang and P. Li, *Skip-connected self-recurrent spiking neural networks with
//! joint intrinsic parameter and synaptic weight training*, Neural Computation 33(7):1886 (2021), arXiv
//! 2010.12691. Of the article only the abstract could be read: the discrete equations, at
//! [`SpikingArchitecture`], are this crate's own.
//!
//! | module's job | types |
//! |---|---|
//! | what a network is | [`SpikingArchitecture`], [`Reset`], [`SpikingParameters`] |
//! | spikes and their slopes | [`SpikeFunction`], [`Surrogate`], [`spike()`], [`spike_slope`], [`TsslBp`] |
//! | gradients | [`BackpropThroughTime`] for training, [`RecordedNetwork`] for anything, [`scan_gradient`] for long inputs |
//! | learning of the neurons' own parameters | [`IntrinsicPlasticity`], [`SpiklIp`] |
//! | learning clip by clip by three-factor rules, and gradients through it | [`PlasticSpikingNetwork`], [`three_factor_signals`], [`draw_teaching_weights`] |
//! | training | [`SpikingTrainer`], [`SpikingTraining`], [`SpikingTest`], [`UnusualRate`] |
//! | data | [`SpikeClips`], [`ClipSplit`], [`GeneratedSpeech`], [`read_speech`], [`MelFrontEnd`], [`read_events`] |

mod architecture;
mod bptt;
mod clip;
pub mod experiments;
mod firing_rates;
mod intrinsic;
mod neuron_pass;
mod parameters;
mod plastic;
mod recorded;
mod speech;
mod spike;
mod spikl_ip;
mod surrogate;
mod synapses;
mod training;
mod tsslbp;

pub use architecture::{Reset, SpikingArchitecture};
pub use bptt::{BackpropThroughTime, BatchGradient};
pub use clip::{ClipSplit, SpikeClip, SpikeClips};
pub use firing_rates::{USEFUL_RATES, UnusualRate};
pub use intrinsic::IntrinsicPlasticity;
pub use parameters::{
    LayerParameters, ParameterKind, ParameterPlace, ReadoutParameters, SpikingParameters,
};
pub use plastic::{PlasticSpikingNetwork, draw_teaching_weights, three_factor_signals};
pub use recorded::{LayerState, RecordedNetwork, RecordedState, scan_gradient};
pub use speech::{
    GeneratedSpeech, MelFrontEnd, Sound, SpeechError, read_events, read_speech, read_wav,
    write_events,
};
pub use spike::{spike, spike_slope};
pub use spikl_ip::SpiklIp;
pub use surrogate::{SpikeFunction, Surrogate};
pub use training::{SpikingTest, SpikingTrainer, SpikingTraining};
pub use tsslbp::TsslBp;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
