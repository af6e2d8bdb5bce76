//! A spiking network that learns from one clip after the other by a three-factor rule.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_numbers::streams;
use metaplast_plasticity::{
    BoundRule, LayerSignals, Memory, NamedSignal, Number, Rule, SignalShape,
};
use metaplast_tensor::{Random, Scalar, Tensor};

use crate::architecture::SpikingArchitecture;
use crate::parameters::SpikingParameters;
use crate::recorded::{LayerState, RecordedNetwork};
use crate::spike::spike_slope;
use crate::synapses::Synapses;

/// The purpose for which teaching weights are drawn, in the names of streams.
const TEACHING: u64 = 3;
/// The slope, in texts.
const SLOPE: &str = "slope";

/// The signals that a [`PlasticSpikingNetwork`] gives rules beside those of every layer: `slope`, the
/// [surrogate slope](crate::Surrogate) ψ(u − ϑ) of the post-synaptic neurons, 1 in the readout.
///
/// # Panics
/// Never.
#[must_use]
pub fn three_factor_signals() -> [NamedSignal; 1] {
    [NamedSignal::new(SLOPE, SignalShape::Post).expect("the name is free")]
}

/// Fixed random weights B_l, `[n_l, outputs]` for each hidden layer, by which errors of the readout teach
/// hidden neurons; normal with deviation 1/√(neurons of the last layer), as the readout's weights begin.
/// Drawn from the streams of a seed.
#[must_use]
pub fn draw_teaching_weights<T: Scalar>(
    architecture: &SpikingArchitecture,
    seed: u64,
) -> Vec<Tensor<T>> {
    let mut random = Random::new(streams::seed(&[seed, TEACHING]));
    let deviation = 1.0 / (architecture.last() as f64).sqrt();
    let draw = |&n: &usize| Tensor::normal([n, architecture.outputs], 0.0, deviation, &mut random);
    architecture.layers.iter().map(draw).collect()
}

/// A spiking network on a tape whose synapses change after every clip by a [`Rule`], while all else is as
/// in [`SpikingArchitecture`]. A gradient of what it does afterwards goes through all updates and spikes,
/// these by their slopes.
///
/// When a clip is over, the error of the answer, p − target with p = softmax(logits), goes to all neurons,
/// and the rule is applied to what synapses saw in each step t of the clip, from the first to the last. For
/// synapses from one group of neurons to another, terms see
///
/// | in texts | hidden layer l | readout |
/// |---|---|---|
/// | `y_pre` | trace of the group before: x\[t\], a\[t\], or a_l\[t−1\] within a layer | the same |
/// | `y` | trace a_l\[t\] | p |
/// | `e` | teaching signal B_l (p − target) | p − target |
/// | `e_pre` | that of the group before, 0 of the input | the same |
/// | `slope` | ψ(u_l\[t\] − ϑ_l) | 1 |
/// | `W`, `z` | the synapses' weights as they are by then, and W `y_pre` | the same |
///
/// and the rule's [memories](Memory), one set for each such matrix, from zero in every clip. With a
/// memory that filters `y_pre` as membranes do, random e-prop (Bellec et al., *A solution to the learning
/// dilemma for recurrent networks of spiking neurons*, Nature Communications 11:3625, 2020) is one term,
/// without the readout's low-pass filter of the eligibility trace, since the error is that of the whole clip:
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_plasticity::{Memory, Rule, Term};
/// use metaplast_spiking::{
///     PlasticSpikingNetwork, SpikingArchitecture, SpikingParameters, draw_teaching_weights, three_factor_signals,
/// };
/// use metaplast_tensor::Tensor;
///
/// let psp = Memory::parse("psp = psp + k * (y_pre - psp)", &[])?;
/// let names = [&three_factor_signals()[..], &Memory::signals(&[psp.clone()])].concat();
/// let eprop = Term::parse_with("eprop = -(e .* slope) * psp^T", &names)?;
/// let rule = Rule::new([eprop])?.with_memories([psp])?.with_theta(&[0.01, 0.2]);
///
/// let architecture = SpikingArchitecture::scsr(3, &[8, 8], 2);
/// let parameters = SpikingParameters::<f64>::draw(&architecture, 1);
/// let teaching = draw_teaching_weights(&architecture, 1);
/// let clip = Tensor::from_fn([20, 1, 3], |i| ((i[0] + i[2]) % 3 == 0) as u8 as f64);
///
/// let tape = Tape::new();
/// let theta: Vec<_> = rule.theta().iter().map(|&theta| tape.scalar(theta)).collect();
/// let network = PlasticSpikingNetwork::new(&tape, &architecture, &parameters, &teaching, &rule, &theta);
/// let before = network.loss(&clip, &[1]).item();
/// network.learn(&clip, 1);
/// let after = network.loss(&clip, &[1]);
/// assert!(after.item() < before);
/// let gradient = after.backward(); // by the rule's rate and by k
/// assert!(gradient.wrt(theta[0]).item() < 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PlasticSpikingNetwork<'t, T: Number> {
    tape: &'t Tape<T>,
    architecture: SpikingArchitecture,
    start: SpikingParameters<T>,
    network: RecordedNetwork<'t, T>,
    /// In the order of the parameters.
    states: Vec<State<'t, T>>,
    /// B_l as states that do not change, `[n_l, outputs]`.
    teaching: Vec<State<'t, T>>,
    rule: BoundRule<'t, T>,
    memories: Vec<Memory>,
    slope: NamedSignal,
}

