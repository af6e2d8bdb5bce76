//! The experiments of `metaplast reproduce`: sweep files that come with the program.

/// An experiment.
#[derive(Debug)]
pub(crate) struct Experiment {
    pub(crate) name: &'static str,
    /// The sweep file.
    pub(crate) text: &'static str,
}

macro_rules! experiments {
    ($($name:literal),* $(,)?) => {
        /// All, in the order shown to users.
        pub(crate) const ALL: &[Experiment] = &[$(Experiment {
            name: $name,
            text: include_str!(concat!("../experiments/", $name, ".toml")),
        }),*];
    };
}

experiments! {
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
}

/// The names of all.
pub(crate) fn names() -> Vec<String> {
    ALL.iter().map(|e| e.name.to_owned()).collect()
}

/// The experiment of this name.
pub(crate) fn find(name: &str) -> Option<&'static Experiment> {
    ALL.iter().find(|experiment| experiment.name == name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sweep::SweepPlan;

    #[test]
    fn every_experiment_can_be_planned_in_both_sizes() {
        for experiment in ALL {
            let plan = |quick: bool| {
                let plan = SweepPlan::read(Path::new(experiment.name), experiment.text, quick, &[]);
                plan.unwrap_or_else(|error| panic!("{error}"))
            };
            let work = |plan: &SweepPlan| -> u64 {
                let runs = plan.runs.iter();
                runs.map(|planned| planned.config.episodes * planned.config.trials)
                    .sum()
            };
            let (full, quick) = (plan(false), plan(true));
            assert!(work(&quick) * 3 <= work(&full), "{}", experiment.name);
            assert!(full.title.is_some() && full.question.is_some() && full.published.is_some());
        }
    }
}
