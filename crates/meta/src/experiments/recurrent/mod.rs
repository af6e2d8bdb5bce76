//! Recurrent networks that learn online from sequences, by rules that are meta-learned.

mod contenders;
mod findings;
mod trial;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use contenders::CONTENDERS;
use trial::{SequenceSizes, TASKS, measure};

/// The experiment.
#[derive(Clone, Copy, Debug)]
pub struct Recurrent;

impl Experiment for Recurrent {
    fn about(&self) -> About {
        About::new("recurrent", "Recurrent networks with random feedback through time")
            .asking(
                "In deep feed-forward networks with fixed random feedback, an error-based Hebbian term and Oja's rule \
                 beside the pseudo-gradient (bio: F0 F2 F9) win back most of what backpropagation has. Do they help a \
                 recurrent network that learns online from sequences, against F0 alone with the same random feedback \
                 through time, against e-prop, and against backpropagation through time?",
            )
            .published(
                "The terms are of Shervani-Tabar & Rosenbaum (Nature Communications 14:1805, 2023), who study \
                 feed-forward networks. E-prop and its relative RFLO come near backpropagation through time on several \
                 tasks (Bellec et al., Nature Communications 11:3625, 2020; Murray, eLife 8:e43299, 2019). Both \
                 together are compared with nothing published",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 2 } else { 5 })
            .texts("tasks", &TASKS, "delayed-match (same or different, after a pause), image-rows (glyphs read row by row); below, settings of each task are in this order")
            .whole("episodes", if quick { 8 } else { 150 }, "episodes of meta-learning, each a fresh network and task")
            .whole("hidden", if quick { 12 } else { 32 }, "hidden units")
            .texts("units", &["softplus", "tanh"], "what hidden units do in each task: softplus, tanh")
            .numbers("leak", &[0.3, 0.2], "share of a hidden unit's activity that is new at each step, in each task")
            .numbers("rate", &[3e-3, 2e-3], "step size of the meta-optimiser in each task")
            .numbers("theta", &[0.05, 0.03], "first coefficient of F0 in each task; other terms begin at 0")
            .whole("match_support", if quick { 20 } else { 400 }, "sequences of delayed match that an episode learns from")
            .whole("match_query", if quick { 10 } else { 50 }, "sequences of delayed match that it is judged on")
            .whole("match_classes", 2, "classes of a delayed-match task, drawn anew in each episode")
            .whole("match_inputs", 10, "inputs of delayed match")
            .whole("match_delay", 1, "steps without input between the cue and the probe, which last two steps each")
            .whole("ways", 5, "classes of glyphs in a task")
            .whole("shots", if quick { 2 } else { 20 }, "glyphs of each class that an episode learns from")
            .whole("queries", if quick { 2 } else { 5 }, "glyphs of each class that it is judged on")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let sizes = SequenceSizes::read(request.settings)?;
        let trials = sizes.trials as usize;
        let mut names = Vec::new();
        for task in &sizes.tasks {
            for contender in &CONTENDERS {
                let name = |trial| format!("{task}, {}, trial {trial}", contender.name);
                names.extend((0..trials).map(name));
            }
        }
        let measured = request.measure("trials", &names, |place| {
            let run = place / trials;
            let task = &sizes.tasks[run / CONTENDERS.len()];
            let contender = &CONTENDERS[run % CONTENDERS.len()];
            measure(&sizes, task, contender, (place % trials) as u64)
        })?;
        Ok(findings::results(&sizes, &measured))
    }
}
