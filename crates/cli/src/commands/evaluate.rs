//! `metaplast evaluate`: a rule on fresh tasks, beside FA and BP.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use metaplast_data::TaskSampler;
use metaplast_meta::evaluate::{Evaluation, EvaluationSettings, evaluate_with_losses};
use metaplast_meta::gradient::GradientMode;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::statistics::mean;
use metaplast_meta::train::{TrainSettings, Trainer};
use metaplast_meta::{Episode, Model, QueryLoss};
use metaplast_plasticity::{Feedback, Preset, Rule};
use metaplast_runs::rule::{RuleFile, rule_name};
use metaplast_runs::settings::rule::FIRST_THETA;
use metaplast_runs::settings::{Choice, OneOf, heading, names, whole};
use metaplast_runs::{memory, threads};

use crate::error::Error;
use crate::evaluation::rules::GivenRules;
use crate::evaluation::tables::{EvaluatedRule, as_json, as_table, differences_as_table};
use crate::flags::task_setup::{self, PAPER, TaskSetup};
use crate::flags::{TaskClasses, TaskFlags};
use crate::libraries;
use crate::terminal::output;
use crate::terminal::progress::plain_bar;

const AFTER: &str = "\
FA and BP are feedback alignment and backpropagation: the pseudo-gradient F0 alone, with fixed and \
with symmetric feedback, on the network of the first rule. All rules meet the same tasks, and on equal \
networks the same initial weights. The interval is a percentile bootstrap of the mean accuracy: 500 \
resamples, 98%. Of several rules there is a second table, of differences from the first; its intervals \
resample tasks as pairs, so that a small difference shows that is the same on most tasks. Images and \
tasks are as the first rule was found, and of classes those that are held out for all of them.

Examples:
  metaplast meta-train --episodes 50 --out runs/mine
  metaplast evaluate runs/mine/rule.toml --tasks 20 --rate-episodes 50
  metaplast evaluate runs/mine/rule.toml runs/other/rule.toml";

/// Train fresh networks on fresh tasks by a rule, beside FA and BP at their own learned rates.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Evaluate {
    /// The rule, as `meta-train` writes it; of several, the others are compared with the first
    #[arg(value_name = "RULE.toml", required = true)]
    rules: Vec<PathBuf>,
    /// Number of tasks
    #[arg(long, value_name = "N", default_value = "100", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    tasks: u64,
    #[command(flatten)]
    task: TaskFlags,
    /// Online steps of a task; after the last support image the first follows [default: as the rule was
    /// found, or ways times shots]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    steps: Option<u64>,
    /// Classes of the tasks [default: held-out if there are any, or all]
    #[arg(long, value_name = "WHICH", value_parser = OneOf(TaskClasses::names), help_heading = heading::DATA)]
    classes: Option<String>,
    /// From which tasks and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: u64,
    /// Episodes of meta-learning the rates of FA and BP
    #[arg(long, value_name = "N", default_value = "150", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    rate_episodes: u64,
    /// Take FA's rate from this rule instead
    #[arg(long, value_name = "RULE.toml", help_heading = heading::RULE)]
    fa: Option<PathBuf>,
    /// Take BP's rate from this rule instead
    #[arg(long, value_name = "RULE.toml", help_heading = heading::RULE)]
    bp: Option<PathBuf>,
    /// Floating-point type [default: as the rule was found, or f32]
    #[arg(long, value_name = "TYPE", value_parser = OneOf(names::precisions), help_heading = heading::NETWORK)]
    precision: Option<String>,
    /// What tasks are scored by beside accuracy [default: as the rule was found, or cross-entropy]
    #[arg(long, value_name = "LOSS", value_parser = OneOf(names::query_losses), help_heading = heading::EPISODES)]
    query_loss: Option<String>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// Threads that share the matrices of each episode, for networks of a million weights and more; their number
    /// changes no bit either [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    episode_threads: Option<u64>,
    /// No progress, only the table
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object instead of the table
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Evaluate) -> Result<(), Error> {
    let rules = GivenRules::read(&arguments.rules)?;
    let found = rules.first().found();
    let fa = read_rate(arguments.fa.as_deref(), "fa", &[Feedback::fixed()])?;
    let symmetric = [Feedback::symmetric(), Feedback::attached()];
    let bp = read_rate(arguments.bp.as_deref(), "bp", &symmetric)?;
    Choice::new(arguments.tasks, "--tasks").positive()?;
    Choice::new(arguments.rate_episodes, "--rate-episodes").positive()?;
    let precision = task_setup::precision(arguments.precision.as_ref(), found)?;
    let query_loss = task_setup::query_loss(arguments.query_loss.as_ref(), found)?;
    rules.check_scored(query_loss)?;
    let settings = EvaluationSettings::new(arguments.tasks)
        .with_seed(arguments.seed)
        .with_steps(task_setup::steps(arguments.steps, found)?)
        .with_precision(precision)
        .with_query_loss(query_loss);
    let pool = threads::pool_of_teams(arguments.threads, arguments.episode_threads)?;
    let setup = TaskSetup::open(&arguments.task, Some(found), PAPER)?;
    rules.check_fit(&setup)?;
    let (tried, learned) = rules.classes(&setup, arguments.classes.as_deref())?;
    let tried = setup.sampler(tried)?;
    let learned = match (&fa, &bp) {
        // Both rates are given, so that no class is learned from.
        (Some(_), Some(_)) => tried.clone(),
        _ => setup.sampler(learned)?,
    };
    let comparison = Comparison {
        arguments,
        rules: &rules,
        settings: &settings,
        setup: &setup,
        tried: &tried,
        learned: &learned,
    };
    let learns = fa.is_none() || bp.is_none();
    pool.install(|| comparison.check_memory(learns, pool.current_num_threads()))?;
    let rows = pool.install(|| comparison.rows(fa, bp))?;
    if arguments.json {
        let json = as_json(arguments.tasks, &rows, arguments.seed) + "\n";
        return output::raw(&json).map_err(Error::Output);
    }
    let steps = settings
        .steps
        .map_or(String::new(), |n| format!(", {n} steps"));
    let footer = format!(
        "{} tasks of {}{steps}, from {} of {} classes",
        arguments.tasks,
        setup.describe(),
        tried.classes().len(),
        setup.dataset.classes()
    );
    let mut tables = as_table(&rows);
    if rules.len() > 1 {
        tables += &format!("\n{}", differences_as_table(&rows, arguments.seed));
    }
    output::print(&format!("{tables}\n{footer}\n"))
}

