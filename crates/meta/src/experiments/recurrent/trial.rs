//! One trial: the meta-learning of a contender on tasks of one kind.

use metaplast_data::sequences::{DelayedMatch, SequenceTask, image_rows};
use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_experiment::{Error, ExperimentSettings, Measurement};
use metaplast_numbers::digits::shown;
use metaplast_plasticity::{Activation, RecurrentArchitecture, Rule};
use rand::rngs::Xoshiro256PlusPlus;

use super::contenders::Contender;
use crate::sequences::{SequenceModel, SequenceTrainSettings, SequenceTrainer};

/// Kinds of tasks.
pub(super) const TASKS: [&str; 2] = ["delayed-match", "image-rows"];

/// Images of each class of glyphs that are drawn.
const GLYPHS: usize = 100;

/// Upper bounds, against typing errors.
const MOST_RATE: f64 = 1.0;
const MOST_THETA: f64 = 1e3;

/// What the settings say.
pub(super) struct SequenceSizes {
    pub(super) trials: u64,
    pub(super) tasks: Vec<String>,
    pub(super) episodes: u64,
    seed: u64,
    hidden: usize,
    /// Of each kind of task.
    each: [TaskSizes; 2],
    delayed_match: DelayedMatch,
    /// Support and query sequences of delayed match.
    matches: [usize; 2],
    inputs: usize,
    glyphs: Dataset,
    images: TaskSampler,
}

/// What differs between the kinds of tasks.
struct TaskSizes {
    units: Activation,
    leak: f64,
    rate: f64,
    /// The first coefficient of F0.
    first: f64,
}

impl TaskSizes {
    fn read(settings: &ExperimentSettings, place: usize) -> Result<Self, Error> {
        let number = |name: &str, most: f64| match settings.get_numbers(name) {
            each if each.len() != TASKS.len() => Err(for_each(name, each.len())),
            each if each[place].abs() <= most => Ok(each[place]),
            each => {
                let (x, most) = (shown(each[place]), shown(most));
                let reason = format!("{x} makes no sense; choose a number of at most {most}");
                Err(Error::setting(name, reason))
            }
        };
        let units = settings.get_texts("units");
        if units.len() != TASKS.len() {
            return Err(for_each("units", units.len()));
        }
        let units: Result<Activation, _> = units[place].parse();
        let units = units.map_err(|error| Error::setting("units", error.to_string()))?;
        Ok(TaskSizes {
            units,
            leak: number("leak", 1.0)?,
            rate: match number("rate", MOST_RATE)? {
                rate if rate < 0.0 => {
                    let reason = format!(
                        "{} makes no sense; choose a number of 0 or more",
                        shown(rate)
                    );
                    return Err(Error::setting("rate", reason));
                }
                rate => rate,
            },
            first: number("theta", MOST_THETA)?,
        })
    }
}

fn for_each(name: &str, got: usize) -> Error {
    Error::setting(
        name,
        format!("{got} values; give one for each of two tasks"),
    )
}

impl SequenceSizes {
    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let whole = |name: &str, most: u64| settings.whole_within(name, 1..=most);
        let count = |name: &str, most: u64| whole(name, most).map(|n| n as usize);
        let tasks = settings.get_texts("tasks").to_vec();
        if let Some(unknown) = tasks.iter().find(|task| !TASKS.contains(&task.as_str())) {
            let reason = format!("unknown task `{unknown}`; choose {}", TASKS.join(" or "));
            return Err(Error::setting("tasks", reason));
        }
        let inputs = count("match_inputs", 1000)?;
        let delay = settings.whole_within("match_delay", 0..=1000)? as usize;
        let wrong =
            |error: &dyn std::error::Error| Error::setting("match_classes", error.to_string());
        let delayed_match = DelayedMatch::new(inputs, count("match_classes", 500)?)
            .and_then(|sampler| sampler.with_steps(2, delay, 2))
            .map_err(|error| wrong(&error))?;
        let glyphs = Dataset::glyphs(GLYPHS, settings.seed());
        let [ways, shots, queries] = [
            count("ways", 47)?,
            count("shots", 99)?,
            count("queries", 99)?,
        ];
        let images = TaskSampler::new(&glyphs, ways, shots, queries, Sampling::Fresh)
            .map_err(|error| Error::setting("shots", error.to_string()))?;
        Ok(SequenceSizes {
            trials: whole("trials", 10_000)?,
            tasks,
            episodes: whole("episodes", 1_000_000)?,
            seed: settings.seed(),
            hidden: count("hidden", 1000)?,
            each: [TaskSizes::read(settings, 0)?, TaskSizes::read(settings, 1)?],
            delayed_match,
            matches: [
                count("match_support", 1_000_000)?,
                count("match_query", 1_000_000)?,
            ],
            inputs,
            glyphs,
            images,
        })
    }

    fn each(&self, task: &str) -> &TaskSizes {
        &self.each[usize::from(task != TASKS[0])]
    }

    fn model(&self, task: &str, contender: &Contender) -> Result<SequenceModel, Error> {
        let (inputs, outputs) = match task == TASKS[0] {
            true => (self.inputs, 2),
            false => (self.glyphs.rows(), self.images.ways()),
        };
        let each = self.each(task);
        let architecture = RecurrentArchitecture::new(inputs, self.hidden, outputs)
            .and_then(|architecture| architecture.with_leak(each.leak))
            .map_err(|error| Error::setting("leak", error.to_string()))?
            .with_activation(each.units);
        let mut theta = vec![0.0; contender.terms.len()];
        theta[0] = each.first;
        let rule = Rule::from_pool(contender.terms).expect("contenders name each term once");
        Ok(SequenceModel {
            architecture,
            teaching: contender.teaching,
            rule: rule.with_theta(&theta),
        })
    }

    fn draw(&self, task: &str, rng: &mut Xoshiro256PlusPlus) -> SequenceTask {
        match task == TASKS[0] {
            true => {
                let [support, query] = self.matches;
                self.delayed_match.sample(support, query, rng)
            }
            false => image_rows(&self.glyphs, &self.images.sample(&self.glyphs, rng)),
        }
    }
}

/// Query accuracy and loss of each episode, the last θ, and how many episodes diverged.
pub(super) fn measure(
    sizes: &SequenceSizes,
    task: &str,
    contender: &Contender,
    trial: u64,
) -> Result<Measurement, Error> {
    let settings = SequenceTrainSettings::new(sizes.model(task, contender)?)
        .with_episodes(sizes.episodes)
        .with_seed(sizes.seed)
        .with_rate(sizes.each(task).rate)
        // How many diverge is told, and does not end the experiment.
        .with_patience(u32::MAX);
    let draw = |rng: &mut Xoshiro256PlusPlus| sizes.draw(task, rng);
    let trainer = SequenceTrainer::new(&settings, &draw);
    let trainer = trainer.map_err(|error| Error::Failed(error.to_string()))?;
    let (mut accuracy, mut loss, mut diverged) = (Vec::new(), Vec::new(), 0.0);
    let theta = trainer
        .run_trial::<f64>(trial, &mut |record| {
            accuracy.push(record.query.accuracy);
            loss.push(record.query.cross_entropy);
            diverged += f64::from(u8::from(record.diverged));
        })
        .map_err(|error| Error::Failed(format!("{task}, {}: {error}", contender.name)))?;
    Ok(Measurement::new()
        .with("accuracy", accuracy)
        .with("loss", loss)
        .with("theta", theta)
        .with("diverged", [diverged]))
}
