//! Trainer: the loop over episodes, for trials in parallel.

use std::sync::Mutex;

use metaplast_data::{Dataset, Task, TaskSampler};
use metaplast_plasticity::Number;
use rayon::prelude::*;

use super::divergence::{Cause, Divergence};
use super::executor::EpisodeExecutor;
use super::guard::Guard;
use super::locate::locate_from;
use super::meta_step::{judge, move_theta};
use super::observer::{Callback, Observer, OnEpisode, Shared};
use super::proximal::ProximalStep;
use super::record::{EpisodeRecord, TrainError, TrialResult};
use super::settings::TrainSettings;
use super::state::{NamedState, TrialState};
use crate::episode::Episode;
use crate::gradient::{Ask, EpisodeRunner, Outcome};
use crate::optimizer::{Beginning, MetaOptimizer, OptimizerKind};
use crate::precision::in_precision;
use crate::seeds::{EpisodeKey, Purpose};
use crate::start::Start;
use crate::term_sizes::term_sizes_from;

/// Runs meta-training on one data set.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'a> {
    settings: &'a TrainSettings,
    dataset: &'a Dataset,
    sampler: &'a TaskSampler,
    executor: Option<&'a dyn EpisodeExecutor>,
}

/// Runs the episode of a trial and number at θ; see [`Trainer::runner`].
pub type RunEpisode<'a> = Box<dyn FnMut(u64, u64, &[f64]) -> Outcome + Send + 'a>;

impl<'a> Trainer<'a> {
    /// A trainer that draws its tasks by `sampler` from `dataset`.
    ///
    /// # Panics
    /// When `meta_batch` or `patience` is 0, the images do not have the network's number of inputs,
    /// or there are more classes than outputs.
    #[must_use]
    pub fn new(
        settings: &'a TrainSettings,
        dataset: &'a Dataset,
        sampler: &'a TaskSampler,
    ) -> Self {
        assert!(settings.meta_batch > 0, "trainer: meta_batch is 0");
        assert!(settings.patience > 0, "trainer: patience is 0");
        let architecture = &settings.model.architecture;
        assert!(
            architecture.steps_of(dataset.pixels_per_image()).is_some(),
            "trainer: {} pixels of an image, {} inputs of the network",
            dataset.pixels_per_image(),
            architecture.inputs()
        );
        assert!(
            dataset.classes() <= architecture.outputs(),
            "trainer: {} classes, {} outputs",
            dataset.classes(),
            architecture.outputs()
        );
        Trainer {
            settings,
            dataset,
            sampler,
            executor: None,
        }
    }

    /// The same with episodes that somebody else runs.
    #[must_use]
    pub fn with_executor(self, executor: Option<&'a dyn EpisodeExecutor>) -> Self {
        Trainer { executor, ..self }
    }

    /// Runs trials `0..trials` from their beginning, on the threads of the rayon pool that it is
    /// called from.
    ///
    /// Episodes of different trials reach `observe` in any order, those of one trial in theirs.
    /// The number of threads changes no bit of any record.
    ///
    /// # Errors
    /// The first trial's, by number, that stopped early.
    pub fn run(
        &self,
        trials: u64,
        observe: &mut OnEpisode<'_>,
    ) -> Result<Vec<TrialResult>, TrainError> {
        let results = self.run_from(self.begin_all(trials), &mut Callback(observe));
        results.into_iter().collect()
    }

    /// Runs trials on from these states, each to its end, as [`run`](Trainer::run) does from the
    /// beginning. The results are in the order of `states`.
    ///
    /// # Panics
    /// When a state does not fit the settings; see [`TrialState::check`].
    pub fn run_from(
        &self,
        states: Vec<TrialState>,
        observer: &mut dyn Observer,
    ) -> Vec<Result<TrialResult, TrainError>> {
        let observer = Mutex::new(observer);
        let run = |state| self.run_trial_from(state, &mut Shared(&observer));
        states.into_par_iter().map(run).collect()
    }

    /// Runs one trial from its beginning.
    ///
    /// # Errors
    /// When `patience` episodes in a row diverged, or the observer asked to stop.
    pub fn run_trial(
        &self,
        trial: u64,
        observe: &mut OnEpisode<'_>,
    ) -> Result<TrialResult, TrainError> {
        self.run_trial_from(self.begin(trial), &mut Callback(observe))
    }

