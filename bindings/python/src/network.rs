//! Networks: sizes, feedback and activation, and the weights that they start from.

use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::{Model, Precision, Start};
use metaplast_plasticity::{Activation, Architecture, Feedback, Output, Preset, Rule};
use metaplast_runs::memory;
use pyo3::prelude::*;

use crate::arrays::{Float, to_arrays};
use crate::errors::{of_run, value, without_lock};

/// More layers than this are refused: each costs a step some microseconds.
const MOST_LAYERS: usize = 1 << 12;

/// What learns.
#[pyclass(frozen, module = "metaplast._metaplast")]
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) architecture: Architecture,
    pub(crate) feedback: Feedback,
}

/// Layers as sizes, or as words like `28x28x1 conv5x8 pool2 47`.
#[derive(FromPyObject)]
pub(crate) enum Layers {
    Words(String),
    Sizes(Vec<usize>),
}

impl Layers {
    fn number(&self) -> usize {
        match self {
            Layers::Words(words) => words.split_whitespace().count(),
            Layers::Sizes(sizes) => sizes.len(),
        }
    }
}

type Drawn<'py> = (Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>, u64);

#[pymethods]
impl Network {
    #[new]
    fn new(
        layers: Layers,
        feedback: &str,
        beta: f64,
        output: &str,
        init_scale: f64,
        activation: &str,
    ) -> PyResult<Self> {
        if layers.number() > MOST_LAYERS {
            let layers = layers.number();
            return Err(value(format!(
                "{layers} layers; at most {MOST_LAYERS} are possible"
            )));
        }
        let output: Output = output.parse().map_err(value)?;
        let activation: Activation = activation.parse().map_err(value)?;
        let architecture = match layers {
            Layers::Words(words) => Architecture::parse(&words),
            Layers::Sizes(sizes) => Architecture::new(sizes),
        };
        let architecture = architecture
            .map(|architecture| architecture.with_activation(activation))
            .and_then(|architecture| architecture.with_beta(beta))
            .and_then(|architecture| architecture.with_init_scale(init_scale));
        let architecture = architecture.map_err(value)?.with_output(output);
        let libraries = metaplast_cli::libraries::all();
        let feedback = libraries.feedback.find(feedback).map_err(value)?;
        feedback.check(&architecture).map_err(value)?;
        let network = Network {
            architecture,
            feedback,
        };
        network.check_memory(Precision::Single)?;
        Ok(network)
    }

    /// The pathways that can be named, of feed-forward networks.
    #[staticmethod]
    fn feedbacks() -> Vec<String> {
        let libraries = metaplast_cli::libraries::all();
        let usual = Architecture::paper();
        let passes = |name: &&str| {
            let found = libraries.feedback.find(name);
            found.is_ok_and(|feedback| feedback.check(&usual).is_ok())
        };
        let names = libraries.feedback.names().filter(passes);
        names.map(str::to_owned).collect()
    }

    /// Forward weights, the matrices of feedback, and the seed of what is random in the steps.
    fn draw<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        trial: u64,
        episode: u64,
        double: bool,
    ) -> PyResult<Drawn<'py>> {
        let key = EpisodeKey::new(seed, trial, episode);
        match double {
            false => self.draw_in::<f32>(py, key),
            true => {
                self.check_memory(Precision::Double)?;
                self.draw_in::<f64>(py, key)
            }
        }
    }

    #[getter]
    fn sizes(&self) -> Vec<usize> {
        self.architecture.sizes().to_vec()
    }

    /// Words for layers that sizes alone do not describe.
    #[getter]
    fn words(&self) -> Option<String> {
        let plain = self.architecture.is_fully_connected();
        (!plain).then(|| self.architecture.description())
    }

    #[getter]
    fn activation(&self) -> String {
        self.architecture.activation().to_string()
    }

    #[getter]
    fn feedback(&self) -> &str {
        self.feedback.name()
    }

    #[getter]
    fn beta(&self) -> f64 {
        self.architecture.beta()
    }

    #[getter]
    fn output(&self) -> &'static str {
        self.architecture.output().name()
    }

    #[getter]
    fn init_scale(&self) -> f64 {
        self.architecture.init_scale()
    }

    /// The shapes of the feedback pathway's own matrices.
    fn feedback_shapes(&self) -> Vec<[usize; 2]> {
        self.feedback.shapes(&self.architecture)
    }
}

impl Network {
    /// With a rule.
    pub(crate) fn model(&self, rule: &Rule) -> Model {
        Model {
            architecture: self.architecture.clone(),
            feedback: self.feedback.clone(),
            rule: rule.clone(),
        }
    }

    fn check_memory(&self, precision: Precision) -> PyResult<()> {
        let model = self.model(&Rule::preset(Preset::Fa));
        let checked = memory::check_networks(&model, precision, 1, "--sizes");
        checked.map_err(|error| of_run(&error))
    }

    fn draw_in<'py, T: Float>(&self, py: Python<'py>, key: EpisodeKey) -> PyResult<Drawn<'py>> {
        let model = self.model(&Rule::preset(Preset::Fa));
        let start = without_lock(py, || Start::<T>::draw(&model, key))?;
        let weights = to_arrays(py, &start.weights)?;
        Ok((weights, to_arrays(py, &start.feedback)?, start.seed))
    }
}
