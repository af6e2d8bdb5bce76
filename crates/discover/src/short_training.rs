//! Short meta-trainings: what a rule is worth after a few episodes.

use std::ops::ControlFlow;

use metaplast_data::{Dataset, TaskSampler};
use metaplast_meta::Model;
use metaplast_meta::evaluate::{EvaluationSettings, evaluate};
use metaplast_meta::query::QueryScore;
use metaplast_meta::train::{
    EpisodeRecord, Observer, TrainError, TrainSettings, Trainer, TrialState,
};
use metaplast_plasticity::{Preset, Rule};
use metaplast_runs::Error;
use metaplast_runs::settings::rule::FIRST_THETA;
use metaplast_runs::settings::{Config, Tasks};

/// On what rules are trained and tried: images, tasks, a network and a meta-optimiser, the same for all rules.
///
/// Episodes and tasks follow from their numbers and the seed alone, so that two rules meet the same ones.
#[derive(Debug)]
pub struct ShortTraining {
    config: Config,
    dataset: Dataset,
    tasks: Tasks,
}

/// How a stage of a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingEnd {
    /// All its episodes are done.
    Reached,
    /// Too many episodes in a row diverged.
    Exploded,
    /// It was asked to stop.
    Stopped,
}

/// A rule in the course of its training, which can go on from stage to stage.
#[derive(Clone, Debug)]
pub struct TrainingRule<'a> {
    training: &'a ShortTraining,
    settings: TrainSettings,
    state: TrialState,
}

impl ShortTraining {
    /// By a configuration, of which rule, episodes and trials do not matter; opens the images.
    ///
    /// # Errors
    /// When images cannot be read, or network, tasks and images do not fit each other.
    pub fn open(mut config: Config) -> Result<Self, Error> {
        let (dataset, tasks) = config.open_data()?;
        Ok(ShortTraining {
            config,
            dataset,
            tasks,
        })
    }

    /// The configuration, with the network that the images ask for.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The images.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Tasks and the classes that are kept from them.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// A rule before its first episode: the pseudo-gradient begins at 10⁻³, all others at 0, as in the paper.
    /// `trial` tells apart repetitions with other random streams.
    #[must_use]
    pub fn begin(&self, rule: &Rule, trial: u64) -> TrainingRule<'_> {
        let mut config = self.config.clone();
        let theta: Vec<f64> = rule.terms().iter().map(first_theta).collect();
        config.rule = rule.clone().with_theta(&theta);
        let settings = config.trainer_settings();
        let trainer = Trainer::new(&settings, &self.dataset, &self.tasks.sampler);
        let state = trainer.begin(trial);
        TrainingRule {
            training: self,
            settings,
            state,
        }
    }

    /// How a rule does on so many fresh tasks of these classes, in their order; tasks follow from the seed.
    #[must_use]
    pub fn scores(
        &self,
        rule: &Rule,
        sampler: &TaskSampler,
        (tasks, seed): (u64, u64),
    ) -> Vec<QueryScore> {
        let settings = EvaluationSettings::new(tasks)
            .with_seed(seed)
            .with_steps(self.config.steps())
            .with_precision(self.config.precision);
        let model = Model {
            architecture: self.config.architecture.clone(),
            feedback: self.config.feedback.clone(),
            rule: rule.clone(),
        };
        evaluate(&model, &self.dataset, sampler, &settings, &|| {})
    }

    /// The mean query accuracy on so many fresh tasks of the classes that are learned from; a task that diverged
    /// counts with what it got.
    #[must_use]
    pub fn accuracy(&self, rule: &Rule, tasks: u64) -> f64 {
        let scores = self.scores(rule, &self.tasks.sampler, (tasks, self.config.seed));
        scores.iter().map(|score| score.accuracy).sum::<f64>() / scores.len() as f64
    }
}

fn first_theta(term: &metaplast_plasticity::Term) -> f64 {
    let is_first = Rule::preset(Preset::Fa).terms().contains(term);
    if is_first { FIRST_THETA } else { 0.0 }
}

impl TrainingRule<'_> {
    /// Trains on until so many episodes are done in all, or `patience` of them in a row diverged.
    pub fn train_to(
        &mut self,
        episodes: u64,
        patience: u32,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> TrainingEnd {
        self.settings.episodes = episodes;
        self.settings.patience = patience;
        let ShortTraining { dataset, tasks, .. } = self.training;
        let trainer = Trainer::new(&self.settings, dataset, &tasks.sampler);
        let mut follower = Follower { stop, last: None };
        let results = trainer.run_from(vec![self.state.clone()], &mut follower);
        if let Some(last) = follower.last {
            self.state = last;
        }
        match results.into_iter().next() {
            Some(Err(TrainError::Stopped)) => TrainingEnd::Stopped,
            Some(Err(_)) => TrainingEnd::Exploded,
            _ => TrainingEnd::Reached,
        }
    }

    /// The rule with what it has learned.
    #[must_use]
    pub fn rule(&self) -> Rule {
        let rule = self.settings.model.rule.clone();
        rule.with_theta(self.state.theta())
    }

    /// Episodes done.
    #[must_use]
    pub fn episodes(&self) -> u64 {
        self.state.episodes()
    }
}

/// Keeps the last state of a training.
struct Follower<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    last: Option<TrialState>,
}

impl Observer for Follower<'_> {
    fn episode(&mut self, _record: &EpisodeRecord) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn checkpoint(&mut self, state: &TrialState) -> ControlFlow<()> {
        self.last = Some(state.clone());
        match (self.stop)() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
