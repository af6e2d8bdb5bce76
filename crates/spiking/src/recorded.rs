//! A spiking network on a tape, step by step.

use metaplast_autodiff::scan::{Moment, Outcome, Policy, Recurrence, Start, scan_recurrence};
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Scalar, Tensor};

use crate::architecture::{Reset, SpikingArchitecture};
use crate::clip::check_batch;
use crate::parameters::SpikingParameters;
use crate::spike::spike;
use crate::synapses::Synapses;

/// What a layer hands from step to step, each `[batch, n]`; `[n]` in a network that learns from single clips.
#[derive(Clone, Copy, Debug)]
pub struct LayerState<'t, T: Scalar> {
    /// Membranes u.
    pub membrane: Var<'t, T>,
    /// Spikes s.
    pub spikes: Var<'t, T>,
    /// Traces a.
    pub trace: Var<'t, T>,
}

/// What a network hands from step to step.
#[derive(Clone, Debug)]
pub struct RecordedState<'t, T: Scalar> {
    /// Of each layer.
    pub layers: Vec<LayerState<'t, T>>,
    /// The readout o, `[batch, outputs]`.
    pub readout: Var<'t, T>,
    /// The sum of o over the steps so far.
    pub sum: Var<'t, T>,
}

/// A layer's parameters on the tape, and what steps need of them.
#[derive(Clone, Debug)]
pub(crate) struct RecordedLayer<'t, T: Scalar> {
    pub(crate) weights: Synapses<'t, T>,
    pub(crate) skip: Option<Synapses<'t, T>>,
    self_loop: Option<Var<'t, T>>,
    pub(crate) recurrent: Option<Synapses<'t, T>>,
    keep: Var<'t, T>,
    drive: Var<'t, T>,
    trace_keep: Var<'t, T>,
    trace_drive: Var<'t, T>,
    pub(crate) threshold: Var<'t, T>,
}

/// A spiking network on a tape; the equations stand at [`SpikingArchitecture`].
///
/// It differentiates anything by anything, in any number type: the way to losses of one's own, second
/// derivatives and checks. For training, [`BackpropThroughTime`](crate::BackpropThroughTime) computes
/// the same gradient faster.
#[derive(Clone, Debug)]
pub struct RecordedNetwork<'t, T: Scalar> {
    architecture: SpikingArchitecture,
    tape: &'t Tape<T>,
    pub(crate) layers: Vec<RecordedLayer<'t, T>>,
    pub(crate) readout_weights: Synapses<'t, T>,
    pub(crate) readout_skip: Option<Synapses<'t, T>>,
    readout_keep: Var<'t, T>,
    readout_drive: Var<'t, T>,
}

impl<'t, T: Scalar> RecordedNetwork<'t, T> {
    /// With parameters that are on the tape, in the order of [`SpikingParameters::tensors`].
    ///
    /// # Panics
    /// When there are more or fewer than the architecture has.
    #[must_use]
    #[track_caller]
    pub fn new(architecture: &SpikingArchitecture, parameters: &[Var<'t, T>]) -> Self {
        let tape = match parameters {
            [first, ..] => first.tape(),
            [] => panic!("recorded network: 0 parameters are too few"),
        };
        let parameters: Vec<_> = parameters.iter().map(|&var| Synapses::Value(var)).collect();
        Self::build(tape, architecture, &parameters)
    }

    /// From parameters in their order, of which matrices may be states.
    #[track_caller]
    pub(crate) fn build(
        tape: &'t Tape<T>,
        architecture: &SpikingArchitecture,
        parameters: &[Synapses<'t, T>],
    ) -> Self {
        let mut next = parameters.iter().copied();
        let given = parameters.len();
        let mut take = || {
            next.next()
                .unwrap_or_else(|| panic!("recorded network: {given} parameters are too few"))
        };
        let one_less = |time: Var<'t, T>| 1.0 - 1.0 / time;
        let mut layers = Vec::new();
        for place in 0..architecture.layers.len() {
            let weights = take();
            let skip = architecture.has_skip(place).then(&mut take);
            let self_loop = architecture.self_loops.then(|| take().value());
            let recurrent = architecture.recurrence.then(&mut take);
            let (membrane, synapse) = (take().value(), take().value());
            layers.push(RecordedLayer {
                weights,
                skip,
                self_loop,
                recurrent,
                keep: one_less(membrane),
                drive: architecture.gain / membrane,
                trace_keep: one_less(synapse),
                trace_drive: 1.0 / synapse,
                threshold: take().value(),
            });
        }
        let readout_weights = take();
        let readout_skip = architecture.has_readout_skip().then(&mut take);
        let readout = take().value();
        assert!(
            next.next().is_none(),
            "recorded network: {given} parameters are too many"
        );
        RecordedNetwork {
            architecture: architecture.clone(),
            tape,
            layers,
            readout_weights,
            readout_skip,
            readout_keep: one_less(readout),
            readout_drive: architecture.readout_gain / readout,
        }
    }

    /// Everything at zero, for a batch.
    #[must_use]
    pub fn start(&self, batch: usize) -> RecordedState<'t, T> {
        self.start_with(|n| self.tape.constant(&Tensor::zeros([batch, n])))
    }

    /// Everything at zero, for a single clip, each `[n]`.
    pub(crate) fn start_of_clip(&self) -> RecordedState<'t, T> {
        self.start_with(|n| self.tape.constant(&Tensor::zeros([n])))
    }