/// What a group of neurons shows rules in one step.
#[derive(Clone, Copy)]
struct Group<'t, T: Scalar> {
    activity: Var<'t, T>,
    error: Var<'t, T>,
}

impl<'t, T: Number> PlasticSpikingNetwork<'t, T> {
    /// With weights to begin with, teaching weights of each hidden layer, and a rule with coefficients θ
    /// that are on the tape. With coefficients [for each layer](Rule::per_layer) the readout has the last
    /// ones.
    ///
    /// # Panics
    /// When parameters, teaching weights or coefficients do not fit the architecture or the rule.
    #[must_use]
    #[track_caller]
    pub fn new(
        tape: &'t Tape<T>,
        architecture: &SpikingArchitecture,
        start: &SpikingParameters<T>,
        teaching: &[Tensor<T>],
        rule: &Rule,
        theta: &[Var<'t, T>],
    ) -> Self {
        let shapes = teaching.iter().map(|b| b.dims().to_vec());
        let wanted = architecture.layers.iter();
        assert!(
            shapes.eq(wanted.map(|&n| vec![n, architecture.outputs])),
            "plastic spiking network: teaching weights are no matrix [n, {}] for each hidden layer",
            architecture.outputs
        );
        let mut states = Vec::new();
        let mut synapses = Vec::new();
        for (place, tensor) in start.tensors() {
            synapses.push(match place.kind.is_matrix() {
                true => {
                    let state = tape.state(&tensor.transpose());
                    states.push(state);
                    Synapses::Plastic(state)
                }
                false => Synapses::Value(tape.constant(tensor)),
            });
        }
        PlasticSpikingNetwork {
            tape,
            architecture: architecture.clone(),
            start: start.clone(),
            network: RecordedNetwork::build(tape, architecture, &synapses),
            states,
            teaching: teaching.iter().map(|b| tape.state(b)).collect(),
            rule: rule.bind_to(theta),
            memories: rule.memories().to_vec(),
            slope: three_factor_signals()[0].clone(),
        }
    }

    /// Hears a clip, `[steps, 1, inputs]`, and then learns that it has a label.
    ///
    /// # Panics
    /// When the spikes are of another shape, or there is no such output.
    #[track_caller]
    pub fn learn(&self, spikes: &Tensor<T>, label: usize) {
        let inputs = self.architecture.inputs;
        let steps = match *spikes.dims() {
            [steps, 1, channels] if channels == inputs => steps,
            _ => panic!(
                "plastic spiking network: a clip of shape {}, not [steps, 1, {inputs}]",
                spikes.shape()
            ),
        };
        let outputs = self.architecture.outputs;
        assert!(
            label < outputs,
            "plastic spiking network: label {label} of {outputs} outputs"
        );
        let vector = |n: usize, fill: &dyn Fn(usize) -> T| {
            let write = |into: &mut [T]| {
                let places = into.iter_mut().enumerate();
                places.for_each(|(place, x)| *x = fill(place));
            };
            self.tape.constant_with(n, write)
        };
        let mut state = self.network.start_of_clip();
        let mut heard = Vec::new();
        for step in spikes.data().chunks(inputs).take(steps) {
            let x = vector(inputs, &|channel| step[channel]).with_sparsity_pattern();
            let earlier = state.layers.iter().map(|layer| layer.trace).collect();
            self.network.step(&mut state, x);
            heard.push(Heard {
                x,
                earlier,
                layers: state.layers.clone(),
            });
        }
        let target = vector(outputs, &|k| if k == label { T::ONE } else { T::ZERO });
        let answer = (state.sum * (1.0 / steps as f64)).softmax();
        let error = answer - target;
        let taught = Taught {
            answer,
            error,
            hidden: self.teaching.iter().map(|b| b.matvec(error)).collect(),
            input: vector(inputs, &|_| T::ZERO),
            one: vector(outputs, &|_| T::ONE),
        };
        let mut memory = vec![Vec::new(); self.states.len()];
        for heard in &heard {
            self.update(heard, &taught, &mut memory);
        }
    }

    /// The rule's update of all synapses, from what they saw in one step.
    fn update(&self, heard: &Heard<'t, T>, taught: &Taught<'t, T>, memory: &mut [Vec<Var<'t, T>>]) {
        let surrogate = self.architecture.spike.surrogate();
        let layers = heard.layers.iter().zip(&taught.hidden);
        let groups: Vec<Group<'t, T>> = layers
            .map(|(layer, &error)| Group {
                activity: layer.trace,
                error,
            })
            .collect();
        let input = Group {
            activity: heard.x,
            error: taught.input,
        };
        let mut changed = memory.iter_mut().zip(&self.states);
        let mut change =
            |layer: usize, pre: Group<'t, T>, post: Group<'t, T>, slope: Var<'t, T>| {
                let (memory, &state) = changed.next().expect("as many as there are synapses");
                let pre = (pre.activity, pre.error);
                let signals = LayerSignals::new(state, pre, (post.activity, post.error))
                    .at_layer(layer)
                    .with_signal(&self.slope, slope);
                if memory.is_empty() {
                    *memory = self.nothing_remembered(state);
                }
                self.rule.remember(&signals, memory);
                self.rule.update(&signals);
            };
        for (place, (layer, &post)) in self.network.layers.iter().zip(&groups).enumerate() {
            let membrane = heard.layers[place].membrane;
            let slope = spike_slope(membrane - layer.threshold, surrogate);
            let below = place.checked_sub(1).map_or(input, |below| groups[below]);
            change(place, below, post, slope);
            if layer.skip.is_some() {
                change(place, input, post, slope);
            }
            if layer.recurrent.is_some() {
                let activity = heard.earlier[place];
                change(place, Group { activity, ..post }, post, slope);
            }
        }
        let post = Group {
            activity: taught.answer,
            error: taught.error,
        };
        let last = groups.len() - 1;
        change(last + 1, groups[last], post, taught.one);
        if self.network.readout_skip.is_some() {
            change(last + 1, groups[0], post, taught.one);
        }
    }

    /// Zeros for every memory of a matrix, `[pre, post]`.
    fn nothing_remembered(&self, state: State<'t, T>) -> Vec<Var<'t, T>> {
        let shape = state.shape();
        let zeros = |memory: &Memory| match memory.shape() {
            SignalShape::Pre => Tensor::zeros([shape.dims()[0]]),
            SignalShape::Post => Tensor::zeros([shape.dims()[1]]),
            _ => Tensor::scalar(T::ZERO),
        };
        let all = self.memories.iter();
        all.map(|memory| self.tape.constant(&zeros(memory)))
            .collect()
    }

    /// Hears clips, `[steps, batch, inputs]`, without learning: the logits, `[batch, outputs]`.
    ///
    /// # Panics
    /// When the spikes are of another shape.
    #[track_caller]
    pub fn logits(&self, spikes: &Tensor<T>) -> Var<'t, T> {
        self.network.logits(spikes, |_| {})
    }

    /// The mean cross-entropy of [`logits`](Self::logits) against labels, in nats: what a rule is
    /// meta-learned by.
    ///
    /// # Panics
    /// As [`logits`](Self::logits), and when labels are too many, too few or too great.
    #[must_use]
    #[track_caller]
    pub fn loss(&self, spikes: &Tensor<T>, labels: &[usize]) -> Var<'t, T> {
        self.logits(spikes).softmax_cross_entropy(labels)
    }

    /// The parameters with the weights as they are now.
    #[must_use]
    pub fn parameters(&self) -> SpikingParameters<T> {
        let mut parameters = self.start.clone();
        let all = parameters.tensors_mut().into_iter();
        let matrices = all.filter(|(place, _)| place.kind.is_matrix());
        for ((_, tensor), state) in matrices.zip(&self.states) {
            *tensor = state.value().transpose();
        }
        parameters
    }
}

/// What synapses saw in one step.
struct Heard<'t, T: Scalar> {
    x: Var<'t, T>,
    /// Traces of each layer in the step before.
    earlier: Vec<Var<'t, T>>,
    layers: Vec<LayerState<'t, T>>,
}

/// What a network is told when a clip is over.
struct Taught<'t, T: Scalar> {
    answer: Var<'t, T>,
    error: Var<'t, T>,
    /// Teaching signals of each layer.
    hidden: Vec<Var<'t, T>>,
    /// That of the input, 0.
    input: Var<'t, T>,
    one: Var<'t, T>,
}
