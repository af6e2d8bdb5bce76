//! The sweep files that come with the program: the experiments of the paper on meta-learned
//! plasticity rules.

use metaplast_experiment::Experiment;

use crate::sweep::SweepExperiment;

macro_rules! sweeps {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each, in the order shown to users.
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../experiments/", $name, ".toml")))),*
        ];
    };
}

sweeps! {
    "fig1",
    "fig3",
    "fig4",
    "fig5",
    "fig7",
    "fig8",
    "table1",
    "bio",
    "lambda-sweep",
    "depth-sweep",
    "per-layer",
    "oja-on-backprop",
    "transfer",
    "rules",
    "intrinsic",
    "conv",
}

/// All of them.
pub(super) fn all() -> Vec<Box<dyn Experiment>> {
    of(FILES)
}

/// Experiments from names and sweep files, which can be read.
pub(super) fn of(files: &[(&str, &str)]) -> Vec<Box<dyn Experiment>> {
    let experiment = |&(name, text): &(&str, &str)| -> Box<dyn Experiment> {
        Box::new(SweepExperiment::built_in(name, text))
    };
    files.iter().map(experiment).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sweep::SweepPlan;

    #[test]
    fn every_sweep_can_be_planned_in_both_sizes() {
        for &(name, text) in FILES {
            let plan = |quick: bool| {
                let plan = SweepPlan::read(Path::new(name), text, quick, &[]);
                plan.unwrap_or_else(|error| panic!("{error}"))
            };
            let work = |plan: &SweepPlan| -> u64 {
                let runs = plan.runs.iter();
                runs.map(|planned| planned.config.episodes * planned.config.trials)
                    .sum()
            };
            let (full, quick) = (plan(false), plan(true));
            assert!(work(&quick) * 3 <= work(&full), "{name}");
            assert!(full.title.is_some());
        }
    }
}
