//! A sweep as an experiment: meta-trainings that differ in their settings.

use std::path::{Path, PathBuf};

use metaplast_experiment::{
    About, Error, Experiment, ExperimentSetting, ExperimentSettings, Request, Results, Value,
};
use toml::Value as Toml;

use super::entries::SettingChange;
use super::plan::SweepPlan;
use super::run::SweepRun;
use super::search::SweepSearch;
use super::target::Target;
use crate::error::Error as CommandError;

/// A sweep file.
#[derive(Debug)]
pub(crate) struct SweepExperiment {
    name: String,
    path: PathBuf,
    text: String,
    search: Option<SweepSearch>,
}

/// The settings of every sweep that can be chosen besides its file, as its file spells them.
const CHOSEN: [&str; 4] = ["trials", "episodes", "seed", "data"];
/// Images on which the rules are tried, too.
const TRANSFER_TO: &str = "transfer_to";

impl SweepExperiment {
    /// From the text of a sweep file of the program, which can be read.
    pub(crate) fn built_in(name: &str, text: &str) -> Self {
        SweepExperiment {
            name: name.to_owned(),
            path: name.into(),
            text: text.to_owned(),
            search: None,
        }
    }

    /// From the text of a sweep file.
    pub(crate) fn read(name: &str, path: &Path, text: &str) -> Result<Self, metaplast_runs::Error> {
        let experiment = SweepExperiment {
            path: path.to_owned(),
            ..SweepExperiment::built_in(name, text)
        };
        for quick in [false, true] {
            SweepPlan::read(path, text, quick, &[])?;
        }
        Ok(experiment)
    }

    /// With a searcher that chooses the runs instead of the whole grid.
    pub(crate) fn searched(self, search: Option<SweepSearch>) -> Self {
        SweepExperiment { search, ..self }
    }

    /// The number of runs.
    pub(crate) fn runs(&self) -> u64 {
        self.usual_plan(false).runs.len() as u64
    }

    fn usual_plan(&self, quick: bool) -> SweepPlan {
        let plan = SweepPlan::read(&self.path, &self.text, quick, &[]);
        plan.expect("the file was read before")
    }

    /// The plan with what was chosen.
    pub(crate) fn plan(&self, request: &Request<'_>) -> Result<SweepPlan, CommandError> {
        let chosen = request.settings.all().iter();
        let chosen = chosen.filter(|setting| setting.chosen && setting.name != TRANSFER_TO);
        let changes: Vec<SettingChange> = chosen.map(change).collect::<Result<_, _>>()?;
        let mut plan = SweepPlan::read(&self.path, &self.text, request.quick, &changes)?;
        for data in request.settings.get_texts(TRANSFER_TO) {
            let mut target = Target::on_data(data);
            // Two directories may have the same last name.
            if plan.targets.iter().any(|other| other.name == target.name) {
                target.name = data.clone();
            }
            if plan.targets.iter().any(|other| other.name == target.name) {
                let reason = "these images are named twice; name each once";
                return Err(CommandError::setting(
                    format!("--transfer-to {data}"),
                    reason,
                ));
            }
            plan.targets.push(target);
        }
        Ok(plan)
    }
}

fn change(setting: &ExperimentSetting) -> Result<SettingChange, CommandError> {
    let value = match &setting.value {
        Value::Whole(n) => match i64::try_from(*n) {
            Ok(n) => Toml::Integer(n),
            Err(_) => {
                let reason = format!("{n} is too large; choose a number of at most {}", i64::MAX);
                return Err(CommandError::setting(format!("--{}", setting.name), reason));
            }
        },
        other => Toml::String(other.to_text()),
    };
    Ok(SettingChange {
        key: setting.name.clone(),
        value,
        byte: None,
    })
}

impl Experiment for SweepExperiment {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn about(&self) -> About {
        let plan = self.usual_plan(false);
        let title = plan.title.unwrap_or_else(|| self.name.clone());
        let mut about = About::new(&self.name, title);
        about.question = plan.question;
        about.published = plan.published;
        about
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        // Runs may differ in these; the first stands for all, and what is chosen holds for all.
        let plan = self.usual_plan(quick);
        let config = &plan.runs[0].config;
        let [trials, episodes, seed, data] = CHOSEN;
        ExperimentSettings::new()
            .whole(
                trials,
                config.trials,
                "whole meta-trainings with different random streams",
            )
            .whole(episodes, config.episodes, "episodes of each trial")
            .whole(
                seed,
                config.seed,
                "from which everything random but the glyphs follows",
            )
            .text(data, &config.source.to_string(), "images by name or path")
            .texts(TRANSFER_TO, &[], "images on which the rules are tried, too")
    }

    fn file(&self) -> Option<&str> {
        Some(&self.text)
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let attempt = || {
            let plan = self.plan(request)?.following_images()?;
            let directory = request.directory();
            let sweep = SweepRun {
                plan: &plan,
                out: &directory,
                monitor: request.monitor,
                part: request.part,
                search: self.search,
            };
            sweep.run()
        };
        attempt().map_err(|error: SweepError| match error {
            SweepError::Experiment(error) => error,
            SweepError::Command(error) => Error::other(error),
        })
    }
}

/// Why a sweep has no results.
#[derive(Debug)]
pub(super) enum SweepError {
    Experiment(Error),
    Command(CommandError),
}

impl<E: Into<CommandError>> From<E> for SweepError {
    fn from(error: E) -> Self {
        SweepError::Command(error.into())
    }
}
