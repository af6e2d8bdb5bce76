//! `metaplast evaluate`: a rule on fresh tasks, beside FA and BP.

use std::ops::ControlFlow;
use std::path::Path;

use indicatif::ProgressBar;
use metaplast_data::TaskSampler;
use metaplast_meta::Model;
use metaplast_meta::evaluate::{CONFIDENCE, Evaluation, EvaluationSettings, evaluate};
use metaplast_meta::train::{TrainSettings, Trainer};
use metaplast_plasticity::{Feedback, Preset, Rule};
use serde_json::{Map, Value, json};

use crate::arguments::Evaluate;
use crate::choice::Choice;
use crate::error::Error;
use crate::output;
use crate::progress::{plain_bar, theta_in_words};
use crate::rule_choice::{self, FIRST_THETA};
use crate::rule_file::RuleFile;
use crate::rule_name::rule_name;
use crate::table::table;
use crate::task_setup::{self, PAPER, TaskSetup};
use crate::threads;

/// Runs the command.
pub(crate) fn run(arguments: &Evaluate) -> Result<(), Error> {
    let rule = RuleFile::read(&arguments.rule)?;
    let fa = read_rate(arguments.fa.as_deref(), "fa", &[Feedback::Fixed])?;
    let symmetric = [Feedback::Symmetric, Feedback::Attached];
    let bp = read_rate(arguments.bp.as_deref(), "bp", &symmetric)?;
    Choice::new(arguments.tasks, "--tasks").positive()?;
    Choice::new(arguments.rate_episodes, "--rate-episodes").positive()?;
    let precision = task_setup::precision(arguments.precision.as_ref(), &rule)?;
    let settings = EvaluationSettings::new(arguments.tasks)
        .with_seed(arguments.seed)
        .with_steps(task_setup::steps(arguments.steps, &rule)?)
        .with_precision(precision);
    let pool = threads::pool(arguments.threads)?;
    let setup = TaskSetup::open(
        &arguments.task,
        rule.provenance.as_ref(),
        PAPER,
        &rule.architecture,
        &task_setup::layers_of(&arguments.rule),
    )?;
    let (tried, learned) = setup.classes(arguments.classes.as_deref(), &rule)?;
    let tried = setup.sampler(tried)?;
    let learned = match (&fa, &bp) {
        // Both rates are given, so that no class is learned from.
        (Some(_), Some(_)) => tried.clone(),
        _ => setup.sampler(learned)?,
    };
    let work = Work {
        arguments,
        settings: &settings,
        setup: &setup,
        tried: &tried,
        learned: &learned,
    };
    let rows = pool.install(|| work.rows(&rule, fa, bp))?;
    if arguments.json {
        return output::line(&as_json(arguments.tasks, &rows));
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
    output::print(&format!("{}\n{footer}\n", as_table(&rows)))
}

/// Reads the rate of FA or BP from a rule that consists of F0 alone.
fn read_rate(path: Option<&Path>, flag: &str, kinds: &[Feedback]) -> Result<Option<f64>, Error> {
    let Some(path) = path else { return Ok(None) };
    let file = RuleFile::read(path)?;
    let is_f0 = file.rule.indices() == [0] && file.rule.own_terms().len() == 0;
    let is_f0 = is_f0 && file.rule.layers().is_none();
    if !is_f0 || !kinds.contains(&file.feedback) {
        let found = rule_name(&file.rule, file.feedback);
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

struct Row {
    name: String,
    model: Model,
    evaluation: Evaluation,
}

struct Work<'a> {
    arguments: &'a Evaluate,
    /// The same for every rule.
    settings: &'a EvaluationSettings,
    setup: &'a TaskSetup,
    tried: &'a TaskSampler,
    learned: &'a TaskSampler,
}

impl Work<'_> {
    fn rows(&self, rule: &RuleFile, fa: Option<f64>, bp: Option<f64>) -> Result<Vec<Row>, Error> {
        let (fa, bp) = self.rates(rule, fa, bp)?;
        let of = |preset: Preset, rate: f64| {
            let rule = Rule::preset(preset).with_theta(&[rate]);
            (rule, preset.feedback())
        };
        let own = (rule.rule.clone(), rule.feedback);
        let own_name = format!("rule ({})", rule_name(&rule.rule, rule.feedback));
        let entries = [
            (own_name, own),
            ("FA".to_owned(), of(Preset::Fa, fa)),
            ("BP".to_owned(), of(Preset::Bp, bp)),
        ];
        let tasks = self.arguments.tasks;
        let bar = self.bar(3 * tasks, &format!("evaluating on {tasks} tasks"));
        let rows = entries.map(|(name, (rule_of_row, feedback))| {
            let model = Model {
                architecture: rule.architecture.clone(),
                feedback,
                rule: rule_of_row,
            };
            let seed = self.arguments.seed;
            let dataset = &self.setup.dataset;
            let done = || bar.inc(1);
            let scores = evaluate(&model, dataset, self.tried, self.settings, &done);
            let evaluation = Evaluation::of(&scores, model.architecture.outputs(), seed);
            Row {
                name,
                model,
                evaluation,
            }
        });
        bar.finish_and_clear();
        Ok(rows.into())
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
                missing * episodes,
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

fn as_table(rows: &[Row]) -> String {
    let head = [
        "rule",
        "θ",
        "accuracy",
        "98% interval",
        "query loss",
        "exploded",
    ];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let Evaluation {
            accuracy,
            interval,
            cross_entropy,
            diverged,
        } = row.evaluation;
        let rule = &row.model.rule;
        let symbols = rule_choice::names(rule);
        cells.push(vec![
            row.name.clone(),
            theta_in_words(&symbols, rule.theta()),
            format!("{accuracy:.3}"),
            format!("{:.3} to {:.3}", interval.low, interval.high),
            format!("{cross_entropy:.3}"),
            diverged.to_string(),
        ]);
    }
    table(&cells)
}

fn as_json(tasks: u64, rows: &[Row]) -> String {
    let rules = rows.iter().map(|row| {
        let rule = &row.model.rule;
        let pairs = rule_choice::names(rule).into_iter().zip(rule.theta());
        let theta: Map<String, Value> = pairs.map(|(name, &theta)| (name, json!(theta))).collect();
        json!({
            "rule": row.name,
            "theta": theta,
            "feedback": row.model.feedback.name(),
            "accuracy": row.evaluation.accuracy,
            "interval": [row.evaluation.interval.low, row.evaluation.interval.high],
            "query_ce": row.evaluation.cross_entropy,
            "exploded": row.evaluation.diverged,
        })
    });
    json!({
        "tasks": tasks,
        "confidence": CONFIDENCE,
        "rules": rules.collect::<Vec<_>>(),
    })
    .to_string()
}
