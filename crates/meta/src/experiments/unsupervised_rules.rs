//! The experiment `rules-unsupervised`: known rules that know no labels, by what they make of a hidden layer.

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_experiment::{
    About, Error, Experiment, ExperimentSettings, Measurement, Request, Results, Table,
};
use metaplast_numbers::statistics::mean;
use metaplast_plasticity::{Architecture, Feedback, KnownRule, Rule};

use crate::representation::{Representation, represent};
use crate::seeds::{EpisodeKey, Purpose};
use crate::{Episode, Model};

/// Rules that read neither teaching signals, rewards nor losses.
const RULES: [&str; 11] = [
    "hebb",
    "covariance",
    "bcm",
    "oja-unit",
    "oja-subspace",
    "sanger",
    "scaling",
    "stdp",
    "stdp-triplet",
    "soft-bounds",
    "foldiak",
];
/// What a rule's coefficients are multiplied by; the best by accuracy on tasks of its own is taken.
const FACTORS: [f64; 9] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
/// Tasks on which a factor is chosen; their trials have other numbers than those that are told.
const CHOOSING: u64 = 3;
const FIRST_CHOOSING: u64 = 1 << 40;

/// The experiment.
pub(super) struct UnsupervisedRules;

impl Experiment for UnsupervisedRules {
    fn about(&self) -> About {
        About::new("rules-unsupervised", "Known rules without a teacher")
            .asking(
                "A hidden layer learns from images by a rule of the literature alone, without labels, errors or \
                 rewards. Which rules make classes easier to tell apart, by the nearest mean activity of a class, \
                 than random weights do, how correlated and how dense is the activity, and how much of the images' \
                 variance do the weights span?",
            )
            .published(
                "Each rule is of the paper that `metaplast_plasticity::KnownRule` names; nobody has published this \
                 comparison.",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let small = |usual, small| if quick { small } else { usual };
        ExperimentSettings::new()
            .trials_and_seed(small(20, 2))
            .whole("glyphs", small(100, 12), "glyphs drawn of each class")
            .whole("hidden", small(40, 8), "units of the hidden layer")
            .whole("ways", small(10, 3), "classes of a task")
            .whole("shots", small(50, 4), "images of each class to learn from")
            .whole(
                "queries",
                small(20, 3),
                "images of each class to be examined on",
            )
            .whole("steps", small(1000, 20), "online steps of a task")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let setup = UnsupervisedSetup::new(request.settings)?;
        let trials = request.settings.whole_within("trials", 1..=10_000)?;
        let names: Vec<String> = RULES
            .iter()
            .map(|rule| format!("factor of {rule}"))
            .collect();
        let chosen = request.measure("factors", &names, |place| {
            let rule = known(place);
            let mut best = (f64::NEG_INFINITY, FACTORS[0]);
            for factor in FACTORS {
                let tasks = (0..CHOOSING)
                    .map(|k| setup.represent(&scaled(&rule, factor), FIRST_CHOOSING + k));
                let accuracy: Vec<f64> = tasks
                    .map(|found| found.map_or(0.0, |f| f.accuracy))
                    .collect();
                if mean(&accuracy) > best.0 {
                    best = (mean(&accuracy), factor);
                }
            }
            Ok(Measurement::new().with("factor", [best.1]))
        })?;
        let rules: Vec<(String, f64, Rule)> = (chosen.iter().enumerate())
            .map(|(place, measured)| {
                let factor = measured.number("factor");
                (
                    RULES[place].to_owned(),
                    factor,
                    scaled(&known(place), factor),
                )
            })
            .collect();
        // Random weights: a rule whose coefficient is 0.
        let random = ("random weights".to_owned(), 0.0, scaled(&known(0), 0.0));
        let rules: Vec<_> = [random].into_iter().chain(rules).collect();
        let names: Vec<String> = (rules.iter())
            .flat_map(|(name, ..)| (0..trials).map(move |trial| format!("{name}, trial {trial}")))
            .collect();
        let measured = request.measure("representations", &names, |place| {
            let (rule, trial) = (place / trials as usize, place as u64 % trials);
            Ok(as_measurement(setup.represent(&rules[rule].2, trial)))
        })?;
        let measured: Vec<&[Measurement]> = measured.chunks(trials as usize).collect();
        Ok(shown(&rules, &measured, request.settings))
    }
}

/// Images, network and tasks.
struct UnsupervisedSetup {
    dataset: Dataset,
    sampler: TaskSampler,
    architecture: Architecture,
    steps: u64,
    seed: u64,
}

impl UnsupervisedSetup {
    fn new(settings: &ExperimentSettings) -> Result<Self, Error> {
        let whole = |name: &str| Ok(settings.whole_within(name, 1..=10_000)? as usize);
        let dataset = Dataset::glyphs(whole("glyphs")?, 1);
        let sampler = TaskSampler::new(
            &dataset,
            whole("ways")?,
            whole("shots")?,
            whole("queries")?,
            Sampling::Fresh,
        );
        let sizes = vec![784, whole("hidden")?, dataset.classes()];
        Ok(UnsupervisedSetup {
            sampler: sampler
                .map_err(|error| Error::setting("ways, shots, queries", error.to_string()))?,
            architecture: Architecture::new(sizes).map_err(Error::other)?,
            dataset,
            steps: settings.whole_within("steps", 1..=1_000_000)?,
            seed: settings.seed(),
        })
    }