    fn start_with(&self, zeros: impl Fn(usize) -> Var<'t, T>) -> RecordedState<'t, T> {
        let layer = |&n: &usize| LayerState {
            membrane: zeros(n),
            spikes: zeros(n),
            trace: zeros(n),
        };
        RecordedState {
            layers: self.architecture.layers.iter().map(layer).collect(),
            readout: zeros(self.architecture.outputs),
            sum: zeros(self.architecture.outputs),
        }
    }

    /// One step with input spikes x, `[batch, inputs]`.
    pub fn step(&self, state: &mut RecordedState<'t, T>, x: Var<'t, T>) {
        let mut below = x;
        for (layer, now) in self.layers.iter().zip(&mut state.layers) {
            let mut current = layer.weights.currents(below);
            if let Some(skip) = layer.skip {
                current += skip.currents(x);
            }
            if let Some(self_loop) = layer.self_loop {
                current += now.trace * self_loop;
            }
            if let Some(recurrent) = layer.recurrent {
                current += recurrent.currents(now.trace);
            }
            let kept = match self.architecture.reset {
                Reset::Hard => now.membrane * (1.0 - now.spikes),
                Reset::Soft => now.membrane - now.spikes * layer.threshold,
            };
            now.membrane = kept * layer.keep + current * layer.drive;
            now.spikes = spike(now.membrane - layer.threshold, self.architecture.spike);
            now.trace = now.trace * layer.trace_keep + now.spikes * layer.trace_drive;
            below = now.trace;
        }
        let mut seen = self.readout_weights.currents(below);
        if let Some(skip) = self.readout_skip {
            seen += skip.currents(state.layers[0].trace);
        }
        state.readout = state.readout * self.readout_keep + seen * self.readout_drive;
        state.sum += state.readout;
    }

    /// All steps of a batch of input spikes, `[steps, batch, inputs]`: the logits, `[batch, outputs]`.
    /// `see` is shown the state after each step.
    ///
    /// # Panics
    /// When the spikes are of another shape.
    #[track_caller]
    pub fn logits(
        &self,
        spikes: &Tensor<T>,
        mut see: impl FnMut(&RecordedState<'t, T>),
    ) -> Var<'t, T> {
        let [steps, batch] = check_batch("recorded network", spikes, self.architecture.inputs);
        let mut state = self.start(batch);
        for t in 0..steps {
            let x = self.tape.constant(&step_of(spikes, t, batch));
            self.step(&mut state, x);
            see(&state);
        }
        state.sum * (1.0 / steps as f64)
    }
}

/// The spikes of step t, `[batch, inputs]`.
fn step_of<T: Scalar>(spikes: &Tensor<T>, t: usize, batch: usize) -> Tensor<T> {
    let size = spikes.dims()[1] * spikes.dims()[2];
    let step = &spikes.data()[t * size..][..size];
    Tensor::new([batch, spikes.dims()[2]], step.to_vec())
}

/// The mean cross-entropy of a batch of input spikes, `[steps, batch, inputs]`, against labels, and its
/// gradient, in the memory that a [`Policy`] allows: long inputs are run from checkpoints. The
/// outcome's `theta` is the gradient, in the order of [`SpikingParameters::tensors`].
///
/// ```
/// use metaplast_autodiff::scan::Policy;
/// use metaplast_spiking::{SpikingArchitecture, SpikingParameters, scan_gradient};
/// use metaplast_tensor::Tensor;
///
/// let architecture = SpikingArchitecture::scsr(3, &[4, 4], 2);
/// let parameters = SpikingParameters::<f64>::draw(&architecture, 1);
/// let spikes = Tensor::from_fn([200, 1, 3], |i| ((i[0] + i[2]) % 3 == 0) as u8 as f64);
/// let policy = Policy::Every { steps: 20 };
/// let outcome = scan_gradient(&architecture, &parameters, &spikes, &[1], policy);
/// assert_eq!(outcome.theta.len(), parameters.tensors().len());
/// ```
///
/// # Panics
/// When the spikes are of another shape, or labels too many, too few or too great.
#[must_use]
#[track_caller]
pub fn scan_gradient<T: Scalar>(
    architecture: &SpikingArchitecture,
    parameters: &SpikingParameters<T>,
    spikes: &Tensor<T>,
    labels: &[usize],
    policy: Policy,
) -> Outcome<T> {
    let [steps, batch] = check_batch("scan gradient", spikes, architecture.inputs);
    let run = LongRun {
        architecture,
        spikes,
        labels,
        batch,
    };
    let mut vectors = Vec::new();
    for &n in &architecture.layers {
        vectors.extend((0..3).map(|_| Tensor::zeros([batch, n])));
    }
    vectors.extend((0..2).map(|_| Tensor::zeros([batch, architecture.outputs])));
    let theta = parameters.tensors().into_iter();
    let start = Start {
        states: Vec::new(),
        vectors,
        theta: theta.map(|(_, tensor)| tensor.clone()).collect(),
    };
    scan_recurrence(&run, &start, steps, policy)
}

struct LongRun<'a, T: Scalar> {
    architecture: &'a SpikingArchitecture,
    spikes: &'a Tensor<T>,
    labels: &'a [usize],
    batch: usize,
}

