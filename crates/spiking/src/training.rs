//! Training by backpropagation through time, in batches.

use std::ops::ControlFlow;

use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_numbers::streams;
use metaplast_tensor::{Random, Scalar};

use crate::architecture::SpikingArchitecture;
use crate::bptt::BackpropThroughTime;
use crate::clip::SpikeClips;
use crate::firing_rates::UnusualRate;
use crate::intrinsic::{IntrinsicPlasticity, above_bound, adapt, from_logarithm};
use crate::parameters::{ParameterPlace, SpikingParameters};

/// The purpose for which the order of clips is drawn, in the names of streams.
const ORDER: u64 = 2;
/// Clips that are tested at a time.
const TEST_BATCH: usize = 100;

/// How a network is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikingTraining {
    /// Passes over the training clips.
    pub epochs: usize,
    /// Clips of a batch.
    pub batch: usize,
    /// Adam's rate of the synapses at the beginning; it falls to zero along half a cosine wave.
    pub rate: f64,
    /// How the neurons' own parameters change.
    pub intrinsic: IntrinsicPlasticity,
    /// Whether synapses onto hidden neurons keep their random start; the readout learns.
    pub frozen: bool,
}

impl Default for SpikingTraining {
    /// 10 epochs in batches of 50 at 2·10⁻³, with BIP at 5·10⁻³.
    fn default() -> Self {
        SpikingTraining {
            epochs: 10,
            batch: 50,
            rate: 2e-3,
            intrinsic: IntrinsicPlasticity::Backpropagated { rate: 5e-3 },
            frozen: false,
        }
    }
}

/// A network in training, in single precision.
///
/// The same seed gives the same bits, on any number of threads.
///
/// ```
/// use metaplast_spiking::{GeneratedSpeech, SpikingArchitecture, SpikingTrainer, SpikingTraining};
///
/// let clips = GeneratedSpeech { recordings: 3, ..GeneratedSpeech::default() }.clips(1);
/// let split = clips.split_by_recording(1);
/// let architecture = SpikingArchitecture::scsr(clips.channels, &[20, 20], clips.classes.len());
/// let training = SpikingTraining { epochs: 2, ..SpikingTraining::default() };
/// let mut trainer = SpikingTrainer::new(&architecture, training, split.train.len(), 1);
/// let first = trainer.epoch(&clips, &split.train);
/// let second = trainer.epoch(&clips, &split.train);
/// assert!(second < first);
/// let tested = trainer.test(&clips, &split.test);
/// assert!(tested.accuracy > 0.1 && tested.rates.len() == 2);
/// ```
#[derive(Clone, Debug)]
pub struct SpikingTrainer {
    architecture: SpikingArchitecture,
    training: SpikingTraining,
    parameters: SpikingParameters<f32>,
    through_time: BackpropThroughTime<f32>,
    synapses: Adam<f32>,
    intrinsics: Adam<f32>,
    seed: u64,
    epochs: usize,
}

/// How a network does on clips.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikingTest {
    /// The part of the clips whose greatest logit is that of their class; NaN of no clips.
    pub accuracy: f64,
    /// The mean rate of each layer, in spikes per neuron and step.
    pub rates: Vec<f64>,
}

impl SpikingTest {
    /// Layers that are silent or saturated.
    #[must_use]
    pub fn unusual_rates(&self) -> Vec<UnusualRate> {
        UnusualRate::among(&self.rates)
    }
}

