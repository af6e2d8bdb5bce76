//! Every setting, trained once.

use metaplast_experiment::{Error, Measurement, Request};

use super::Setup;
use crate::landscape::Landscape;
use crate::retention::RetentionErrors;

/// Settings of one measurement.
const TOGETHER: usize = 64;

/// The landscape of all settings on the chosen soils.
pub(super) fn train(setup: &Setup, request: &Request<'_>) -> Result<Landscape, Error> {
    let space = setup.game.space();
    let candidates = space.candidates();
    let starts: Vec<usize> = (0..candidates).step_by(TOGETHER).collect();
    let end = |start: usize| candidates.min(start + TOGETHER);
    let names: Vec<String> = starts
        .iter()
        .map(|&start| format!("settings {} to {}", start + 1, end(start)))
        .collect();
    let measured = request.measure("settings", &names, |place| {
        let (mut training, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
        for candidate in starts[place]..end(starts[place]) {
            if request.monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            let errors = setup.game.errors(&space.candidate(candidate));
            training.push(errors.training);
            validation.push(errors.validation);
            test.push(errors.test);
        }
        Ok(Measurement::new()
            .with("training", training)
            .with("validation", validation)
            .with("test", test))
    })?;
    let mut errors = Vec::new();
    for measured in &measured {
        let series = |name| measured.series(name).iter().copied();
        let all = series("training").zip(series("validation").zip(series("test")));
        errors.extend(all.map(|(training, (validation, test))| RetentionErrors {
            training,
            validation,
            test,
        }));
    }
    Ok(setup.game.landscape(&errors))
}
