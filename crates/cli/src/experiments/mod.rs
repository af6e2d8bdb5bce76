//! The experiments of `metaplast reproduce`, and how any experiment is run from the command.

mod files;
mod images;
mod monitor;
mod run;
mod slurm;
mod sweeps;

use metaplast_experiment::{Experiment, ExperimentMonitor};

pub(crate) use run::ExperimentRun;

/// All, in the order shown to users: the sweeps that come with the program, then those of each
/// published system.
pub(crate) fn all() -> Vec<Box<dyn Experiment>> {
    let mut all = sweeps::all();
    all.extend(metaplast_meta::experiments::all());
    all.extend(metaplast_predictive::experiments::all(images::open));
    all.extend(sweeps::of(metaplast_predictive::experiments::SWEEPS));
    all.extend(metaplast_reservoir::experiments::all());
    all.extend(metaplast_low_rank::experiments::all());
    all.extend(metaplast_identify::experiments::all());
    all.extend(metaplast_spiking::experiments::all());
    all.extend(metaplast_structure::experiments::all());
    all.extend(metaplast_search::experiments::all());
    all.extend(metaplast_discover::experiments::all());
    all.extend(metaplast_molecules::experiments::all());
    all
}

/// Who follows work that is shown in the terminal, or stays silent; it hears interruptions.
pub(crate) fn shown_to(silent: bool) -> Box<dyn ExperimentMonitor> {
    Box::new(monitor::Shown::new(silent))
}

/// The names of all.
pub(crate) fn names() -> Vec<String> {
    all().iter().map(|experiment| experiment.name()).collect()
}

/// The experiment of this name.
pub(crate) fn find(name: &str) -> Option<Box<dyn Experiment>> {
    all()
        .into_iter()
        .find(|experiment| experiment.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_experiment_has_a_question_and_a_size_that_is_quick() {
        for experiment in all() {
            let about = experiment.about();
            assert!(
                about.question.is_some() && about.published.is_some(),
                "{}",
                about.name
            );
            let (full, quick) = (experiment.settings(false), experiment.settings(true));
            let names = |settings: &metaplast_experiment::ExperimentSettings| -> Vec<String> {
                settings
                    .all()
                    .iter()
                    .map(|setting| setting.name.clone())
                    .collect()
            };
            assert_eq!(names(&full), names(&quick), "{}", about.name);
            assert_ne!(full, quick, "{}: a quick run is a full one", about.name);
        }
        let mut names = names();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }
}
