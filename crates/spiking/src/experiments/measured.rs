//! One network, trained and tested.

use metaplast_experiment::{Error, ExperimentMonitor, ExperimentSettings, Measurement};

use super::condition::Condition;
use crate::clip::{ClipSplit, SpikeClips};
use crate::training::{SpikingTrainer, SpikingTraining};

/// Sizes and rates of every network.
#[derive(Clone, Debug)]
pub(super) struct Size {
    pub(super) layers: Vec<usize>,
    epochs: usize,
    batch: usize,
    rate: f64,
    intrinsic_rate: f64,
}

impl Size {
    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        Ok(Size {
            layers: layers(settings)?,
            epochs: settings.whole_within("epochs", 1..=100_000)? as usize,
            batch: settings.whole_within("batch", 1..=100_000)? as usize,
            rate: settings.positive("rate", 1.0)?,
            intrinsic_rate: settings.positive("intrinsic_rate", 1.0)?,
        })
    }
}

/// The setting `layers`: neurons of each layer.
pub(super) fn layers(settings: &ExperimentSettings) -> Result<Vec<usize>, Error> {
    let layers = settings.get_numbers("layers");
    let whole = |&n: &f64| (1.0..=100_000.0).contains(&n) && n.fract() == 0.0;
    if layers.is_empty() || !layers.iter().all(whole) {
        let reason =
            "neurons of each layer are whole numbers from 1 to 100000; give some such as 100,100";
        return Err(Error::setting("layers", reason));
    }
    Ok(layers.iter().map(|&n| n as usize).collect())
}

/// Trains and tests a network, and measures
///
/// - `accuracy`: on the test clips, after the last epoch;
/// - `accuracies`, `losses`: the same after each epoch, and the mean training loss in it, in nats;
/// - `rates`: of each layer on the test clips, in spikes per neuron and step;
/// - `synapses`, `intrinsic`: the numbers of parameters;
/// - `input`, `layer 1` …: step and neuron, in turn, of all spikes for the first test clip.
pub(super) fn measure(
    condition: Condition,
    size: &Size,
    (clips, split): (&SpikeClips, &ClipSplit),
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let architecture = condition.architecture(clips.channels, &size.layers, clips.classes.len());
    let training = SpikingTraining {
        epochs: size.epochs,
        batch: size.batch,
        rate: size.rate,
        intrinsic: condition.intrinsic(size.intrinsic_rate),
        frozen: condition.frozen,
    };
    let mut trainer = SpikingTrainer::new(&architecture, training, split.train.len(), seed);
    let (mut losses, mut accuracies) = (Vec::new(), Vec::new());
    let mut rates = Vec::new();
    for _ in 0..size.epochs {
        if monitor.stop_requested() {
            return Err(Error::interrupted());
        }
        losses.push(trainer.epoch(clips, &split.train));
        let tested = trainer.test(clips, &split.test);
        accuracies.push(tested.accuracy);
        rates = tested.rates;
    }
    let (all, intrinsic) = trainer.parameters().count();
    let last = accuracies[accuracies.len() - 1];
    let mut measured = Measurement::new()
        .with("accuracy", [last])
        .with("accuracies", accuracies)
        .with("losses", losses)
        .with("rates", rates)
        .with("synapses", [(all - intrinsic) as f64])
        .with("intrinsic", [intrinsic as f64]);
    let clip = split.test[0];
    let input = clips.clips[clip].spikes.iter().map(|&spike| spike != 0);
    measured.set("input", places(input, clips.channels));
    for (layer, spikes) in trainer.spikes(clips, clip).iter().enumerate() {
        let fired = spikes.data().iter().map(|&s| s > 0.0);
        measured.set(
            format!("layer {}", layer + 1),
            places(fired, spikes.dims()[1]),
        );
    }
    Ok(measured)
}

/// Step and neuron of each spike, in turn.
fn places(fired: impl Iterator<Item = bool>, neurons: usize) -> Vec<f64> {
    let places = fired.enumerate().filter(|(_, fired)| *fired);
    places
        .flat_map(|(place, _)| [(place / neurons) as f64, (place % neurons) as f64])
        .collect()
}