/// Reads the rate of FA or BP from a rule that consists of F0 alone.
fn read_rate(path: Option<&Path>, flag: &str, kinds: &[Feedback]) -> Result<Option<f64>, Error> {
    let Some(path) = path else { return Ok(None) };
    let file = RuleFile::read_with(path, &libraries::all())?;
    let is_f0 = file.rule.terms() == Rule::preset(Preset::Fa).terms();
    let is_f0 = is_f0 && file.rule.layers().is_none();
    if !is_f0 || !kinds.contains(&file.feedback) {
        let found = rule_name(&file.rule, &file.feedback);
        return Err(Error::setting(
            format!("--{flag} {}", path.display()),
            format!(
                "this is {found}; give a rule of F0 alone with {} feedback, as `meta-train --preset {flag}` writes it",
                kinds[0]
            ),
        ));
    }
    Ok(Some(file.rule.theta()[0]))
}

struct Comparison<'a> {
    arguments: &'a Evaluate,
    rules: &'a GivenRules,
    /// The same for every rule.
    settings: &'a EvaluationSettings,
    setup: &'a TaskSetup,
    tried: &'a TaskSampler,
    learned: &'a TaskSampler,
}

impl Comparison<'_> {
    /// Networks that learn side by side, and the tapes of two of them where rates are learned.
    fn check_memory(&self, learns: bool, threads: usize) -> Result<(), Error> {
        let precision = self.settings.precision;
        let at_once = self.arguments.tasks.min(threads as u64);
        for rule in self.rules.iter() {
            let origin = task_setup::layers_of(&rule.path);
            memory::check_networks(&model(&rule.file), precision, at_once, &origin)?;
        }
        if learns {
            let rate = Model {
                feedback: Preset::Fa.feedback(),
                rule: Rule::preset(Preset::Fa),
                ..model(&self.rules.first().file)
            };
            let key = EpisodeKey::new(self.arguments.seed, 0, 0);
            let dataset = &self.setup.dataset;
            let task = self.learned.sample(dataset, &mut key.stream(Purpose::Task));
            let episode = Episode::new(&rate, key, dataset, &task).with_steps(self.settings.steps);
            let path = &self.rules.first().path;
            let steps = task_setup::steps_origin(self.arguments.steps, path);
            let origins = memory::Origins {
                layers: &task_setup::layers_of(path),
                steps: &steps,
                other_way: ", or give the rates by --fa and --bp",
            };
            let at_once = 2.min(threads as u64);
            memory::check_episodes(
                &episode,
                precision,
                GradientMode::default(),
                at_once,
                origins,
            )?;
        }
        Ok(())
    }

    /// The rules, then FA and BP.
    fn rows(&self, fa: Option<f64>, bp: Option<f64>) -> Result<Vec<EvaluatedRule>, Error> {
        let first = &self.rules.first().file;
        let (fa, bp) = self.rates(first, fa, bp)?;
        let of = |preset: Preset, rate: f64| Model {
            architecture: first.architecture.clone(),
            feedback: preset.feedback(),
            rule: Rule::preset(preset).with_theta(&[rate]),
        };
        let rules = self.rules.iter();
        let mut models: Vec<(String, Model)> = rules
            .map(|rule| (self.rules.name(rule), model(&rule.file)))
            .collect();
        models.push(("FA".to_owned(), of(Preset::Fa, fa)));
        models.push(("BP".to_owned(), of(Preset::Bp, bp)));
        let tasks = self.arguments.tasks;
        let bar = self.bar(
            tasks.saturating_mul(models.len() as u64),
            &format!("evaluating on {tasks} tasks"),
        );
        let rows = models.into_iter().map(|(name, model)| {
            let seed = self.arguments.seed;
            let dataset = &self.setup.dataset;
            let done = || bar.inc(1);
            let scored = evaluate_with_losses(&model, dataset, self.tried, self.settings, &done);
            let (scores, losses): (Vec<_>, Vec<f64>) = scored.into_iter().unzip();
            let evaluation = Evaluation::of(&scores, model.architecture.outputs(), seed);
            EvaluatedRule {
                name,
                model,
                scores,
                evaluation,
                other_loss: other_loss(self.settings.query_loss, &losses),
            }
        });
        let rows = rows.collect();
        bar.finish_and_clear();
        Ok(rows)
    }

    /// The rates of FA and BP that were not given, meta-learned on the same data.
    fn rates(
        &self,
        rule: &RuleFile,
        fa: Option<f64>,
        bp: Option<f64>,
    ) -> Result<(f64, f64), Error> {
        let missing = u64::from(fa.is_none()) + u64::from(bp.is_none());
        let episodes = self.arguments.rate_episodes;
        let bar = match missing {
            0 => ProgressBar::hidden(),
            _ => self.bar(
                episodes.saturating_mul(missing),
                &format!("learning the rates of FA and BP, {episodes} episodes each"),
            ),
        };
        let learn = |known: Option<f64>, preset: Preset| match known {
            Some(rate) => Ok(rate),
            None => self.learn_rate(rule, preset, &bar),
        };
        let rates = rayon::join(|| learn(fa, Preset::Fa), || learn(bp, Preset::Bp));
        bar.finish_and_clear();
        Ok((rates.0?, rates.1?))
    }

    fn learn_rate(&self, rule: &RuleFile, preset: Preset, bar: &ProgressBar) -> Result<f64, Error> {
        let model = Model {
            architecture: rule.architecture.clone(),
            feedback: preset.feedback(),
            rule: Rule::preset(preset).with_theta(&[FIRST_THETA]),
        };
        let settings = TrainSettings::new(model)
            .with_precision(self.settings.precision)
            .with_episodes(self.arguments.rate_episodes)
            .with_steps(self.settings.steps)
            .with_seed(self.arguments.seed);
        let trainer = Trainer::new(&settings, &self.setup.dataset, self.learned);
        let trained = trainer.run_trial(0, &mut |_| {
            bar.inc(1);
            ControlFlow::Continue(())
        });
        let failed = |reason: String| {
            let reason = format!("learning the rate of {preset}: {reason}");
            Error::Failed(format!("{reason}; give a rate by --{preset} RULE.toml"))
        };
        let rate = trained.map_err(|error| failed(error.to_string()))?.theta[0];
        match rate.is_finite() {
            true => Ok(rate),
            false => Err(failed(format!("it ended at {rate}"))),
        }
    }

    /// A bar on a terminal, a line elsewhere.
    fn bar(&self, pieces: u64, title: &str) -> ProgressBar {
        let silent = self.arguments.quiet || self.arguments.json;
        let bar = plain_bar(silent, pieces, title);
        if bar.is_hidden() && !silent {
            output::complain(title);
        }
        bar
    }
}

/// The mean of the losses that are finite, where they are not the cross-entropy.
fn other_loss(loss: QueryLoss, losses: &[f64]) -> Option<(QueryLoss, f64)> {
    let finite: Vec<f64> = losses.iter().copied().filter(|l| l.is_finite()).collect();
    (loss != QueryLoss::default()).then(|| (loss, mean(&finite)))
}

fn model(file: &RuleFile) -> Model {
    Model {
        architecture: file.architecture.clone(),
        feedback: file.feedback.clone(),
        rule: file.rule.clone(),
    }
}
