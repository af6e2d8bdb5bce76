//! Meta-training: episodes one after the other, θ moving between them.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard};

use metaplast_data::{Dataset, TaskSampler};
use metaplast_tensor::Scalar;
use rayon::prelude::*;
use thiserror::Error;

use crate::course::Course;
use crate::divergence::{Cause, Divergence, OnDivergence, Place, locate};
use crate::guard::Guard;
use crate::learner::{Ask, Diagnostics, Learner, Model, Outcome, Start};
use crate::optimizer::{MetaOptimizer, Optimizer, OptimizerKind};
use crate::query::QueryScore;
use crate::seeds::{Purpose, stream};
use crate::term_sizes::term_sizes;
use crate::trial::TrialState;

/// How to meta-train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Network, feedback, terms, and the θ to start from.
    pub model: Model,
    /// Episodes in each trial.
    pub episodes: u64,
    /// Episodes whose gradients are averaged for one step of θ; at least 1.
    pub meta_batch: u64,
    /// How long episodes are, and the way to their gradients.
    pub course: Course,
    /// From which everything random follows.
    pub seed: u64,
    /// Weight λ of the penalty `λ ‖θ‖₁` in the meta-loss.
    pub lambda: f64,
    /// Which meta-optimiser.
    pub optimizer: OptimizerKind,
    /// Its step size.
    pub rate: f64,
    /// Diverged episodes in a row after which a trial stops with an error; at least 1.
    pub patience: u32,
    /// What follows a diverged episode.
    pub on_divergence: OnDivergence,
}

impl Settings {
    /// Diverged episodes in a row that end a trial.
    pub(crate) fn most_in_a_row(&self) -> u32 {
        match self.on_divergence {
            OnDivergence::Stop => 1,
            _ => self.patience,
        }
    }
}

/// One episode of meta-training, as logged.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeRecord {
    /// 0-based number of the trial.
    pub trial: u64,
    /// 0-based number of the episode in its trial.
    pub episode: u64,
    /// θ during the episode, before the step that follows it.
    pub theta: Vec<f64>,
    /// `query.cross_entropy + λ ‖θ‖₁`
    pub meta_loss: f64,
    /// Loss and accuracy on the query images.
    pub query: QueryScore,
    /// Angles, orthonormality errors, weight norms.
    pub diagnostics: Diagnostics,
    /// Whether the meta-batch of this episode diverged.
    pub diverged: bool,
    /// Diverged meta-batches of the trial so far, this one included.
    pub diverged_so_far: u64,
    /// What was wrong with this episode, and where it blew up.
    pub divergence: Option<Divergence>,
}

/// A finished trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    /// 0-based number of the trial.
    pub trial: u64,
    /// θ after the last episode.
    pub theta: Vec<f64>,
    /// Number of diverged episodes.
    pub diverged: u64,
}

/// Why meta-training stopped early.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainError {
    /// Episode after episode diverged although θ went back.
    #[error(
        "trial {trial} stopped at episode {episode}: {in_a_row} in a row diverged (last query loss {cross_entropy}{}); lower the learning rate or use the steady optimizer",
        divergence.as_ref().map(|divergence| format!("; {divergence}")).unwrap_or_default()
    )]
    Diverged {
        /// 0-based number of the trial.
        trial: u64,
        /// The episode at which it stopped.
        episode: u64,
        /// How many diverged without a good one between.
        in_a_row: u32,
        /// Query cross-entropy of the last one.
        cross_entropy: f64,
        /// Where it blew up.
        divergence: Option<Divergence>,
    },
    /// The observer asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// Called after each episode; [`ControlFlow::Break`] stops the run.
pub type Observe<'o> = dyn FnMut(&EpisodeRecord) -> ControlFlow<()> + Send + 'o;

/// Follows a meta-training as it goes.
pub trait Watch: Send {
    /// After each episode; [`ControlFlow::Break`] stops the trial, in the middle of its meta-batch.
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()>;

    /// Before the first episode, and after each meta-batch once all its episodes were told of: where
    /// the trial stands now. [`ControlFlow::Break`] stops the trial, which can go on from this state.
    fn stands(&mut self, _state: &TrialState) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// When a trial gives up because its episodes keep diverging, while others may still run.
    fn gave_up(&mut self, _error: &TrainError) {}
}

