//! The list of discovered rules: trained anew beside those of the paper, compared, and written as rule files.

use std::fs;
use std::path::Path;

use metaplast_experiment::{Cell, Error, Measurement, Request, Results, Table};
use metaplast_meta::evaluate::{Evaluation, PairedDifference};
use metaplast_meta::query::QueryScore;
use metaplast_numbers::Estimate;
use metaplast_numbers::sorting::sort_by;
use metaplast_plasticity::{Preset, Rule, Term};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::train::rule_file;
use metaplast_search::SearchHistory;

use super::discover::DiscoveryPlan;
use crate::short_training::TrainingEnd;

/// Rule files, best first, and those of the paper's rules.
const RULES: &str = "rules";
/// Diverged episodes in a row with which the training of a rule of the list ends.
const PATIENCE: u32 = 50;
/// Rules of the paper, trained like those that were found.
const PUBLISHED: [Preset; 3] = [Preset::Fa, Preset::EHebb, Preset::Bio];

/// A rule of the list.
struct Listed {
    name: String,
    rule: Rule,
    scores: Vec<QueryScore>,
}

impl DiscoveryPlan {
    /// Trains the best anew, and the rules of the paper with them; writes their files.
    pub(super) fn rank(
        &self,
        request: &Request<'_>,
        history: &SearchHistory,
        results: Results,
    ) -> Result<Results, Error> {
        let mut tried: Vec<_> = history
            .tried()
            .iter()
            .filter(|t| t.reward.is_finite())
            .collect();
        sort_by(&mut tried, |a, b| b.reward.total_cmp(&a.reward));
        let mut rules: Vec<(String, Rule)> = PUBLISHED
            .map(|preset| (preset.to_string(), Rule::preset(preset)))
            .to_vec();
        // Those of the paper are in the list anyway.
        let is_published = |rule: &Rule| {
            let mut published = PUBLISHED.into_iter().map(Rule::preset);
            published.any(|other| other.terms() == rule.terms())
        };
        let found = tried.iter().map(|tried| self.grammar.rule(&tried.choices));
        let found = found.filter(|rule| !is_published(rule)).take(self.kept);
        rules.extend(found.map(|rule| (formula(&rule), rule)));
        let names: Vec<String> = rules.iter().map(|(name, _)| name.clone()).collect();
        let measured = request.measure("rules of the list", &names, |place| {
            self.train(request, &rules[place].1)
        })?;
        let mut listed: Vec<Listed> = Vec::new();
        for ((name, rule), measured) in rules.into_iter().zip(&measured) {
            listed.push(self.listed(name, &rule, measured)?);
        }
        let worth = |listed: &Listed| accuracy(&listed.scores) - self.price.of(&listed.rule);
        sort_by(&mut listed, |a, b| worth(b).total_cmp(&worth(a)));
        if let Some(directory) = request.directory {
            self.write(&directory.join(RULES), &listed, &measured, &names)?;
        }
        Ok(self.table(&listed, request.settings.seed(), results))
    }

    /// θ after each training, and the scores of their mean.
    fn train(&self, request: &Request<'_>, rule: &Rule) -> Result<Measurement, Error> {
        let stop = || request.monitor.stop_requested();
        let mut measurement = Measurement::new();
        let mut mean = vec![0.0; rule.theta().len()];
        for trial in 0..self.trainings {
            let mut rule = self.training.begin(rule, trial);
            if rule.train_to(self.episodes, PATIENCE, &stop) == TrainingEnd::Stopped {
                return Err(Error::interrupted());
            }
            let theta = rule.rule().theta().to_vec();
            for (mean, theta) in mean.iter_mut().zip(&theta) {
                *mean += theta / self.trainings as f64;
            }
            measurement.set(format!("theta {trial}"), theta);
        }
        let rule = rule.clone().with_theta(&mean);
        let tasks = self.training.tasks();
        let held_out = match tasks.held_out.is_empty() {
            true => tasks.sampler.clone(),
            false => {
                let sampler = tasks.sampler.clone().with_classes(tasks.held_out.clone());
                sampler.map_err(Error::other)?
            }
        };
        let fresh = (self.final_tasks, self.final_seed());
        let scores = self.training.scores(&rule, &held_out, fresh);
        measurement.set(
            "accuracy",
            scores.iter().map(|s| s.accuracy).collect::<Vec<_>>(),
        );
        let losses: Vec<f64> = scores.iter().map(|s| s.cross_entropy).collect();
        measurement.set("cross_entropy", losses);
        Ok(measurement)
    }

    /// Of tasks that no search has seen.
    fn final_seed(&self) -> u64 {
        self.training.config().seed.wrapping_add(1)
    }

    fn listed(&self, name: String, rule: &Rule, measured: &Measurement) -> Result<Listed, Error> {
        let trials = self.thetas(measured);
        let mut mean = vec![0.0; rule.theta().len()];
        for trial in &trials {
            for (mean, theta) in mean.iter_mut().zip(trial) {
                *mean += theta / trials.len() as f64;
            }
        }
        let both = measured
            .series("accuracy")
            .iter()
            .zip(measured.series("cross_entropy"));
        let scores = both.map(|(&accuracy, &cross_entropy)| QueryScore {
            cross_entropy,
            accuracy,
        });
        Ok(Listed {
            name,
            scores: scores.collect(),
            rule: rule.clone().try_with_theta(&mean).map_err(Error::other)?,
        })
    }

