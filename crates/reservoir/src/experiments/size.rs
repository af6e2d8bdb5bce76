//! The size of an experiment's runs, and whether there is room for one.

use metaplast_experiment::{Error, ExperimentMonitor, ExperimentSettings, Measurement};
use metaplast_tensor::Scalar;

use super::course;
use crate::trial::PublishedTrial;

/// How large runs are, and what they compute with.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Units of the reservoir.
    pub(super) units: usize,
    /// Steps of a period.
    pub(super) steps: usize,
    /// Whether numbers are `f32`.
    pub(super) single: bool,
}

impl Size {
    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let units = settings.whole_within("units", 10..=65_536)?;
        let steps = settings.whole_within("steps", 10..=10_000_000)?;
        let single = match settings.get_text("precision") {
            "f32" => true,
            "f64" => false,
            other => {
                let reason = format!("{other} is no number to compute with; choose f32 or f64");
                return Err(Error::setting("precision", reason));
            }
        };
        // P's lower half, and connections as they are drawn and as they are kept.
        let number: u64 = if single { 4 } else { 8 };
        let connections = units * units / 10;
        let bytes = units * units / 2 * number + connections * (16 + 24 + 24 + number + 2);
        check_memory("units", bytes, &format!("a reservoir of {units} units"))?;
        Ok(Size {
            units: units as usize,
            steps: steps as usize,
            single,
        })
    }

    /// Runs a trial in this size.
    pub(super) fn measure(
        self,
        trial: PublishedTrial<f64>,
        monitor: &dyn ExperimentMonitor,
    ) -> Result<Measurement, Error> {
        if self.single {
            self.measure_as(trial.with_precision::<f32>(), monitor)
        } else {
            self.measure_as(trial, monitor)
        }
    }

    fn measure_as<T: Scalar>(
        self,
        mut trial: PublishedTrial<T>,
        monitor: &dyn ExperimentMonitor,
    ) -> Result<Measurement, Error> {
        (trial.units, trial.steps) = (self.units, self.steps);
        course::measure(trial.simulation(), &trial.schedule(), monitor)
    }
}

/// Refuses what takes more memory than the operating system gives. It is asked for one piece of that
/// size, which is given back at once.
pub(super) fn check_memory(setting: &str, bytes: u64, what: &str) -> Result<(), Error> {
    let mut piece: Vec<u8> = Vec::new();
    let asked = usize::try_from(bytes).unwrap_or(usize::MAX);
    if piece.try_reserve_exact(asked).is_ok() {
        return Ok(());
    }
    let gigabytes = bytes as f64 / 1e9;
    let reason =
        format!("{what} takes {gigabytes:.1} GB of memory, more than can be had; ask for less");
    Err(Error::setting(setting, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused_with_its_size() {
        assert!(check_memory("units", 1 << 20, "this").is_ok());
        let refused = check_memory("units", 1 << 60, "a reservoir of 9 units").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "units: a reservoir of 9 units takes 1152921504.6 GB of memory, more than can be had; ask for less"
        );
    }
}
