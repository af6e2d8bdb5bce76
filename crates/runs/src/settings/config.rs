//! The settings of a meta-training with every choice made.

use std::path::Path;

use metaplast_data::{Dataset, Grouping, ImageForm, Sampling, Task};
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::{OnDivergence, Penalty, TrainSettings};
use metaplast_meta::{Episode, Model, Precision, QueryLoss};
use metaplast_plasticity::{Activation, Architecture, Feedback, Rule};
use tracing::debug;

use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use super::gradient::CourseChoice;
use super::images::{self, ImageChoice};
use super::layers::LayersSetting;
use super::network::{self, NetworkChoice};
use super::origins::Origins;
use super::rule::{self as rule_choice, Libraries};
use super::start_from::StartFrom;
use super::tasks::Tasks;
use crate::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS, fingerprint};
use crate::error::Error;
use crate::memory;

/// Upper bound, against typing errors.
const MOST_TRIALS: u64 = 100_000;

/// Everything that decides how a meta-training goes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Terms, with the θ to start from.
    pub rule: Rule,
    /// How errors travel back.
    pub feedback: Feedback,
    /// The network.
    pub architecture: Architecture,
    /// Where the images come from.
    pub source: DataSource,
    pub(super) images: ImageChoice,
    /// How the images of a task are drawn.
    pub sampling: Sampling,
    /// Classes of a task.
    pub ways: u64,
    /// Images of each class to learn from.
    pub shots: u64,
    /// Images of each class to be examined on.
    pub queries: u64,
    /// Classes kept from meta-training.
    pub hold_out: Choice<u64>,
    /// Floating-point type.
    pub precision: Precision,
    /// Episodes of each trial.
    pub episodes: u64,
    /// Whole meta-trainings with different random streams.
    pub trials: u64,
    /// Episodes averaged for one step of θ.
    pub meta_batch: u64,
    /// From which everything random but the glyphs follows.
    pub seed: u64,
    /// How θ moves,
    pub optimizer: OptimizerKind,
    /// and its step size.
    pub rate: f64,
    /// Weight λ of the penalty `λ‖θ‖₁`.
    pub lambda: f64,
    /// How the penalty moves θ.
    pub penalty: Penalty,
    /// Diverged episodes in a row after which a trial gives up.
    pub patience: u64,
    /// What episodes are scored by.
    pub query_loss: QueryLoss,
    course: CourseChoice,
    /// Whether the network was chosen by its layers, or follows the images.
    follows_images: bool,
    /// What follows a diverged episode.
    pub on_divergence: OnDivergence,
    layers_origin: String,
    fingerprint: Option<Choice<String>>,
    origins: Origins,
}

impl Config {
    /// Makes every choice: `flags` win over `file` (which was read from `path`), and that over the
    /// defaults.
    ///
    /// # Errors
    /// With the origin of the first setting that cannot be.
    pub fn resolve(flags: &Settings, file: &Settings, path: Option<&Path>) -> Result<Self, Error> {
        Config::resolve_with(flags, file, path, &Libraries::default())
    }

