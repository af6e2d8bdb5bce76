//! The numbers of a spiking network that training may change.

use metaplast_numbers::streams;
use metaplast_tensor::{Random, Scalar, Tensor};

use crate::architecture::SpikingArchitecture;

/// The purpose for which starting weights are drawn, in the names of streams.
const WEIGHTS: u64 = 1;
/// Deviation of the weights between layers, times the root of the number of inputs.
const SPREAD: f64 = 3.0;
/// τm, τs of new neurons and τo of new readouts, in steps.
const TIME_CONSTANTS: [f64; 3] = [5.0, 5.0, 20.0];
/// r of new self-loops.
const SELF_LOOP: f64 = 0.2;
/// ϑ of new neurons.
const THRESHOLD: f64 = 1.0;

/// Parameters of one layer of n neurons; the equations stand at [`SpikingArchitecture`].
#[derive(Clone, Debug, PartialEq)]
pub struct LayerParameters<T: Scalar> {
    /// W, `[n, inputs of the layer]`.
    pub weights: Tensor<T>,
    /// S, `[n, inputs of the network]`.
    pub skip: Option<Tensor<T>>,
    /// r, `[n]`.
    pub self_loop: Option<Tensor<T>>,
    /// V, `[n, n]`.
    pub recurrent: Option<Tensor<T>>,
    /// τm, `[n]`, in steps, above 1.
    pub membrane: Tensor<T>,
    /// τs, `[n]`, in steps, above 1.
    pub synapse: Tensor<T>,
    /// ϑ, `[n]`, positive.
    pub threshold: Tensor<T>,
}

/// Parameters of the readout.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadoutParameters<T: Scalar> {
    /// W_o, `[outputs, neurons of the last layer]`.
    pub weights: Tensor<T>,
    /// S_o, `[outputs, neurons of the first layer]`.
    pub skip: Option<Tensor<T>>,
    /// τo, `[outputs]`, in steps, above 1.
    pub membrane: Tensor<T>,
}

/// All parameters of a network, or a gradient by them.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikingParameters<T: Scalar> {
    /// Of each layer, the first first.
    pub layers: Vec<LayerParameters<T>>,
    /// Of the readout.
    pub readout: ReadoutParameters<T>,
}

/// What a tensor of parameters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// W or W_o.
    Weights,
    /// S or S_o.
    Skip,
    /// r
    SelfLoop,
    /// V
    Recurrent,
    /// τm or τo.
    MembraneTime,
    /// τs
    SynapseTime,
    /// ϑ
    Threshold,
}

impl ParameterKind {
    /// Whether it is a matrix of weights from neurons to others.
    #[must_use]
    pub fn is_matrix(self) -> bool {
        matches!(
            self,
            ParameterKind::Weights | ParameterKind::Skip | ParameterKind::Recurrent
        )
    }

    /// Whether it belongs to neurons and not to synapses between them.
    #[must_use]
    pub fn is_intrinsic(self) -> bool {
        matches!(
            self,
            ParameterKind::MembraneTime | ParameterKind::SynapseTime | ParameterKind::Threshold
        )
    }
}

/// What a tensor of parameters is, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterPlace {
    /// The layer, counted from 0; `None` for the readout.
    pub layer: Option<usize>,
    /// What it is.
    pub kind: ParameterKind,
}

impl<T: Scalar> SpikingParameters<T> {
    /// Drawn from the streams of a seed: W normal with deviation 3/√inputs; S, V, W_o and S_o with
    /// 1/√inputs; r 0.2; τm and τs 5, τo 20, ϑ 1.
    #[must_use]
    pub fn draw(architecture: &SpikingArchitecture, seed: u64) -> Self {
        let mut random = Random::new(streams::seed(&[seed, WEIGHTS]));
        let normal = |rows: usize, cols: usize, spread: f64| {
            let deviation = spread / (cols as f64).sqrt();
            Tensor::normal([rows, cols], 0.0, deviation, &mut random)
        };
        Self::build(architecture, normal, |n, value| {
            Tensor::full([n], T::from_f64(value))
        })
    }

    /// All zero, in the shapes of an architecture.
    #[must_use]
    pub fn zeros(architecture: &SpikingArchitecture) -> Self {
        let matrix = |rows, cols, _| Tensor::zeros([rows, cols]);
        Self::build(architecture, matrix, |n, _| Tensor::zeros([n]))
    }

