//! Spoken digits learned online by three-factor rules: e-prop, a meta-learned rule, and backpropagation
//! through time beside them.

mod findings;
mod learner;
mod meta_learning;
mod rules;
mod tasks;
mod trial;
mod units;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use super::data::{GENERATED, clips, splits};
use findings::results;
use rules::{MEMORIES, TERMS, ThreeFactorRule};
use trial::{Sizes, measure};

/// The experiment.
#[derive(Clone, Copy, Debug)]
pub struct ThreeFactorDigits;

impl Experiment for ThreeFactorDigits {
    fn name(&self) -> String {
        "three-factor-digits".into()
    }

    fn about(&self) -> About {
        About::new("three-factor-digits", "Spoken digits learned by three-factor rules")
            .asking(
                "A spiking network begins anew and learns spoken digits from a stream of clips, each heard once. \
                 Backpropagation through time looks back over the clip; random e-prop is local in time and space: \
                 pre-synaptic trace × post-synaptic slope × an error by fixed random weights. How much of what \
                 lies between them does a three-factor rule win back whose coefficients are meta-learned, through \
                 all spikes and updates?",
            )
            .published(
                "E-prop comes near backpropagation through time on several tasks, with random feedback too \
                 (Bellec et al., Nature Communications 11:3625, 2020). Rules with random feedback that are \
                 meta-learned come near backpropagation in networks without spikes (Shervani-Tabar & Rosenbaum, \
                 Nature Communications 14:1805, 2023). Both together are compared with nothing published",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 2 } else { 3 })
            .text(
                "data",
                GENERATED,
                "generated (digit-like patterns), a directory of WAV files named CLASS_SPEAKER_NUMBER.wav or with one directory for each class, or events (.npz)",
            )
            .whole(
                "recordings",
                if quick { 8 } else { 50 },
                "generated recordings of each digit by each of six speakers",
            )
            .texts("splits", &["recordings"], "what is held out for tests: recordings (the first of every speaker and class), speakers (one after the other)")
            .whole("held_out", if quick { 2 } else { 5 }, "recordings of every speaker and class that are held out")
            .whole(
                "train_recordings",
                0,
                "recordings of every speaker and class to learn from at most; 0 for all",
            )
            .numbers("layers", if quick { &[20.0, 20.0] } else { &[100.0, 100.0] }, "neurons of each layer")
            .texts("terms", &TERMS, "terms of the meta-learned rule; the first is e-prop's, from which it begins")
            .texts("memories", &MEMORIES, "what synapses keep from step to step; the first is e-prop's trace")
            .numbers(
                "rates",
                if quick { &[3e-3, 3e-2] } else { &[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0] },
                "rates among which each learner has the one that is best after a meta-learning task",
            )
            .whole("rate_tasks", if quick { 1 } else { 4 }, "tasks by which rates are chosen")
            .whole("shots", if quick { 1 } else { 5 }, "clips of each class that a meta-learning task learns from")
            .whole("queries", if quick { 1 } else { 5 }, "clips of each class by which it is judged")
            .whole("episodes", if quick { 8 } else { 100 }, "tasks of meta-learning")
            .number("meta_rate", 0.03, "Adam's rate of the coefficients at the beginning, each in units in which its term is as large as e-prop's")
            .whole("streams", if quick { 1 } else { 2 }, "streams of each trial on which learners are tested")
            .whole("stream", if quick { 60 } else { 500 }, "clips of each stream")
            .whole("points", if quick { 6 } else { 10 }, "tests in the course of each stream")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let sizes = Sizes::read(settings)?;
        let rule = ThreeFactorRule::read(settings)?;
        let clips = clips(settings)?;
        let splits = splits(settings, &clips)?;
        let mut names = Vec::new();
        for (held_out, _) in &splits {
            let name = |trial| format!("{}, trial {trial}", held_out.name());
            names.extend((0..trials).map(name));
        }
        for (_, split) in &splits {
            sizes.check(&clips, split)?;
        }
        let measured = request.measure("trials", &names, |place| {
            let (_, split) = &splits[place / trials];
            let seed = settings.seed().wrapping_add((place % trials) as u64);
            measure(&sizes, &rule, (&clips, split), seed, request.monitor)
        })?;
        let data = format!(
            "{}, {} clips of {} classes by {} speakers",
            settings.get_text("data"),
            clips.clips.len(),
            clips.classes.len(),
            clips.speakers().len(),
        );
        let ways: Vec<_> = splits
            .iter()
            .map(|(held_out, _)| held_out.name())
            .zip(measured.chunks(trials))
            .collect();
        Ok(results(&ways, &rule, &data))
    }
}