struct Observer<'a, 'o>(&'a mut Observe<'o>);

impl Watch for Observer<'_, '_> {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        (self.0)(record)
    }
}

/// One watch for trials on several threads.
struct Shared<'a, 'w>(&'a Mutex<&'w mut dyn Watch>);

impl<'w> Shared<'_, 'w> {
    fn watch(&self) -> MutexGuard<'_, &'w mut dyn Watch> {
        self.0.lock().expect("no watch panicked")
    }
}

impl Watch for Shared<'_, '_> {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        self.watch().episode(record)
    }

    fn stands(&mut self, state: &TrialState) -> ControlFlow<()> {
        self.watch().stands(state)
    }

    fn gave_up(&mut self, error: &TrainError) {
        self.watch().gave_up(error);
    }
}

/// Runs meta-training on one data set.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'a> {
    settings: &'a Settings,
    dataset: &'a Dataset,
    sampler: &'a TaskSampler,
}

impl<'a> Trainer<'a> {
    /// A trainer that draws its tasks by `sampler` from `dataset`.
    ///
    /// # Panics
    /// When `meta_batch` or `patience` is 0, the images do not have the network's number of inputs,
    /// or there are more classes than outputs.
    pub fn new(settings: &'a Settings, dataset: &'a Dataset, sampler: &'a TaskSampler) -> Self {
        assert!(settings.meta_batch > 0, "trainer: meta_batch is 0");
        assert!(settings.patience > 0, "trainer: patience is 0");
        let architecture = &settings.model.architecture;
        assert_eq!(
            dataset.pixels_per_image(),
            architecture.inputs(),
            "trainer: pixels of an image, inputs of the network"
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
        }
    }

    /// Runs trials `0..trials` from their beginning, on the threads of the rayon pool that it is
    /// called from.
    ///
    /// Episodes of different trials reach `observe` in any order, those of one trial in theirs.
    /// The number of threads changes no bit of any record.
    ///
    /// # Errors
    /// The first trial's, by number, that stopped early.
    pub fn run<T: Scalar>(
        &self,
        trials: u64,
        observe: &mut Observe<'_>,
    ) -> Result<Vec<TrialResult>, TrainError> {
        let results = self.run_from::<T>(self.begin_all::<T>(trials), &mut Observer(observe));
        results.into_iter().collect()
    }

    /// Runs trials on from where they stand, each to its end, as [`run`](Trainer::run) does from
    /// the beginning. The results are in the order of `states`.
    ///
    /// # Panics
    /// When a state does not fit the settings; see [`TrialState::check`].
    pub fn run_from<T: Scalar>(
        &self,
        states: Vec<TrialState>,
        watch: &mut dyn Watch,
    ) -> Vec<Result<TrialResult, TrainError>> {
        let watch = Mutex::new(watch);
        let run = |state| self.run_trial_from::<T>(state, &mut Shared(&watch));
        states.into_par_iter().map(run).collect()
    }

    /// Runs one trial from its beginning.
    ///
    /// # Errors
    /// When `patience` episodes in a row diverged, or the observer asked to stop.
    pub fn run_trial<T: Scalar>(
        &self,
        trial: u64,
        observe: &mut Observe<'_>,
    ) -> Result<TrialResult, TrainError> {
        self.run_trial_from::<T>(self.begin::<T>(trial), &mut Observer(observe))
    }

    /// The states of trials `0..trials` before their first episodes.
    pub fn begin_all<T: Scalar>(&self, trials: u64) -> Vec<TrialState> {
        let trials = (0..trials).into_par_iter();
        trials.map(|trial| self.begin::<T>(trial)).collect()
    }

    /// The state of a trial before its first episode.
    pub fn begin<T: Scalar>(&self, trial: u64) -> TrialState {
        let model = &self.settings.model;
        let theta = model.rule.theta().to_vec();
        TrialState {
            trial,
            episodes: 0,
            last_loss: None,
            last_divergence: None,
            guard: Guard::new(model.architecture.outputs(), &theta),
            optimizer: self.optimizer::<T>(trial),
            theta,
        }
    }

