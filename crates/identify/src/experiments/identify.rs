//! The experiment `identify`.

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Part, Request, Results};

use super::findings::findings;
use super::judged::Judged;
use super::questions::all;
use super::tables::Answers;
use crate::virtual_networks::{Archive, ArchiveError, null_classes, rule_classes};

/// Virtual experiments with twelve rules, and what can be told of the rules from outside.
#[derive(Clone, Copy, Debug)]
pub struct Identify;

impl Experiment for Identify {
    fn about(&self) -> About {
        About::new("identify", "Which rule was it?")
            .asking(
                "Networks learn by twelve rules. Can a classifier tell by which, from aggregate statistics of weights and activity: also of architectures and tasks that it has not seen, from few noisy units, and better than from what the statistics are before anything is learned?",
            )
            .published(
                "Nayebi, Srivastava, Ganguli & Yamins, NeurIPS 2020 (arXiv 2010.11765): four rules are separable from weights, activity or activity changes alone, on held-out architectures too; activity stands undersampling and noise better than weights. Their accuracies are not known here.",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .whole(
                "networks",
                if quick { 96 } else { 1440 },
                "networks of the twelve rules, as many of each",
            )
            .whole("seed", 1, "from which everything random follows")
            .text(
                "archive",
                "",
                "directory of networks that `identify simulate` has made; empty: `networks` below the experiment's",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let classes = rule_classes();
        let count = classes.len() as u64;
        let networks = request
            .settings
            .whole_within("networks", 5 * count..=1_000_000)?;
        if networks % count != 0 {
            let reason = format!("{networks} is no multiple of the {count} rules");
            return Err(Error::setting("networks", reason));
        }
        let directory = match request.settings.get_text("archive") {
            "" => request.directory().join("networks"),
            other => other.into(),
        };
        let seed = request.settings.seed();
        let with_nulls = [classes.clone(), null_classes()].concat();
        let all_networks = networks / count * with_nulls.len() as u64;
        let archive = Archive::new(directory, with_nulls, seed).of_part(request.part);
        let records = archive
            .networks(all_networks, request.monitor)
            .map_err(as_error)?;
        let judged = Judged::of(&records, classes.len(), seed);
        let questions = all();
        let names: Vec<String> = questions
            .iter()
            .map(|question| question.name.clone())
            .collect();
        // Shards simulate the networks, which takes long, and leave the questions.
        let request = request.of_part(Part::Whole);
        let measured = request.measure("questions", &names, |place| {
            if request.monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            (questions[place].ask)(&judged)
        })?;
        let answers = Answers {
            all: names.into_iter().zip(measured).collect(),
            classes: &classes,
        };
        let mut results = Results::new();
        for table in answers.tables() {
            results = results.with_table(table);
        }
        for figure in answers.figures() {
            results = results.with_figure(figure);
        }
        for finding in findings(&answers) {
            results = results.with_finding(finding);
        }
        Ok(results)
    }
}

/// The error of an experiment.
pub(super) fn as_error(error: ArchiveError) -> Error {
    match error {
        ArchiveError::Interrupted { done, all } => Error::Interrupted {
            done,
            all,
            pieces: "networks",
        },
        ArchiveError::ShardEnded { done, all } => Error::ShardEnded {
            done,
            all,
            pieces: "networks",
        },
        ArchiveError::Missing { names, all } => Error::Missing {
            names,
            all,
            pieces: "files of networks",
        },
        error => Error::other(error),
    }
}
