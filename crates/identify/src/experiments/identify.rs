//! The experiment `identify`.

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Part, Request, Results};

use super::findings::findings;
use super::judged::Judged;
use super::questions::all;
use super::simulated::SimulatedNetworks;
use super::tables::Answers;
use crate::virtual_networks::rule_classes;

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
        SimulatedNetworks::settings(ExperimentSettings::new(), quick)
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let networks = SimulatedNetworks::open(request)?;
        let classes = rule_classes();
        let judged = Judged::of(&networks.records, classes.len(), networks.seed);
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
