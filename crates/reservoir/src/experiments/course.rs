//! The course of a run: what tables and pages show of it, at ten moments of each period.

use metaplast_experiment::{Error, ExperimentMonitor, Measurement};
use metaplast_tensor::Scalar;

use crate::deviation::DeviationMeter;
use crate::divergence::Diverged;
use crate::schedule::PeriodSchedule;
use crate::simulation::Simulation;

/// Parts of a period that are averaged over.
const PARTS: usize = 10;
/// Points of a drawn movement.
const POINTS: usize = 400;

/// Runs a schedule and measures
///
/// - `deviation`, `distance`, `rms`, `cost`: the [`Deviation`](crate::Deviation) of the test that
///   the schedule ends with, NaN where the run diverged;
/// - `diverged`: the step at which it did, or nothing;
/// - `distances`: the mean distance in each part of each period;
/// - `open`: how far the gate was open in each period, on average;
/// - `norm 1`, `norm 2`, `trace`: the Frobenius norms of W₁ and W₂ and the trace of P after each part;
/// - `x`, `y`: the movement in the last period.
pub(super) fn measure<T: Scalar>(
    mut run: Simulation<T>,
    schedule: &PeriodSchedule,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let steps = run.task().steps();
    let periods = schedule.periods();
    let learning = periods.iter().take_while(|period| !period.is_test).count();
    let mut meter = DeviationMeter::new((learning * steps) as u64);
    let mut course = Course::default();
    let mut diverged = None;
    'run: for (number, period) in periods.iter().enumerate() {
        let draws = number + 1 == periods.len();
        let mut gates = Mean::default();
        let mut distances = Mean::default();
        for place in 0..steps {
            match run.step(period) {
                Ok(step) => {
                    meter.observe(&step);
                    distances.push(step.squared_distance.to_f64().sqrt());
                    step.gate
                        .into_iter()
                        .for_each(|gate| gates.push(gate.to_f64()));
                    if draws && place.is_multiple_of(steps.div_ceil(POINTS)) {
                        course.draw(step.position);
                    }
                }
                Err(error) => {
                    diverged = Some(error);
                    break 'run;
                }
            }
            if (place + 1) * PARTS / steps > place * PARTS / steps {
                if monitor.stop_requested() {
                    return Err(Error::interrupted());
                }
                course
                    .distances
                    .push(std::mem::take(&mut distances).value());
                course.note_weights(&run);
            }
        }
        course.open.push(gates.value());
    }
    Ok(course.into_measurement(&meter, diverged))
}

#[derive(Default)]
struct Course {
    distances: Vec<f64>,
    open: Vec<f64>,
    norms: [Vec<f64>; 2],
    traces: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Course {
    fn draw<T: Scalar>(&mut self, position: &[T]) {
        if let [x, y] = *position {
            self.x.push(x.to_f64());
            self.y.push(y.to_f64());
        }
    }

    fn note_weights<T: Scalar>(&mut self, run: &Simulation<T>) {
        let state = run.state();
        for (norms, weights) in self.norms.iter_mut().zip([&state.w1, &state.w2]) {
            let squares = weights.iter().map(|w| w.to_f64() * w.to_f64());
            norms.push(squares.sum::<f64>().sqrt());
        }
        self.traces
            .extend(state.p.as_ref().map(|p| p.trace().to_f64()));
    }

    fn into_measurement(self, meter: &DeviationMeter, diverged: Option<Diverged>) -> Measurement {
        let finished = meter.deviation().filter(|_| diverged.is_none());
        let of =
            |figure: fn(&crate::Deviation) -> f64| [finished.as_ref().map_or(f64::NAN, figure)];
        let [norm_1, norm_2] = self.norms;
        Measurement::new()
            .with("deviation", of(|deviation| deviation.published))
            .with("distance", of(|deviation| deviation.mean_distance))
            .with("rms", of(|deviation| deviation.rms_distance))
            .with("cost", of(|deviation| deviation.mean_cost))
            .with(
                "diverged",
                Vec::from_iter(diverged.map(|at| at.step as f64)),
            )
            .with("distances", self.distances)
            .with("open", self.open)
            .with("norm 1", norm_1)
            .with("norm 2", norm_2)
            .with("trace", self.traces)
            .with("x", self.x)
            .with("y", self.y)
    }
}

/// A mean under way.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn push(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    /// NaN of nothing.
    fn value(&self) -> f64 {
        self.sum / self.count
    }
}

/// Means over each period of what is measured in its parts.
pub(super) fn by_period(parts: &[f64]) -> Vec<f64> {
    let whole = parts.chunks_exact(PARTS);
    whole
        .map(|period| period.iter().sum::<f64>() / PARTS as f64)
        .collect()
}

/// Where the end of a part lies, in periods.
pub(super) fn time(part: usize) -> f64 {
    (part + 1) as f64 / PARTS as f64
}