impl<T: Scalar> Recurrence<T> for LongRun<'_, T> {
    type Segment<'t> = RecordedNetwork<'t, T>;

    fn begin<'t>(&self, moment: &Moment<'t, T>) -> RecordedNetwork<'t, T> {
        RecordedNetwork::new(self.architecture, &moment.theta)
    }

    fn step<'t>(&self, network: &RecordedNetwork<'t, T>, moment: &mut Moment<'t, T>, t: usize) {
        let (layers, rest) = moment.vectors.split_at(3 * self.architecture.layers.len());
        let layer = |v: &[Var<'t, T>]| LayerState {
            membrane: v[0],
            spikes: v[1],
            trace: v[2],
        };
        let mut state = RecordedState {
            layers: layers.chunks(3).map(layer).collect(),
            readout: rest[0],
            sum: rest[1],
        };
        let x = moment.tape.constant(&step_of(self.spikes, t, self.batch));
        network.step(&mut state, x);
        moment.vectors.clear();
        for layer in &state.layers {
            moment
                .vectors
                .extend([layer.membrane, layer.spikes, layer.trace]);
        }
        moment.vectors.extend([state.readout, state.sum]);
    }

    fn end<'t>(&self, _: &RecordedNetwork<'t, T>, moment: &mut Moment<'t, T>) {
        let sum = moment.vectors[moment.vectors.len() - 1];
        let logits = sum * (1.0 / self.spikes.dims()[0] as f64);
        moment.add_loss(logits.softmax_cross_entropy(self.labels));
    }
}
