//! Training of spiking networks, in single precision.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;

use metaplast_runs::memory;
use metaplast_spiking::{
    GeneratedSpeech, IntrinsicPlasticity, ParameterKind, ParameterPlace, SpikeClip, SpikeClips,
    SpikeFunction, SpikingArchitecture, SpikingTrainer as Trainer, SpikingTraining, Surrogate,
    read_speech,
};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{of_run, value, without_lock};

/// A network in training.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct SpikingTrainer(Mutex<InTraining>);

struct InTraining {
    trainer: Trainer,
    clips: SpikeClips,
    architecture: SpikingArchitecture,
}

/// What a network is made of: layers, skips, self-loops, recurrence, and the slope of a spike.
type ArchitectureParts = (Vec<usize>, bool, bool, bool, String);
/// Epochs, clips of a batch, rate of the synapses, rate of the neurons' own parameters or how else they
/// change, and whether hidden synapses stay.
type TrainingParts = (usize, usize, f64, f64, String, bool);

/// Upper bound on neurons of a layer, against typing errors.
const MOST_NEURONS: usize = 100_000;

fn clips(
    spikes: &PyReadonlyArray3<'_, u8>,
    labels: Vec<usize>,
    classes: usize,
) -> PyResult<SpikeClips> {
    let view = spikes.as_array();
    let &[count, steps, channels] = view.shape() else {
        return Err(value("spikes: give clips by steps by channels"));
    };
    if count != labels.len() {
        let got = labels.len();
        return Err(value(format!("spikes of {count} clips, labels of {got}")));
    }
    if count > 0 && (steps == 0 || channels == 0) {
        return Err(value(format!(
            "spikes: clips of {steps} steps and {channels} channels"
        )));
    }
    if let Some(label) = labels.iter().find(|&&label| label >= classes) {
        return Err(value(format!("label {label}, but {classes} classes")));
    }
    let rows = view.outer_iter().zip(labels);
    let clips = rows.map(|(spikes, label)| SpikeClip {
        spikes: spikes.iter().map(|&spike| u8::from(spike != 0)).collect(),
        label,
        speaker: String::new(),
        recording: 0,
    });
    Ok(SpikeClips {
        steps,
        channels,
        classes: vec![String::new(); classes],
        clips: clips.collect(),
    })
}

fn architecture(
    parts: &ArchitectureParts,
    inputs: usize,
    outputs: usize,
) -> PyResult<SpikingArchitecture> {
    let (layers, skips, self_loops, recurrence, slope) = parts;
    let sizes = || layers.iter().chain([&inputs, &outputs]);
    if layers.is_empty() || sizes().any(|&size| !(1..=MOST_NEURONS).contains(&size)) {
        return Err(value(format!(
            "a network of {inputs} channels, layers {layers:?} and {outputs} classes; give 1 to {MOST_NEURONS} of each"
        )));
    }
    // Each weight with its gradient and Adam's two means.
    let mut weights = 0u64;
    let mut before = inputs;
    for &n in layers {
        let from = before + if *skips { inputs } else { 0 } + if *recurrence { n } else { 0 };
        weights += n as u64 * from as u64;
        before = n;
    }
    memory::check(16 * weights, "layers", "the network", "make it smaller")
        .map_err(|error| of_run(&error))?;
    let slope: Surrogate = slope
        .parse()
        .map_err(|error| value(format!("slope: {error}")))?;
    Ok(SpikingArchitecture {
        skips: *skips,
        self_loops: *self_loops,
        recurrence: *recurrence,
        spike: SpikeFunction::Hard(slope),
        ..SpikingArchitecture::feedforward(inputs, layers, outputs)
    })
}

fn training(parts: &TrainingParts) -> PyResult<SpikingTraining> {
    let &(epochs, batch, rate, intrinsic_rate, ref intrinsic, frozen) = parts;
    let positive = |name: &str, rate: f64| match rate >= 0.0 && rate.is_finite() {
        true => Ok(()),
        false => Err(value(format!("{name}: {rate}; give a number from 0 on"))),
    };
    positive("rate", rate)?;
    positive("intrinsic_rate", intrinsic_rate)?;
    if batch == 0 || epochs == 0 {
        return Err(value(format!(
            "{epochs} epochs in batches of {batch}; give at least 1"
        )));
    }
    let intrinsic = match &intrinsic[..] {
        "backpropagated" => IntrinsicPlasticity::Backpropagated {
            rate: intrinsic_rate,
        },
        "local" => IntrinsicPlasticity::LOCAL,
        "fixed" => IntrinsicPlasticity::Fixed,
        other => {
            return Err(value(format!(
                "intrinsic: {other}; choose backpropagated, local or fixed"
            )));
        }
    };
    Ok(SpikingTraining {
        epochs,
        batch,
        rate,
        intrinsic,
        frozen,
    })
}

#[pymethods]
impl SpikingTrainer {
    /// A new network and the clips with which it is trained.
    #[new]
    fn new(
        py: Python<'_>,
        spikes: PyReadonlyArray3<'_, u8>,
        labels: Vec<usize>,
        classes: usize,
        network: ArchitectureParts,
        training: TrainingParts,
        seed: u64,
    ) -> PyResult<Self> {
        let clips = clips(&spikes, labels, classes)?;
        if clips.clips.is_empty() {
            return Err(value("spikes: no clips to train with"));
        }
        let architecture = architecture(&network, clips.channels, classes)?;
        let training = self::training(&training)?;
        let trainer = without_lock(py, || {
            Trainer::new(&architecture, training, clips.clips.len(), seed)
        })?;
        Ok(SpikingTrainer(Mutex::new(InTraining {
            trainer,
            clips,
            architecture,
        })))
    }