    fn run_trial_from<T: Scalar>(
        &self,
        mut state: TrialState,
        watch: &mut dyn Watch,
    ) -> Result<TrialResult, TrainError> {
        if let Err(unfit) = state.check(self.settings) {
            panic!("trainer: {unfit}");
        }
        let Settings {
            model,
            episodes,
            meta_batch,
            course,
            ..
        } = self.settings;
        let mut learners: Vec<Learner<T>> = Vec::new();
        learners.resize_with((*meta_batch).min(*episodes) as usize, || {
            Learner::on_course(model.clone(), *course)
        });
        loop {
            let flow = watch.stands(&state);
            if state.guard.in_a_row() >= self.settings.most_in_a_row() {
                let error = TrainError::Diverged {
                    trial: state.trial,
                    episode: state.episodes - 1,
                    in_a_row: state.guard.in_a_row(),
                    cross_entropy: state.last_loss.unwrap_or(f64::NAN),
                    divergence: state.last_divergence.clone(),
                };
                watch.gave_up(&error);
                return Err(error);
            }
            if state.episodes >= *episodes {
                return Ok(state.result());
            }
            if flow.is_break() {
                return Err(TrainError::Stopped);
            }
            for record in self.meta_batch(&mut state, &mut learners) {
                if watch.episode(&record).is_break() {
                    return Err(TrainError::Stopped);
                }
            }
        }
    }

    /// Runs the next meta-batch of a trial and moves θ.
    fn meta_batch<T: Scalar>(
        &self,
        state: &mut TrialState,
        learners: &mut [Learner<T>],
    ) -> Vec<EpisodeRecord> {
        let end = (state.episodes + self.settings.meta_batch).min(self.settings.episodes);
        let batch = state.episodes..end;
        let outcomes = self.episodes(state.trial, batch.clone(), &state.theta, learners);
        let theta = state.theta.clone();
        let mut causes: Vec<Option<Cause>> = outcomes
            .iter()
            .map(|outcome| judge(&state.guard, outcome))
            .collect();
        let well = causes.iter().all(Option::is_none);
        if let Some(gradient) = self.gradient(&state.guard, &theta, &outcomes, &causes) {
            let losses = outcomes.iter().map(|o| o.query.cross_entropy);
            let mean = losses.sum::<f64>() / outcomes.len() as f64;
            if well {
                state.guard.went_well(&theta, mean, &gradient);
            } else {
                state.guard.stayed();
            }
            let meta_loss = mean + self.penalty(&theta);
            state.optimizer.step(&mut state.theta, meta_loss, &gradient);
            if state.theta.iter().any(|t| !t.is_finite()) {
                if let Some(last) = causes.last_mut() {
                    last.get_or_insert(Cause::Theta);
                }
                self.step_back(state, !well);
            }
        } else {
            self.step_back(state, false);
        }
        state.episodes = batch.end;
        state.last_loss = outcomes.last().map(|o| o.query.cross_entropy);
        let diverged = causes.iter().any(Option::is_some);
        if !diverged {
            state.last_divergence = None;
        }
        let mut records = Vec::with_capacity(outcomes.len());
        for ((episode, outcome), cause) in batch.zip(&outcomes).zip(causes) {
            let divergence = cause.map(|cause| Divergence {
                cause,
                place: self.locate::<T>(state.trial, episode, &theta),
            });
            if divergence.is_some() {
                state.last_divergence.clone_from(&divergence);
            }
            let mut record = self.record(state.trial, episode, &theta, outcome, diverged);
            record.diverged_so_far = state.guard.diverged();
            record.divergence = divergence;
            records.push(record);
        }
        records
    }

    /// Takes θ back; `counted` when the guard knows of the divergence already.
    fn step_back(&self, state: &mut TrialState, counted: bool) {
        state.theta = if counted {
            state.guard.place().to_vec()
        } else {
            state.guard.step_back()
        };
        state.optimizer.stepped_back(&mut state.theta);
    }

    fn locate<T: Scalar>(&self, trial: u64, episode: u64, theta: &[f64]) -> Place {
        let Settings { model, seed, .. } = self.settings;
        let start = Start::<T>::draw(model, *seed, trial, episode);
        let mut rng = stream(*seed, trial, episode, Purpose::Task);
        let task = self.sampler.sample(self.dataset, &mut rng);
        let steps = self.settings.course.steps;
        let steps = steps.unwrap_or(task.support.len() as u64);
        locate(model, theta, &start, self.dataset, &task, steps)
    }