    /// What a rule makes of the hidden layer in one task.
    fn represent(&self, rule: &Rule, trial: u64) -> Option<Representation> {
        let model = Model {
            architecture: self.architecture.clone(),
            feedback: Feedback::fixed(),
            rule: rule.clone(),
        };
        let key = EpisodeKey::new(self.seed, trial, 0);
        let task = self
            .sampler
            .sample(&self.dataset, &mut key.stream(Purpose::Task));
        represent(&Episode::new(&model, key, &self.dataset, &task).with_steps(Some(self.steps)))
    }
}

fn known(place: usize) -> Rule {
    KnownRule::find(RULES[place]).expect("a known rule").rule()
}

/// The rule with the coefficients of its terms, and not the constants of memories, times a factor.
fn scaled(rule: &Rule, factor: f64) -> Rule {
    let terms = rule.term_coefficients();
    let theta: Vec<f64> = (rule.theta().iter().enumerate())
        .map(|(place, theta)| {
            if place < terms {
                factor * theta
            } else {
                *theta
            }
        })
        .collect();
    rule.clone().with_theta(&theta)
}

/// Nothing where weights or activity were not finite.
fn as_measurement(found: Option<Representation>) -> Measurement {
    let values = found.map_or(Vec::new(), |found| {
        vec![
            found.accuracy,
            found.explained_variance,
            found.correlation,
            found.sparseness,
            found.input_accuracy,
        ]
    });
    Measurement::new().with("found", values)
}

fn shown(
    rules: &[(String, f64, Rule)],
    measured: &[&[Measurement]],
    settings: &ExperimentSettings,
) -> Results {
    let mut table = Table::new(
        "rules",
        "A hidden layer that a rule has made without labels",
        [
            "rule",
            "factor",
            "accuracy",
            "explained variance",
            "correlation",
            "density",
            "exploded",
        ],
    )
    .with_note(format!(
        "Accuracy of the nearest class mean, share of variance in the space of the weights, mean squared correlation \
         of two units, and (mean y)² / mean y²; means over trials with their 98% bootstrap intervals. {} steps on {} \
         classes of {} glyphs, {} units. Coefficients are those of the preset times a factor, the best of {} on {} \
         other tasks; of several that are alike, the least.",
        settings.get_whole("steps"),
        settings.get_whole("ways"),
        settings.get_whole("shots"),
        settings.get_whole("hidden"),
        FACTORS.map(|factor| factor.to_string()).join(", "),
        CHOOSING,
    ));
    for ((name, factor, _), trials) in rules.iter().zip(measured) {
        let of = |column: usize| -> Vec<f64> {
            let found = trials.iter().map(|trial| trial.series("found"));
            found
                .filter_map(|found| found.get(column).copied())
                .collect()
        };
        let exploded = trials
            .iter()
            .filter(|trial| trial.series("found").is_empty());
        let means = [0, 1, 2, 3].map(|column| table.mean_of(&of(column), 3));
        let [accuracy, explained, correlation, density] = means;
        table.row([
            name.clone().into(),
            factor.to_string().into(),
            accuracy,
            explained,
            correlation,
            density,
            (exploded.count() as u64).into(),
        ]);
    }
    let mut ranked: Vec<usize> = (0..rules.len()).collect();
    let accuracy = |rule: usize| {
        let found = measured[rule]
            .iter()
            .filter_map(|trial| trial.series("found").first().copied());
        let found: Vec<f64> = found.collect();
        if found.is_empty() { 0.0 } else { mean(&found) }
    };
    ranked.sort_by(|&a, &b| accuracy(b).total_cmp(&accuracy(a)));
    let images: Vec<f64> = measured[0]
        .iter()
        .filter_map(|trial| trial.series("found").get(4).copied())
        .collect();
    let finding = format!(
        "The highest accuracy is that of {}, {:.3}; random weights have {:.3}, the images themselves {}.",
        rules[ranked[0]].0,
        accuracy(ranked[0]),
        accuracy(0),
        table.mean_of(&images, 3).to_text()
    );
    Results::new().with_finding(finding).with_table(table)
}