    fn thetas(&self, measured: &Measurement) -> Vec<Vec<f64>> {
        let trials = 0..self.trainings;
        trials
            .map(|trial| measured.series(&format!("theta {trial}")).to_vec())
            .collect()
    }

    /// A rule file for each rule, as `meta-train` writes them: `1.toml` for the first of the list.
    fn write(
        &self,
        directory: &Path,
        listed: &[Listed],
        measured: &[Measurement],
        names: &[String],
    ) -> Result<(), Error> {
        fs::create_dir_all(directory).map_err(Error::other)?;
        let mut place = 0;
        for listed in listed {
            let published = PUBLISHED.iter().any(|preset| preset.name() == listed.name);
            let name = match published {
                true => listed.name.clone(),
                false => {
                    place += 1;
                    place.to_string()
                }
            };
            let measured = names.iter().zip(measured);
            let measured = measured.filter(|(name, _)| **name == listed.name);
            let trials: Vec<Vec<f64>> = measured.flat_map(|(_, m)| self.thetas(m)).collect();
            let mut config = self.training.config().clone();
            config.rule = listed.rule.clone();
            config.episodes = self.episodes;
            config.trials = self.trainings;
            let (dataset, tasks) = (self.training.dataset(), self.training.tasks());
            let file = rule_file(&config, dataset, tasks, trials, None).map_err(Error::other)?;
            let path = directory.join(format!("{name}.toml"));
            write_whole(&path, file.to_toml().as_bytes()).map_err(Error::other)?;
        }
        Ok(())
    }

    fn table(&self, listed: &[Listed], seed: u64, results: Results) -> Results {
        let classes = match self.training.tasks().held_out.len() {
            0 => "the classes that were learned from".to_owned(),
            n => format!("{n} classes that were held out"),
        };
        let mut table = Table::new(
            "rules",
            "Rules by their accuracy less price",
            ["rule", "ΔW", "accuracy", "price", "minus ehebb", "minus bio"],
        )
        .with_note(format!(
            "Rules with a number are in the directory `{RULES}`, ready for `metaplast evaluate`. Each was trained anew for \
             {} episodes; {} fresh tasks of {classes}, the same for all, with the 98% bootstrap interval over tasks, of \
             differences over pairs. fa, ehebb and bio are the rules of the paper, trained alike.",
            self.episodes, self.final_tasks
        ));
        let outputs = self.training.config().architecture.outputs();
        let of = |preset: Preset| listed.iter().find(|listed| listed.name == preset.name());
        let minus = |listed: &Listed, other: Option<&Listed>| {
            let other = other.filter(|other| other.name != listed.name);
            let other =
                other.map(|other| PairedDifference::of(&listed.scores, &other.scores, seed));
            other.map(|difference| Estimate {
                mean: difference.accuracy,
                interval: Some(difference.interval),
            })
        };
        let (mut place, mut results) = (0, results);
        for listed in listed {
            let is_found = !PUBLISHED.iter().any(|preset| preset.name() == listed.name);
            place += usize::from(is_found);
            let evaluation = Evaluation::of(&listed.scores, outputs, seed);
            let accuracy = Estimate {
                mean: evaluation.accuracy,
                interval: Some(evaluation.interval),
            };
            let name = if is_found {
                place.to_string()
            } else {
                listed.name.clone()
            };
            let (ehebb, bio) = (
                minus(listed, of(Preset::EHebb)),
                minus(listed, of(Preset::Bio)),
            );
            if let (1, true, Some(bio)) = (place, is_found, bio) {
                let interval = bio.interval.map_or(String::new(), |interval| {
                    format!(
                        " (98% interval {} to {})",
                        signed(interval.low),
                        signed(interval.high)
                    )
                });
                results = results.with_finding(format!(
                    "The accuracy of the best rule that was found, {}, minus that of bio is {}{interval}.",
                    listed.name,
                    signed(bio.mean)
                ));
            }
            table.row([
                name.into(),
                formula(&listed.rule).into(),
                Cell::mean(Some(accuracy), 3),
                Cell::number(self.price.of(&listed.rule), 2),
                Cell::mean(ehebb, 2),
                Cell::mean(bio, 2),
            ]);
        }
        results.with_table(table)
    }
}

fn accuracy(scores: &[QueryScore]) -> f64 {
    scores.iter().map(|score| score.accuracy).sum::<f64>() / scores.len() as f64
}

/// The terms as maths: `−e_l y_(l−1)ᵀ; y_l z_lᵀ`.
fn formula(rule: &Rule) -> String {
    let formulas: Vec<&str> = rule.terms().iter().map(Term::formula).collect();
    formulas.join("; ")
}

/// A difference, with its sign.
fn signed(x: f64) -> String {
    format!("{x:+.3}").replace('-', "−")
}