    fn optimizer<T: Scalar>(&self, trial: u64) -> Optimizer {
        let Settings {
            model,
            seed,
            optimizer,
            rate,
            ..
        } = self.settings;
        optimizer.build(*rate, || {
            let start = Start::<T>::draw(model, *seed, trial, 0);
            let mut rng = stream(*seed, trial, 0, Purpose::TermSizes);
            let task = self.sampler.sample(self.dataset, &mut rng);
            term_sizes(model, &start, self.dataset, &task)
        })
    }

    /// Runs the episodes of one meta-batch, each on a learner of its own.
    fn episodes<T: Scalar>(
        &self,
        trial: u64,
        batch: std::ops::Range<u64>,
        theta: &[f64],
        learners: &mut [Learner<T>],
    ) -> Vec<Outcome> {
        let run = |(episode, learner): (u64, &mut Learner<T>)| {
            self.episode(learner, trial, episode, theta)
        };
        if batch.end - batch.start == 1 {
            return vec![run((batch.start, &mut learners[0]))];
        }
        let pairs: Vec<_> = batch.zip(learners).collect();
        pairs.into_par_iter().map(run).collect()
    }

    /// One episode at `theta`, with its gradient and diagnostics: the same whoever asks for it.
    pub fn episode<T: Scalar>(
        &self,
        learner: &mut Learner<T>,
        trial: u64,
        episode: u64,
        theta: &[f64],
    ) -> Outcome {
        let seed = self.settings.seed;
        let start = Start::<T>::draw(&self.settings.model, seed, trial, episode);
        let mut rng = stream(seed, trial, episode, Purpose::Task);
        let task = self.sampler.sample(self.dataset, &mut rng);
        let ask = Ask {
            gradient: true,
            diagnostics: true,
        };
        learner.episode(theta, start, self.dataset, &task, ask)
    }

    /// The gradient of the mean meta-loss; `None` when an episode of the batch diverged and the
    /// policy, or the gradient itself, does not let it count.
    fn gradient(
        &self,
        guard: &Guard,
        theta: &[f64],
        outcomes: &[Outcome],
        causes: &[Option<Cause>],
    ) -> Option<Vec<f64>> {
        // λ sign(θ), with subgradient 0 at 0.
        let slope = |theta: f64| match theta {
            t if t > 0.0 => self.settings.lambda,
            t if t < 0.0 => -self.settings.lambda,
            _ => 0.0,
        };
        let mut mean = vec![0.0; theta.len()];
        for (outcome, cause) in outcomes.iter().zip(causes) {
            let gradient = outcome.gradient.as_ref()?;
            let clipped;
            let gradient = match (cause, self.settings.on_divergence) {
                (None, _) => gradient,
                (Some(_), OnDivergence::Clip) => {
                    clipped = guard.clipped(gradient)?;
                    &clipped
                }
                (Some(_), _) => return None,
            };
            for (mean, g) in mean.iter_mut().zip(gradient) {
                *mean += g / outcomes.len() as f64;
            }
        }
        for (mean, &theta) in mean.iter_mut().zip(theta) {
            *mean += slope(theta);
        }
        Some(mean)
    }

    /// `λ ‖θ‖₁`
    fn penalty(&self, theta: &[f64]) -> f64 {
        self.settings.lambda * theta.iter().map(|t| t.abs()).sum::<f64>()
    }

    fn record(
        &self,
        trial: u64,
        episode: u64,
        theta: &[f64],
        outcome: &Outcome,
        diverged: bool,
    ) -> EpisodeRecord {
        EpisodeRecord {
            trial,
            episode,
            theta: theta.to_vec(),
            meta_loss: outcome.query.cross_entropy + self.penalty(theta),
            query: outcome.query,
            diagnostics: outcome
                .diagnostics
                .clone()
                .expect("the trainer asks for diagnostics"),
            diverged,
            diverged_so_far: 0,
            divergence: None,
        }
    }
}

/// What is wrong with an episode, if anything.
fn judge(guard: &Guard, outcome: &Outcome) -> Option<Cause> {
    let finite = match &outcome.gradient {
        Some(gradient) => gradient.iter().all(|g| g.is_finite()),
        None => return Some(Cause::Loss),
    };
    match (outcome.query.cross_entropy <= guard.limit(), finite) {
        (true, true) => None,
        (true, false) => Some(Cause::Gradient),
        (false, _) => Some(Cause::Loss),
    }
}
