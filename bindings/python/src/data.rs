//! Images and tasks.

use metaplast_data::{self as data, ColorMode, Orientation, Parts, Sampling, TaskSampler};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::errors::{of_run, value, without_lock};

/// Images with labels.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct Dataset(data::Dataset);

#[pymethods]
impl Dataset {
    /// For drawing tasks alone: labels, and no images.
    #[staticmethod]
    fn of_labels(labels: PyReadonlyArray1<'_, u32>) -> PyResult<Self> {
        let labels: Vec<u32> = labels.as_array().iter().copied().collect();
        let parts = Parts {
            name: "array".into(),
            rows: 1,
            cols: 1,
            color_mode: ColorMode::Gray,
            pixels: vec![0; labels.len()],
            labels,
            class_names: Vec::new(),
            orientation: Orientation::Upright,
        };
        data::Dataset::from_parts(parts).map(Dataset).map_err(value)
    }

    #[getter]
    fn class_names(&self) -> Vec<String> {
        let name = |class| self.0.class_name(class).to_owned();
        (0..self.0.classes()).map(name).collect()
    }

    /// `[n, rows, columns]`, in colour with a last axis of 3.
    fn images<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let each = self.0.pixels_per_image();
        let mut pixels = Vec::with_capacity(self.0.len() * each);
        (0..self.0.len()).for_each(|i| pixels.extend_from_slice(self.0.image(i)));
        let mut shape = vec![self.0.len(), self.0.rows(), self.0.cols()];
        if self.0.color_mode() != ColorMode::Gray {
            shape.push(self.0.color_mode().count());
        }
        Ok(PyArray1::from_vec(py, pixels).reshape(shape)?.into_any())
    }

    fn labels<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let labels = (0..self.0.len()).map(|i| self.0.label(i) as i64);
        PyArray1::from_vec(py, labels.collect())
    }
}

/// Glyphs, so many of each class.
#[pyfunction]
pub(crate) fn glyphs(py: Python<'_>, per_class: u64, seed: u64) -> PyResult<Dataset> {
    let source = DataSource::new("glyphs", per_class, seed).map_err(|error| of_run(&error))?;
    open(py, &source)
}

/// A published data set that was fetched, a directory or a file.
#[pyfunction]
pub(crate) fn load(py: Python<'_>, name: &str) -> PyResult<Dataset> {
    let source = DataSource::new(name, GLYPHS_PER_CLASS, DATA_SEED);
    open(py, &source.map_err(|error| of_run(&error))?)
}

fn open(py: Python<'_>, source: &DataSource) -> PyResult<Dataset> {
    let opened = without_lock(py, || source.open())?;
    opened.map(Dataset).map_err(|error| of_run(&error))
}

/// Draws tasks.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct Sampler(TaskSampler);

type Drawn<'py> = (
    Vec<usize>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
);

#[pymethods]
impl Sampler {
    #[new]
    fn new(
        dataset: &Dataset,
        ways: usize,
        shots: usize,
        queries: usize,
        classes: Option<Vec<usize>>,
        sampling: &str,
    ) -> PyResult<Self> {
        let sampling: Sampling = sampling.parse().map_err(value)?;
        let sampler = match classes {
            None => TaskSampler::new(&dataset.0, ways, shots, queries, sampling),
            Some(classes) => {
                TaskSampler::among(&dataset.0, classes, ways, shots, queries, sampling)
            }
        };
        sampler.map(Sampler).map_err(value)
    }

    /// The classes of a task, and the numbers of its support and of its query images.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        dataset: &Dataset,
        seed: u64,
        trial: u64,
        episode: u64,
    ) -> PyResult<Drawn<'py>> {
        let key = EpisodeKey::new(seed, trial, episode);
        let draw = || self.0.sample(&dataset.0, &mut key.stream(Purpose::Task));
        let task = without_lock(py, draw)?;
        let numbers = |samples: &[data::Sample]| {
            let numbers = samples.iter().map(|sample| sample.image as i64);
            PyArray1::from_vec(py, numbers.collect())
        };
        Ok((
            task.classes.clone(),
            numbers(&task.support),
            numbers(&task.query),
        ))
    }
}