    fn run_trial_from(
        &self,
        state: TrialState,
        observer: &mut dyn Observer,
    ) -> Result<TrialResult, TrainError> {
        in_precision!(self.settings.precision, T => self.run_trial_in::<T>(state, observer))
    }

    /// The states of trials `0..trials` before their first episodes.
    #[must_use]
    pub fn begin_all(&self, trials: u64) -> Vec<TrialState> {
        let trials = (0..trials).into_par_iter();
        trials.map(|trial| self.begin(trial)).collect()
    }

    /// The state of a trial before its first episode.
    #[must_use]
    pub fn begin(&self, trial: u64) -> TrialState {
        let TrainSettings {
            model,
            optimizer,
            rate,
            ..
        } = self.settings;
        let theta = model.rule.theta().to_vec();
        let term_sizes = || self.term_sizes(trial);
        let beginning = Beginning::new(*rate, theta.len(), &term_sizes);
        let optimizer = optimizer.make(&beginning);
        TrialState {
            trial,
            episodes: 0,
            last_loss: None,
            last_divergence: None,
            guard: Guard::of(
                self.settings.query_loss,
                model.architecture.outputs(),
                &theta,
            ),
            optimizer: NamedState::of(&*optimizer, self.settings),
            proximal: self.proximal(theta.len()),
            theta,
        }
    }

    fn proximal(&self, coefficients: usize) -> Option<ProximalStep> {
        let TrainSettings {
            lambda, penalty, ..
        } = self.settings;
        penalty
            .is_proximal(*lambda)
            .then(|| ProximalStep::new(coefficients))
    }

    /// The sizes of the rule's terms in the first network of a trial.
    fn term_sizes(&self, trial: u64) -> Vec<f64> {
        let TrainSettings { model, .. } = self.settings;
        let key = self.key(trial, 0);
        let task = self
            .sampler
            .sample(self.dataset, &mut key.stream(Purpose::TermSizes));
        let episode = Episode::new(model, key, self.dataset, &task);
        in_precision!(self.settings.precision, T => {
            term_sizes_from(&episode, &episode.start::<T>())
        })
    }

