//! Runs of a reservoir that learns, in double precision.

use std::sync::Mutex;

use metaplast_reservoir::{
    Algorithm, DeviationMeter, PeriodSchedule, PublishedTask, PublishedTrial, Simulation, Test,
    Variant,
};
use metaplast_runs::memory;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{diverged_at, of_run, value, without_lock};

/// Upper bounds, against typing errors.
const MOST_UNITS: usize = 20_000;
const MOST_STEPS: usize = 10_000_000;

/// A run in progress.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct ReservoirRun(Mutex<Progress>);

struct Progress {
    simulation: Simulation<f64>,
    schedule: PeriodSchedule,
    meter: DeviationMeter,
    steps_per_period: usize,
}

/// What a run does, row by row.
#[derive(Default)]
struct Course {
    outputs: Vec<f64>,
    positions: Vec<f64>,
    targets: Vec<f64>,
    errors: Vec<f64>,
}

#[pymethods]
impl ReservoirRun {
    /// A published task, `drawing`, `costly-arm` or `arm` with so many segments, before its first step, with
    /// so many steps a period and periods of learning and of test.
    #[new]
    #[allow(clippy::too_many_arguments, reason = "the package names them")]
    fn new(
        py: Python<'_>,
        task: &str,
        segments: usize,
        algorithm: &str,
        variant: &str,
        units: usize,
        periods: (usize, usize, usize),
        is_free: bool,
        seed: u64,
    ) -> PyResult<Self> {
        let (steps, learning, testing) = periods;
        let task = match task {
            "drawing" => PublishedTask::Drawing,
            "arm" if (1..=1000).contains(&segments) => PublishedTask::Arm { segments },
            "arm" => return Err(value(format!("segments: {segments}; give 1 to 1000"))),
            "costly-arm" => PublishedTask::CostlyArm,
            other => {
                return Err(value(format!(
                    "task: {other}; choose drawing, arm or costly-arm"
                )));
            }
        };
        let algorithm = match algorithm {
            "force" => Algorithm::Force,
            "rmhl" => Algorithm::Rmhl,
            "supertrex" => Algorithm::Supertrex,
            other => {
                return Err(value(format!(
                    "algorithm: {other}; choose force, rmhl or supertrex"
                )));
            }
        };
        if algorithm == Algorithm::Force && task != PublishedTask::Drawing {
            return Err(value(
                "algorithm: force is told positions, not joint angles; choose rmhl or supertrex, or the task drawing",
            ));
        }
        let variant: Variant = variant
            .parse()
            .map_err(|error| value(format!("variant: {error}")))?;
        let within = |name: &str, n: usize, least: usize, most: usize| match n {
            n if (least..=most).contains(&n) => Ok(()),
            n => Err(value(format!("{name}: {n}; give {least} to {most}"))),
        };
        within("units", units, 2, MOST_UNITS)?;
        within("steps", steps, 2, MOST_STEPS)?;
        within("learning", learning, 1, 1000)?;
        within("testing", testing, 1, 1000)?;
        // Mostly P, of which the lower half is kept, and what each step did.
        let (n, outputs) = (units as u64, task.outputs() as u64);
        let course = (steps * (learning + testing)) as u64 * (outputs + 5);
        memory::check(
            8 * (n * n + 2 * course),
            "units",
            "the run",
            "take fewer units, steps or periods",
        )
        .map_err(|error| of_run(&error))?;
        let mut trial = PublishedTrial::new(task, algorithm, seed).with_variant(variant);
        trial.units = units;
        trial.steps = steps;
        trial.learning = learning;
        trial.testing = testing;
        trial.test = match is_free {
            true => Test::Free,
            false => Test::TeacherForced,
        };
        let progress = without_lock(py, || Progress {
            simulation: trial.simulation(),
            schedule: trial.schedule(),
            meter: DeviationMeter::new((learning * steps) as u64),
            steps_per_period: steps,
        })?;
        Ok(ReservoirRun(Mutex::new(progress)))
    }

    /// Steps of the whole run.
    fn steps(&self) -> PyResult<u64> {
        let progress = self.0.lock().map_err(value)?;
        Ok((progress.steps_per_period * progress.schedule.periods().len()) as u64)
    }

    /// Goes on for so many steps, at most to the end: outputs, positions, targets and errors by step, flat.
    fn advance<'py>(&self, py: Python<'py>, steps: u64) -> PyResult<Bound<'py, PyDict>> {
        let mut progress = self.0.lock().map_err(value)?;
        let progress: &mut Progress = &mut progress;
        let course = without_lock(py, || progress.advance(steps))?;
        let course = course
            .map_err(|diverged| diverged_at(py, diverged.to_string(), Some(diverged.step)))?;
        let found = PyDict::new(py);
        found.set_item("outputs", PyArray1::from_vec(py, course.outputs))?;
        found.set_item("positions", PyArray1::from_vec(py, course.positions))?;
        found.set_item("targets", PyArray1::from_vec(py, course.targets))?;
        found.set_item("errors", PyArray1::from_vec(py, course.errors))?;
        Ok(found)
    }

    /// What the test came to, by name; none before its end.
    fn deviation(&self) -> PyResult<Option<Vec<(&'static str, f64)>>> {
        let progress = self.0.lock().map_err(value)?;
        Ok(progress.meter.deviation().map(|deviation| {
            vec![
                ("published", deviation.published),
                ("mean_distance", deviation.mean_distance),
                ("rms_distance", deviation.rms_distance),
                ("mean_cost", deviation.mean_cost),
            ]
        }))
    }
}

impl Progress {
    fn advance(&mut self, steps: u64) -> Result<Course, metaplast_reservoir::Diverged> {
        let mut course = Course::default();
        for _ in 0..steps {
            let done = self.simulation.state().step as usize;
            let Some(period) = self.schedule.periods().get(done / self.steps_per_period) else {
                break;
            };
            let step = self.simulation.step(period)?;
            self.meter.observe(&step);
            course.outputs.extend_from_slice(step.z);
            course.positions.extend_from_slice(step.position);
            course.targets.extend_from_slice(step.target);
            course.errors.push(step.error);
        }
        Ok(course)
    }
}