    /// Trains with each clip once: the mean loss of the batches, in nats.
    fn epoch(&self, py: Python<'_>) -> PyResult<f64> {
        let mut network = self.0.lock().map_err(value)?;
        let InTraining { trainer, clips, .. } = &mut *network;
        let all: Vec<usize> = (0..clips.clips.len()).collect();
        let mut interrupted = None;
        let mut after_batch = |_| match Python::attach(|py| py.check_signals()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                interrupted = Some(error);
                ControlFlow::Break(())
            }
        };
        let loss = without_lock(py, || trainer.epoch_observed(clips, &all, &mut after_batch))?;
        interrupted.map_or(Ok(loss), Err)
    }

    /// Accuracy on other clips, and the mean rate of each layer in spikes per neuron and step.
    fn test(
        &self,
        py: Python<'_>,
        spikes: PyReadonlyArray3<'_, u8>,
        labels: Vec<usize>,
    ) -> PyResult<(f64, Vec<f64>)> {
        let mut network = self.0.lock().map_err(value)?;
        let InTraining {
            trainer,
            architecture,
            ..
        } = &mut *network;
        let clips = clips(&spikes, labels, architecture.outputs)?;
        if !clips.clips.is_empty() && clips.channels != architecture.inputs {
            return Err(value(format!(
                "spikes of {} channels, but the network has {}",
                clips.channels, architecture.inputs
            )));
        }
        let all: Vec<usize> = (0..clips.clips.len()).collect();
        let tested = without_lock(py, || trainer.test(&clips, &all))?;
        Ok((tested.accuracy, tested.rates))
    }

    /// Every tensor by its name, such as `layer 1: threshold`.
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let network = self.0.lock().map_err(value)?;
        let found = PyDict::new(py);
        for (place, tensor) in network.trainer.parameters().tensors() {
            let flat = PyArray1::from_slice(py, tensor.data());
            found.set_item(name(place), flat.reshape(tensor.dims().to_vec())?)?;
        }
        Ok(found)
    }
}

fn name(place: ParameterPlace) -> String {
    let kind = match place.kind {
        ParameterKind::Weights => "weights",
        ParameterKind::Skip => "skip",
        ParameterKind::SelfLoop => "self_loop",
        ParameterKind::Recurrent => "recurrent",
        ParameterKind::MembraneTime => "membrane_time",
        ParameterKind::SynapseTime => "synapse_time",
        ParameterKind::Threshold => "threshold",
    };
    match place.layer {
        Some(layer) => format!("layer.{}.{kind}", layer + 1),
        None => format!("readout.{kind}"),
    }
}

/// Clips as a dictionary: spikes, flat, with their extents; labels, classes, speakers and recordings.
fn to_dict<'py>(py: Python<'py>, clips: SpikeClips) -> PyResult<Bound<'py, PyDict>> {
    let count = clips.clips.len();
    let mut spikes = Vec::with_capacity(count * clips.steps * clips.channels);
    let (mut labels, mut speakers, mut recordings) = (Vec::new(), Vec::new(), Vec::new());
    for clip in clips.clips {
        spikes.extend_from_slice(&clip.spikes);
        labels.push(clip.label as i64);
        speakers.push(clip.speaker);
        recordings.push(clip.recording as i64);
    }
    let spikes = PyArray1::from_vec(py, spikes);
    let found = PyDict::new(py);
    let dims = [count, clips.steps, clips.channels];
    found.set_item("spikes", spikes.reshape(dims)?)?;
    found.set_item("labels", PyArray1::from_vec(py, labels))?;
    found.set_item("classes", clips.classes)?;
    found.set_item("speakers", speakers)?;
    found.set_item("recordings", PyArray1::from_vec(py, recordings))?;
    Ok(found)
}

/// Clips of a directory of WAV files.
#[pyfunction]
pub(crate) fn speech(py: Python<'_>, directory: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let clips = without_lock(py, || read_speech(&directory))?;
    to_dict(py, clips.map_err(value)?)
}

/// Generated clips.
#[pyfunction]
pub(crate) fn generated_speech(
    py: Python<'_>,
    speakers: usize,
    recordings: usize,
    noise: f64,
    seed: u64,
) -> PyResult<Bound<'_, PyDict>> {
    if !(1..=1000).contains(&speakers) || !(1..=1000).contains(&recordings) {
        return Err(value(format!(
            "{speakers} speakers, {recordings} recordings; give 1 to 1000"
        )));
    }
    if !(noise >= 0.0 && noise.is_finite()) {
        return Err(value(format!("noise: {noise}; give a number from 0 on")));
    }
    // Every digit, and a copy for the interpreter.
    let bytes = 2 * (speakers * recordings * 10 * 64 * 40) as u64;
    memory::check(bytes, "recordings", "that many", "ask for fewer")
        .map_err(|error| of_run(&error))?;
    let speech = GeneratedSpeech {
        speakers,
        recordings,
        noise,
    };
    let clips = without_lock(py, || speech.clips(seed))?;
    to_dict(py, clips)
}