    /// A function that runs single episodes with gradient and diagnostics, as the loop does: those of this
    /// trial, number and θ. It keeps its memory from one to the next.
    ///
    /// # Panics
    /// The function does when θ does not have one coefficient per term.
    #[must_use]
    pub fn runner(&self) -> RunEpisode<'a> {
        let trainer = *self;
        in_precision!(self.settings.precision, T => {
            let mut runner = EpisodeRunner::<T>::new(self.settings.gradient);
            Box::new(move |trial, episode, theta: &[f64]| trainer.episode(&mut runner, trial, episode, theta))
        })
    }

    fn run_trial_in<T: Number>(
        &self,
        mut state: TrialState,
        observer: &mut dyn Observer,
    ) -> Result<TrialResult, TrainError> {
        if let Err(unfit) = state.check(self.settings) {
            panic!("trainer: {unfit}");
        }
        let optimizer = state.optimizer.restored(self.settings);
        let mut optimizer = optimizer.expect("the state was checked");
        let TrainSettings {
            episodes,
            meta_batch,
            gradient,
            ..
        } = self.settings;
        let mut runners: Vec<EpisodeRunner<T>> = Vec::new();
        let local = if self.executor.is_some() {
            0
        } else {
            *meta_batch
        };
        runners.resize_with(local.min(*episodes) as usize, || {
            EpisodeRunner::new(*gradient)
        });
        loop {
            let flow = observer.checkpoint(&state);
            if state.guard.in_a_row() >= self.settings.most_in_a_row() {
                let error = TrainError::Diverged {
                    trial: state.trial,
                    episode: state.episodes - 1,
                    in_a_row: state.guard.in_a_row(),
                    cross_entropy: state.last_loss.unwrap_or(f64::NAN),
                    divergence: state.last_divergence.clone(),
                    steady: self.settings.optimizer == OptimizerKind::STEADY,
                };
                observer.gave_up(&error);
                return Err(error);
            }
            if state.episodes >= *episodes {
                return Ok(state.result());
            }
            if flow.is_break() {
                return Err(TrainError::Stopped);
            }
            let records = self.meta_batch(&mut state, &mut *optimizer, &mut runners);
            let Some(records) = records else {
                return Err(TrainError::Stopped);
            };
            state.optimizer = NamedState::of(&*optimizer, self.settings);
            for record in records {
                if observer.episode(&record).is_break() {
                    return Err(TrainError::Stopped);
                }
            }
        }
    }

    /// Runs the next meta-batch of a trial and moves θ; none when the executor wants to stop.
    fn meta_batch<T: Number>(
        &self,
        state: &mut TrialState,
        optimizer: &mut dyn MetaOptimizer,
        runners: &mut [EpisodeRunner<T>],
    ) -> Option<Vec<EpisodeRecord>> {
        let end = (state.episodes + self.settings.meta_batch).min(self.settings.episodes);
        let batch = state.episodes..end;
        let outcomes = self.episodes(state.trial, batch.clone(), &state.theta, runners)?;
        let theta = state.theta.clone();
        let mut causes: Vec<Option<Cause>> = outcomes
            .iter()
            .map(|outcome| judge(&state.guard, outcome))
            .collect();
        move_theta(self.settings, state, optimizer, &outcomes, &mut causes);
        state.episodes = batch.end;
        state.last_loss = outcomes.last().map(|o| o.loss);
        let diverged = causes.iter().any(Option::is_some);
        if !diverged {
            state.last_divergence = None;
        }
        let mut records = Vec::with_capacity(outcomes.len());
        for ((episode, outcome), cause) in batch.zip(outcomes).zip(causes) {
            let divergence = cause.map(|cause| Divergence {
                cause,
                location: self.on_episode(state.trial, episode, &theta, |episode| {
                    locate_from(episode, &episode.start::<T>())
                }),
            });
            if divergence.is_some() {
                state.last_divergence.clone_from(&divergence);
            }
            records.push(EpisodeRecord {
                trial: state.trial,
                episode,
                theta: theta.clone(),
                meta_loss: self.settings.meta_loss(outcome.loss, &theta),
                query: outcome.query,
                diagnostics: outcome
                    .diagnostics
                    .expect("the trainer asks for diagnostics"),
                diverged,
                diverged_so_far: state.guard.diverged(),
                divergence,
            });
        }
        Some(records)
    }

    /// Runs the episodes of one meta-batch, each on a runner of its own where nobody else runs them.
    fn episodes<T: Number>(
        &self,
        trial: u64,
        batch: std::ops::Range<u64>,
        theta: &[f64],
        runners: &mut [EpisodeRunner<T>],
    ) -> Option<Vec<Outcome>> {
        if let Some(executor) = self.executor {
            let outcomes = executor.outcomes(trial, batch.clone(), theta)?;
            assert_eq!(
                outcomes.len() as u64,
                batch.end - batch.start,
                "trainer: outcomes of an executor, episodes"
            );
            return Some(outcomes);
        }
        let run = |(episode, runner): (u64, &mut EpisodeRunner<T>)| {
            self.episode(runner, trial, episode, theta)
        };
        if batch.end - batch.start == 1 {
            return Some(vec![run((batch.start, &mut runners[0]))]);
        }
        let pairs: Vec<_> = batch.zip(runners).collect();
        Some(pairs.into_par_iter().map(run).collect())
    }

    /// One episode at `theta`, with its gradient and diagnostics: the same whoever asks for it.
    fn episode<T: Number>(
        &self,
        runner: &mut EpisodeRunner<T>,
        trial: u64,
        episode: u64,
        theta: &[f64],
    ) -> Outcome {
        // Drawn before the task's images are held, and freed when the tape has it.
        let start = Start::<T>::draw(&self.settings.model, self.key(trial, episode));
        self.on_episode(trial, episode, theta, |episode| {
            runner.run_from(episode, start, Ask::ALL)
        })
    }

    fn key(&self, trial: u64, episode: u64) -> EpisodeKey {
        EpisodeKey::new(self.settings.seed, trial, episode)
    }

    /// What `run` says of one episode of a trial at `theta`.
    fn on_episode<R>(
        &self,
        trial: u64,
        episode: u64,
        theta: &[f64],
        run: impl FnOnce(&Episode<'_>) -> R,
    ) -> R {
        let key = self.key(trial, episode);
        let mut rng = key.stream(Purpose::Task);
        let task: Task = self.sampler.sample(self.dataset, &mut rng);
        let episode = Episode::new(&self.settings.model, key, self.dataset, &task);
        let episode = episode.with_query_loss(self.settings.query_loss);
        run(&episode.with_theta(theta).with_steps(self.settings.steps))
    }
}