impl SpikingTrainer {
    /// A new network, drawn from the streams of a seed, to be trained with so many clips.
    ///
    /// # Panics
    /// When a batch has no clips, or a rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(
        architecture: &SpikingArchitecture,
        training: SpikingTraining,
        clips: usize,
        seed: u64,
    ) -> Self {
        assert!(training.batch > 0, "spiking trainer: a batch of 0 clips");
        let steps = (training.epochs * clips.div_ceil(training.batch)) as u64;
        let adam = |rate: f64| Adam::new(Schedule::cosine(rate, 0.0, steps));
        let intrinsic = match training.intrinsic {
            IntrinsicPlasticity::Backpropagated { rate } => rate,
            IntrinsicPlasticity::Fixed | IntrinsicPlasticity::Local(_) => 0.0,
        };
        SpikingTrainer {
            architecture: architecture.clone(),
            training,
            parameters: SpikingParameters::draw(architecture, seed),
            through_time: BackpropThroughTime::new(architecture),
            synapses: adam(training.rate),
            intrinsics: adam(intrinsic),
            seed,
            epochs: 0,
        }
    }

    /// The network as it is now.
    #[must_use]
    pub fn parameters(&self) -> &SpikingParameters<f32> {
        &self.parameters
    }

    /// Trains with each of these clips once, in an order drawn for this epoch: the mean loss of the
    /// batches, in nats.
    ///
    /// # Panics
    /// When a clip is not there, or has other channels or more classes than the network.
    #[track_caller]
    pub fn epoch(&mut self, clips: &SpikeClips, train: &[usize]) -> f64 {
        self.epoch_observed(clips, train, &mut |_| ControlFlow::Continue(()))
    }

    /// [`epoch`](Self::epoch) that shows each batch's loss to `after_batch`, which may break the epoch off:
    /// the mean loss of the batches that there were.
    ///
    /// # Panics
    /// As [`epoch`](Self::epoch).
    #[track_caller]
    pub fn epoch_observed(
        &mut self,
        clips: &SpikeClips,
        train: &[usize],
        after_batch: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> f64 {
        let name = [self.seed, ORDER, self.epochs as u64];
        let order = Random::new(streams::seed(&name)).permutation(train.len());
        self.epochs += 1;
        let mut losses = Vec::new();
        for batch in order.chunks(self.training.batch) {
            let places: Vec<usize> = batch.iter().map(|&k| train[k]).collect();
            let loss = self.step(clips, &places);
            losses.push(loss);
            if after_batch(loss).is_break() {
                break;
            }
        }
        metaplast_numbers::statistics::mean(&losses)
    }

    fn step(&mut self, clips: &SpikeClips, places: &[usize]) -> f64 {
        let (spikes, labels) = clips.batch::<f32>(places);
        let gradient = self
            .through_time
            .gradient(&self.parameters, &spikes, &labels);
        let learns = |place: ParameterPlace| {
            let hidden = place.layer.is_some() && !place.kind.is_intrinsic();
            !(self.training.frozen && hidden)
        };
        let pairs = self.parameters.tensors_mut().into_iter();
        let pairs = pairs.zip(gradient.by.tensors()).enumerate();
        for (number, ((place, tensor), (_, by))) in pairs {
            if !place.kind.is_intrinsic() {
                if learns(place) {
                    self.synapses.update(number, tensor.data_mut(), by.data());
                }
                continue;
            }
            if !matches!(
                self.training.intrinsic,
                IntrinsicPlasticity::Backpropagated { .. }
            ) {
                continue;
            }
            let above: Vec<f32> = tensor
                .data()
                .iter()
                .map(|&x| above_bound(place.kind, x))
                .collect();
            let mut logarithms: Vec<f32> = above.iter().map(|&x| Scalar::ln(x)).collect();
            let by: Vec<f32> = by
                .data()
                .iter()
                .zip(&above)
                .map(|(by, above)| by * above)
                .collect();
            self.intrinsics.update(number, &mut logarithms, &by);
            for (x, &logarithm) in tensor.data_mut().iter_mut().zip(&logarithms) {
                *x = from_logarithm(place.kind, logarithm);
            }
        }
        self.synapses.advance();
        self.intrinsics.advance();
        if let IntrinsicPlasticity::Local(rule) = &self.training.intrinsic {
            let through_time = &self.through_time;
            adapt(rule, &mut self.parameters, |layer| {
                through_time.rates(layer)
            });
        }
        f64::from(gradient.loss)
    }

    /// Tries the network on clips.
    ///
    /// # Panics
    /// As [`epoch`](Self::epoch).
    #[track_caller]
    pub fn test(&mut self, clips: &SpikeClips, test: &[usize]) -> SpikingTest {
        let mut right = 0;
        let mut rates = vec![0.0; self.architecture.layers.len()];
        for places in test.chunks(TEST_BATCH) {
            let (spikes, labels) = clips.batch::<f32>(places);
            let logits = self.through_time.logits(&self.parameters, &spikes);
            let answers = logits.argmax_axis(1);
            right += answers.iter().zip(&labels).filter(|(a, b)| a == b).count();
            for (layer, rate) in rates.iter_mut().enumerate() {
                let neurons = self.through_time.rates(layer);
                *rate += metaplast_numbers::statistics::mean(&neurons) * places.len() as f64;
            }
        }
        let count = test.len() as f64;
        SpikingTest {
            accuracy: right as f64 / count,
            rates: rates.iter().map(|rate| rate / count).collect(),
        }
    }

    /// Spikes of each layer for one clip, each `[steps, n]`.
    ///
    /// # Panics
    /// As [`epoch`](Self::epoch).
    #[track_caller]
    pub fn spikes(
        &mut self,
        clips: &SpikeClips,
        clip: usize,
    ) -> Vec<metaplast_tensor::Tensor<f32>> {
        let (spikes, _) = clips.batch::<f32>(&[clip]);
        let _ = self.through_time.logits(&self.parameters, &spikes);
        let sizes = self.architecture.layers.iter().enumerate();
        sizes
            .map(|(layer, &n)| self.through_time.spikes(layer).reshape([clips.steps, n]))
            .collect()
    }
}
