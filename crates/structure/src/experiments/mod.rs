//! The experiment `structure`: which rules are found, how well they predict, what explains a prediction, and how stable
//! that is.

mod areas;
mod explained;
mod planted;
mod shares;
mod stability;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use crate::likelihood::WeightPenalty;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(Structure)]
}

/// The experiment.
struct Structure;

impl Experiment for Structure {
    fn name(&self) -> String {
        "structure".into()
    }

    fn about(&self) -> About {
        About::new("structure", "Rules that predict and explain")
            .asking(
                "Who advises whom in a department? Rules over who wrote, taught and assisted with whom are searched for in some \
                 areas of research, and judged in one that they have not seen. Are weights that each rule was fitted \
                 with by itself good enough to search by, does a search find a rule that was planted, what explains a \
                 single prediction, and how far does a change of the evidence reach?",
            )
            .published(
                "The method is that of Embar, Srinivasan & Getoor, UAI 2022 (PMLR 180:621–630); their tables and data were \
                 not at hand",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 4 } else { 20 })
            .texts(
                "areas",
                &[],
                "files with areas of UW-CSE as JSON; none for the four that come with the program",
            )
            .number("lambda", 0.05, "λ of the prior on weights")
            .number(
                "gain",
                0.01,
                "what a rule must add to the average precision, greedily",
            )
            .whole(
                "rounds",
                if quick { 100 } else { 200 },
                "random models, of which the best is kept",
            )
            .whole(
                "changes",
                if quick { 100 } else { 1000 },
                "random changes of the evidence in a domain of friends and smokers",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let setup = StructureSettings::new(request.settings)?;
        let ground = areas::ground(request.settings.get_texts("areas"))?;
        let mut results = Results::new();
        if ground.len() > 1 {
            results = areas::measure(&setup, &ground, request, results)?;
            results = shares::measure(&setup, &ground, request, results)?;
            results = explained::show(&setup, &ground, results);
        } else {
            results = results.with_finding(
                "Leaving one area out needs two, and there is one: nothing was measured on UW-CSE.",
            );
        }
        results = planted::measure(&setup, request, results)?;
        stability::measure(&setup, request, results)
    }
}

/// The settings.
struct StructureSettings {
    trials: u64,
    seed: u64,
    penalty: WeightPenalty,
    gain: f64,
    rounds: usize,
    changes: u64,
}

impl StructureSettings {
    fn new(settings: &ExperimentSettings) -> Result<Self, Error> {
        Ok(StructureSettings {
            trials: settings.whole_within("trials", 1..=10_000)?,
            seed: settings.seed(),
            penalty: WeightPenalty {
                lambda: settings.positive("lambda", 1e6)?,
                ..WeightPenalty::default()
            },
            gain: settings.positive("gain", 1.0)?,
            rounds: settings.whole_within("rounds", 1..=1_000_000)? as usize,
            changes: settings.whole_within("changes", 1..=1_000_000)?,
        })
    }
}

/// The numbers of one series in all measurements.
fn numbers(measured: &[metaplast_experiment::Measurement], name: &str) -> Vec<f64> {
    measured.iter().map(|one| one.number(name)).collect()
}