    /// Makes every choice as [`resolve`](Self::resolve) does, where terms and feedback pathways may be
    /// any of `libraries`.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_with(
        flags: &Settings,
        file: &Settings,
        path: Option<&Path>,
        libraries: &Libraries,
    ) -> Result<Self, Error> {
        let origins = Origins::new(flags, file, path);
        let start = StartFrom::read(flags, file, path, libraries)?;
        let find = Finder {
            flags,
            file: &StartFrom::without_rule(flags, file),
            path,
            start: start.as_ref(),
        };
        Config::choose(&find, libraries, origins.clone()).map_err(|error| origins.name(error))
    }

    fn choose(find: &Finder<'_>, libraries: &Libraries, origins: Origins) -> Result<Self, Error> {
        let flags = find.flags;
        let NetworkChoice {
            architecture,
            follows_images,
            layers_origin,
        } = NetworkChoice::resolve(find)?;
        let (rule, feedback) = rule_choice::rule(find, architecture.layers(), libraries)?;
        network::check_learns(&architecture, &rule, &feedback)
            .map_err(|reason| Error::setting(&layers_origin, reason))?;
        let query_loss = network::query_loss(find, &architecture)?;
        let model = Model {
            architecture,
            feedback,
            rule,
        };
        let course = CourseChoice::resolve(find, &model, query_loss)?;
        let data = find.or("data", |s| &s.data, "glyphs".into());
        let source = DataSource::new(
            &data.value,
            find.or(
                "glyphs_per_class",
                |s| &s.glyphs_per_class,
                GLYPHS_PER_CLASS,
            )
            .storable()?,
            find.or("data_seed", |s| &s.data_seed, DATA_SEED)
                .storable()?,
        )?;
        let other_data = flags.data.is_some()
            || flags.glyphs_per_class.is_some()
            || flags.data_seed.is_some()
            || flags.image_size.is_some()
            || flags.color_mode.is_some();
        Ok(Config {
            rule: model.rule,
            feedback: model.feedback,
            query_loss,
            architecture: model.architecture,
            source: source.storable()?,
            images: ImageChoice::resolve(find)?,
            sampling: find
                .or("sampling", |s| &s.sampling, "fresh".into())
                .parse()?,
            ways: find.or("ways", |s| &s.ways, 5).positive()?,
            shots: find.or("shots", |s| &s.shots, 50).positive()?,
            queries: find.or("queries", |s| &s.queries, 10).positive()?,
            hold_out: find.or("hold_out_classes", |s| &s.hold_out_classes, 0),
            precision: find
                .or("precision", |s| &s.precision, "f32".into())
                .parse()?,
            episodes: find.or("episodes", |s| &s.episodes, 600).positive()?,
            trials: find.or("trials", |s| &s.trials, 1).at_most(MOST_TRIALS)?,
            meta_batch: find.or("meta_batch", |s| &s.meta_batch, 1).positive()?,
            seed: find.or("seed", |s| &s.seed, 1).storable()?,
            optimizer: find
                .or("optimizer", |s| &s.optimizer, "steady".into())
                .parse()?,
            rate: find.or("lr", |s| &s.lr, 1e-3).above_zero()?,
            lambda: find.or("lambda", |s| &s.lambda, 0.0).not_negative()?,
            penalty: find
                .or("penalty", |s| &s.penalty, "proximal".into())
                .parse()?,
            patience: patience(&find.or("patience", |s| &s.patience, 50))?,
            course,
            on_divergence: find
                .or("on_divergence", |s| &s.on_divergence, "skip".into())
                .parse()?,
            follows_images,
            layers_origin,
            // Other images than the file's are meant to differ from them.
            fingerprint: find
                .find("data_fingerprint", |s| &s.data_fingerprint)
                .filter(|_| !other_data),
            origins,
        })
    }

    /// Opens the images, and lets the network [follow](Self::follow) them; checks that it and tasks fit them.
    ///
    /// # Errors
    /// When images cannot be read, or network, tasks and images do not fit each other.
    pub fn open_data(&mut self) -> Result<(Dataset, Tasks), Error> {
        self.open().map_err(|error| self.origins.name(error))
    }

    fn open(&mut self) -> Result<(Dataset, Tasks), Error> {
        let dataset = self.source.open_in(&self.images.form)?;
        self.follow(&dataset)?;
        network::check_fits(&self.architecture, &self.layers_origin, &dataset)?;
        if let Some(expected) = &self.fingerprint {
            let found = fingerprint(&dataset);
            if expected.value != found {
                return Err(expected.wrong(format!(
                    "the images of {} have the fingerprint {found}, not {}; put those images back, or begin a new run with --data or without the key",
                    self.source, expected.value
                )));
            }
        }
        debug!(
            name = dataset.name(),
            images = dataset.len(),
            classes = dataset.classes(),
            "opened the images"
        );
        let tasks = self.draw_from(&dataset)?;
        Ok((dataset, tasks))
    }

    /// Lets a network whose layers nobody chose follow these images, in its inputs and its outputs.
    ///
    /// # Errors
    /// When a network cannot have so many.
    pub fn follow(&mut self, dataset: &Dataset) -> Result<(), Error> {
        if self.follows_images {
            self.architecture = network::following(self.architecture.clone(), dataset)?;
        }
        Ok(())
    }

    /// Whether [`follow`](Self::follow) may change the network.
    #[must_use]
    pub fn may_follow(&self) -> bool {
        let glyphs = self.source.glyphs().is_some() && self.form() == ImageForm::default();
        self.follows_images && !glyphs
    }

    /// What tasks are drawn from, and what is kept from them.
    ///
    /// # Errors
    /// When there are too few classes or images for the tasks.
    pub fn tasks(&self, dataset: &Dataset) -> Result<Tasks, Error> {
        self.draw_from(dataset)
            .map_err(|error| self.origins.name(error))
    }

    /// What images are brought to.
    #[must_use]
    pub fn form(&self) -> ImageForm {
        self.images.form
    }

    /// Whether the classes of a task are of one group or of any.
    #[must_use]
    pub fn grouping(&self) -> Grouping {
        self.images.grouping
    }

    /// Online steps of an episode, where they are not one for each support image.
    #[must_use]
    pub fn steps(&self) -> Option<u64> {
        self.course.steps()
    }

    fn model(&self) -> Model {
        Model {
            architecture: self.architecture.clone(),
            feedback: self.feedback.clone(),
            rule: self.rule.clone(),
        }
    }

    /// Settles what a sweep keeps, by the first episode, and says so where a budget was given.
    ///
    /// # Errors
    /// When the budget does not hold an episode.
    pub fn fit_memory(
        &mut self,
        dataset: &Dataset,
        tasks: &Tasks,
    ) -> Result<Option<String>, Error> {
        let (model, precision) = (self.model(), self.precision);
        let (key, task) = self.first(dataset, tasks);
        let episode = Episode::new(&model, key, dataset, &task);
        let fitted = self.course.fit(&episode, precision);
        fitted.map_err(|error| self.origins.name(error))
    }

    /// Checks that there is memory for as many episodes at a time as `threads` run.
    ///
    /// # Errors
    /// When there is not, with the setting that asks for most of it.
    pub fn check_memory(
        &self,
        dataset: &Dataset,
        tasks: &Tasks,
        threads: usize,
    ) -> Result<(), Error> {
        let model = self.model();
        let (key, task) = self.first(dataset, tasks);
        let episode = Episode::new(&model, key, dataset, &task).with_steps(self.steps());
        let at_once = self
            .trials
            .saturating_mul(self.meta_batch)
            .min(threads as u64);
        let mode = self.course.mode();
        let origins = memory::Origins {
            layers: &self.layers_origin,
            steps: "--steps",
            other_way: ", or give a budget by --memory",
        };
        let checked = memory::check_episodes(&episode, self.precision, mode, at_once, origins);
        checked.map_err(|error| self.origins.name(error))
    }

    /// The first episode's key and task.
    fn first(&self, dataset: &Dataset, tasks: &Tasks) -> (EpisodeKey, Task) {
        let key = EpisodeKey::new(self.seed, 0, 0);
        let mut rng = key.stream(Purpose::Task);
        (key, tasks.sampler.sample(dataset, &mut rng))
    }

    /// For the trainer.
    #[must_use]
    pub fn trainer_settings(&self) -> TrainSettings {
        TrainSettings::new(self.model())
            .with_precision(self.precision)
            .with_episodes(self.episodes)
            .with_meta_batch(self.meta_batch)
            .with_steps(self.course.steps())
            .with_query_loss(self.query_loss)
            .with_gradient(self.course.mode())
            .with_seed(self.seed)
            .with_lambda(self.lambda)
            .with_penalty(self.penalty)
            .with_optimizer(self.optimizer.clone())
            .with_rate(self.rate)
            .with_patience(self.patience as u32)
            .with_on_divergence(self.on_divergence)
    }

    /// Every choice as settings that lead to the same run.
    #[must_use]
    pub fn to_settings(&self, fingerprint: String) -> Settings {
        let activation = self.architecture.activation();
        let mut settings = Settings {
            terms: Some(rule_choice::pool_symbols(&self.rule)),
            term: rule_choice::texts(&self.rule),
            remember: rule_choice::memory_texts(&self.rule),
            theta_start: rule_choice::unusual_start(&self.rule),
            theta_scope: rule_choice::unusual_scope(&self.rule),
            reward_delay: rule_choice::unusual_delay(&self.rule),
            feedback: Some(self.feedback.to_string()),
            data: Some(self.source.to_string()),
            glyphs_per_class: self.source.glyphs().map(|(per_class, _)| per_class),
            data_seed: self.source.glyphs().map(|(_, seed)| seed),
            data_fingerprint: Some(fingerprint),
            sampling: Some(self.sampling.to_string()),
            ways: Some(self.ways),
            shots: Some(self.shots),
            queries: Some(self.queries),
            hold_out_classes: Some(self.hold_out.value),
            layers: Some(LayersSetting::of(&self.architecture)),
            activation: (activation != Activation::default()).then(|| activation.to_string()),
            leak: network::unusual_leak(&self.architecture),
            init_scale: Some(self.architecture.init_scale()).filter(|&scale| scale != 1.0),
            precision: Some(self.precision.to_string()),
            episodes: Some(self.episodes),
            trials: Some(self.trials),
            meta_batch: Some(self.meta_batch),
            seed: Some(self.seed),
            optimizer: Some(self.optimizer.to_string()),
            lr: Some(self.rate),
            lambda: Some(self.lambda),
            // Without a penalty it does not matter how.
            penalty: (self.lambda != 0.0).then(|| self.penalty.to_string()),
            patience: Some(self.patience),
            on_divergence: Some(self.on_divergence.to_string()),
            query_loss: images::unusual(self.query_loss),
            ..Settings::default()
        };
        self.images.store(&mut settings);
        self.course.store(&mut settings);
        settings
    }
}

fn patience(choice: &Choice<u64>) -> Result<u64, Error> {
    let patience = choice.positive()?;
    match u32::try_from(patience) {
        Ok(_) => Ok(patience),
        Err(_) => Err(choice.wrong(format!("choose {} or less", u32::MAX))),
    }
}