    /// From matrices of so many rows, columns and such a spread, and vectors of so many equal numbers.
    fn build(
        architecture: &SpikingArchitecture,
        mut matrix: impl FnMut(usize, usize, f64) -> Tensor<T>,
        vector: impl Fn(usize, f64) -> Tensor<T>,
    ) -> Self {
        let [membrane, synapse, readout] = TIME_CONSTANTS;
        let mut layers = Vec::new();
        for (place, &n) in architecture.layers.iter().enumerate() {
            let skip = architecture.has_skip(place);
            layers.push(LayerParameters {
                weights: matrix(n, architecture.inputs_of(place), SPREAD),
                skip: skip.then(|| matrix(n, architecture.inputs, 1.0)),
                self_loop: architecture.self_loops.then(|| vector(n, SELF_LOOP)),
                recurrent: architecture.recurrence.then(|| matrix(n, n, 1.0)),
                membrane: vector(n, membrane),
                synapse: vector(n, synapse),
                threshold: vector(n, THRESHOLD),
            });
        }
        let outputs = architecture.outputs;
        let skip = architecture.has_readout_skip();
        let readout = ReadoutParameters {
            weights: matrix(outputs, architecture.last(), 1.0),
            skip: skip.then(|| matrix(outputs, architecture.layers[0], 1.0)),
            membrane: vector(outputs, readout),
        };
        SpikingParameters { layers, readout }
    }

    /// Every tensor with its place: layer by layer W, S, r, V, τm, τs, ϑ, as far as they are there, then
    /// W_o, S_o, τo. All of an architecture come in the same order.
    #[must_use]
    pub fn tensors(&self) -> Vec<(ParameterPlace, &Tensor<T>)> {
        let mut all = Vec::new();
        for (layer, p) in self.layers.iter().enumerate() {
            let mut push = |kind, tensor| {
                let layer = Some(layer);
                all.push((ParameterPlace { layer, kind }, tensor));
            };
            push(ParameterKind::Weights, &p.weights);
            let optional = [
                (ParameterKind::Skip, &p.skip),
                (ParameterKind::SelfLoop, &p.self_loop),
                (ParameterKind::Recurrent, &p.recurrent),
            ];
            for (kind, tensor) in optional {
                if let Some(tensor) = tensor {
                    push(kind, tensor);
                }
            }
            push(ParameterKind::MembraneTime, &p.membrane);
            push(ParameterKind::SynapseTime, &p.synapse);
            push(ParameterKind::Threshold, &p.threshold);
        }
        let mut push = |kind, tensor| all.push((ParameterPlace { layer: None, kind }, tensor));
        push(ParameterKind::Weights, &self.readout.weights);
        if let Some(skip) = &self.readout.skip {
            push(ParameterKind::Skip, skip);
        }
        push(ParameterKind::MembraneTime, &self.readout.membrane);
        all
    }

    /// As [`tensors`](Self::tensors), to be changed.
    #[must_use]
    pub fn tensors_mut(&mut self) -> Vec<(ParameterPlace, &mut Tensor<T>)> {
        let mut all = Vec::new();
        for (layer, p) in self.layers.iter_mut().enumerate() {
            let mut push = |kind, tensor| {
                let layer = Some(layer);
                all.push((ParameterPlace { layer, kind }, tensor));
            };
            push(ParameterKind::Weights, &mut p.weights);
            let optional = [
                (ParameterKind::Skip, &mut p.skip),
                (ParameterKind::SelfLoop, &mut p.self_loop),
                (ParameterKind::Recurrent, &mut p.recurrent),
            ];
            for (kind, tensor) in optional {
                if let Some(tensor) = tensor {
                    push(kind, tensor);
                }
            }
            push(ParameterKind::MembraneTime, &mut p.membrane);
            push(ParameterKind::SynapseTime, &mut p.synapse);
            push(ParameterKind::Threshold, &mut p.threshold);
        }
        let mut push = |kind, tensor| all.push((ParameterPlace { layer: None, kind }, tensor));
        push(ParameterKind::Weights, &mut self.readout.weights);
        if let Some(skip) = &mut self.readout.skip {
            push(ParameterKind::Skip, skip);
        }
        push(ParameterKind::MembraneTime, &mut self.readout.membrane);
        all
    }

    /// The same numbers in another type.
    #[must_use]
    pub fn cast<U: Scalar>(&self, architecture: &SpikingArchitecture) -> SpikingParameters<U> {
        let mut cast = SpikingParameters::zeros(architecture);
        for ((_, to), (_, from)) in cast.tensors_mut().into_iter().zip(self.tensors()) {
            *to = from.cast();
        }
        cast
    }

    /// The number of all, and of those that are the neurons' own.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let all = self.tensors();
        let intrinsic = all.iter().filter(|(place, _)| place.kind.is_intrinsic());
        let intrinsic: usize = intrinsic.map(|(_, tensor)| tensor.len()).sum();
        (all.iter().map(|(_, tensor)| tensor.len()).sum(), intrinsic)
    }
}
