//! `metaplast explain`: which term of a rule moved the weights how far, and where terms cancel.

use std::path::PathBuf;

use clap::Args;
use metaplast_data::TaskSampler;
use metaplast_experiment::{About, ExperimentSettings, Results};
use metaplast_meta::evaluate::TRIAL;
use metaplast_meta::explain::{WeightExplanation, explain};
use metaplast_meta::gradient::least_bytes;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_report::{ExperimentReport, Page};
use metaplast_runs::directory::names::{EXPLANATION, REPORT, RESULTS, RULE};
use metaplast_runs::directory::{self, RunDirectory};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{Choice, OneOf, heading, names, whole};
use metaplast_runs::{memory, threads};
use rayon::prelude::*;

use crate::error::Error;
use crate::explanation::{ExplanationAverages, csv, json, results};
use crate::flags::task_setup::{self, FoundRule, PAPER, TaskSetup};
use crate::flags::{TaskClasses, TaskFlags};
use crate::libraries;
use crate::report::{program, read_run};
use crate::shell::{quoted, shown};
use crate::terminal::output;
use crate::terminal::progress::plain_bar;
use crate::terminal::table::table;

const AFTER: &str = "\
A change of weights is the sum of the terms' parts, ΔW = Σ θ F. For each layer the table says how far each \
term moved the weights, how much of the change it made, and how much of their movement the terms cancel \
between them, as means over tasks with 98% intervals. Writes explanation.csv (a row for each task, stretch \
of steps, layer and term), results.json and report.html, a page with the course over the episode; of a run \
the page holds its course as well. docs/explain.md reads an example.

Examples:
  metaplast meta-train --layers 784,30,47 --episodes 50 --out runs/to-explain
  metaplast explain runs/to-explain --shots 10 --out runs/explained
  metaplast explain runs/to-explain/rule.toml --tasks 1 --every 1";

/// Say which term of a rule moved the weights, layer by layer, and where terms cancel.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Explain {
    /// The directory of a run, or a rule as `meta-train` writes it
    #[arg(value_name = "RUN_DIR|RULE.toml")]
    rule: PathBuf,
    /// Number of tasks
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    tasks: u64,
    /// Steps of a stretch [default: a twentieth of the steps]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::OUTPUT)]
    every: Option<u64>,
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
    /// Floating-point type [default: as the rule was found, or f32]
    #[arg(long, value_name = "TYPE", value_parser = OneOf(names::precisions), help_heading = heading::NETWORK)]
    precision: Option<String>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// Threads that share the matrices of each episode, for networks of a million weights and more; their number
    /// changes no bit either [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    episode_threads: Option<u64>,
    /// Directory to make [default: runs/explanation-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// No progress and no table
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object instead of the table
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Explain) -> Result<(), Error> {
    let is_run = arguments.rule.is_dir();
    let path = match is_run {
        true => arguments.rule.join(RULE),
        false => arguments.rule.clone(),
    };
    let file = RuleFile::read_with(&arguments.rule, &libraries::all())?;
    let found = FoundRule::new(&path, &file);
    Choice::new(arguments.tasks, "--tasks").positive()?;
    let steps = task_setup::steps(arguments.steps, found)?;
    let precision = task_setup::precision(arguments.precision.as_ref(), found)?;
    let every = arguments
        .every
        .map(|every| Choice::new(every, "--every").positive());
    let every = every.transpose()?;
    let pool = threads::pool_of_teams(arguments.threads, arguments.episode_threads)?;
    let out = arguments.out.as_deref();
    directory::choose(out, "explanation")?;
    let setup = TaskSetup::open(&arguments.task, Some(found), PAPER)?;
    let origin = task_setup::layers_of(&path);
    setup.check_fits(&file.architecture, &origin)?;
    let (classes, _) = setup.classes(arguments.classes.as_deref(), found)?;
    let sampler = setup.sampler(classes)?;
    let described = setup.describe();
    let model = Model {
        architecture: file.architecture,
        feedback: file.feedback,
        rule: file.rule,
    };
    // The weights, and for each term what it did in a stretch and in the whole, in f64.
    let at_once = arguments.tasks.min(pool.current_num_threads() as u64);
    let kept = 2 * (model.rule.terms().len() as u64 + 1);
    let bytes = least_bytes(&model, Precision::Double).saturating_mul(kept);
    memory::check(
        bytes.saturating_mul(at_once),
        &origin,
        &format!("what each term does to {at_once} networks of these layers"),
        "make them smaller, or ask for fewer --threads",
    )?;
    let run = is_run
        .then(|| read_run(&arguments.rule, &shown(&arguments.rule)))
        .transpose()?;
    let mut directory = directory::in_chosen(out, "explanation", RunDirectory::create)?;
    let asked = Asked {
        arguments,
        setup: &setup,
        sampler: &sampler,
        model: &model,
        steps,
        every,
        precision,
    };
    let explanations = pool.install(|| asked.explanations());
    let averages = ExplanationAverages {
        whole: explanations.iter().map(|e| &e.whole).collect(),
        stretches: explanations.iter().map(|e| &e.stretches[..]).collect(),
    };
    let results = results(&model.rule, &averages);
    directory.write(EXPLANATION, csv(&model.rule, &explanations).as_bytes())?;
    let command = command(arguments);
    let about = About::new("explain", "Which term moved the weights")
        .asking("The rule adds several terms to each update. Which of them moves the weights, where and when, and which undo each other?");
    let settings = ExperimentSettings::new();
    let mut whole = results.to_json(&about, &settings);
    whole["command"] = command.clone().into();
    directory.write(RESULTS, format!("{whole:#}\n").as_bytes())?;
    let text = text(&results);
    let page = Page {
        title: format!("Which term moved the weights: {}", shown(&arguments.rule)),
        experiment: Some(ExperimentReport {
            about,
            settings,
            results,
            command,
        }),
        runs: run.into_iter().collect(),
        program: program(),
    };
    directory.write(REPORT, page.to_html().as_bytes())?;
    directory.keep();
    if arguments.json {
        return output::raw(&json(&model.rule, &averages)).map_err(Error::Output);
    }
    if arguments.quiet {
        return Ok(());
    }
    output::print(&format!(
        "{}\n{text}{} tasks of {described}, {} steps\nwritten to {}: {EXPLANATION}, {RESULTS}, {REPORT}\n",
        model.rule,
        arguments.tasks,
        explanations.first().map_or(0, |e| e.whole.to),
        shown(directory.path()),
    ))
}

/// What is to be explained.
struct Asked<'a> {
    arguments: &'a Explain,
    setup: &'a TaskSetup,
    sampler: &'a TaskSampler,
    model: &'a Model,
    steps: Option<u64>,
    every: Option<u64>,
    precision: Precision,
}

impl Asked<'_> {
    /// One for each task, the first of which `simulate` learns from the same seed.
    fn explanations(&self) -> Vec<WeightExplanation> {
        let silent = self.arguments.quiet || self.arguments.json;
        let bar = plain_bar(silent, self.arguments.tasks, "explaining");
        let of_task = |k: u64| {
            let key = EpisodeKey::new(self.arguments.seed, TRIAL, k);
            let dataset = &self.setup.dataset;
            let task = self.sampler.sample(dataset, &mut key.stream(Purpose::Task));
            let episode = Episode::new(self.model, key, dataset, &task).with_steps(self.steps);
            let usual = episode.steps.div_ceil(20).max(1) as u64;
            let every = self.every.unwrap_or(usual);
            let every = usize::try_from(every).unwrap_or(usize::MAX);
            let mut explanation = explain(&episode, self.precision, every);
            // Of the size of the weights for each term, and not shown.
            explanation.parts.clear();
            bar.inc(1);
            explanation
        };
        let all = (0..self.arguments.tasks)
            .into_par_iter()
            .map(of_task)
            .collect();
        bar.finish_and_clear();
        all
    }
}

/// The tables, and the sentences below them.
fn text(results: &Results) -> String {
    let mut text = String::new();
    for shown in &results.tables {
        let rows = shown
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.to_text()).collect());
        let rows: Vec<Vec<String>> = [shown.headings.clone()].into_iter().chain(rows).collect();
        text += &format!("\n{}", table(&rows));
    }
    text.push('\n');
    for finding in &results.findings {
        text += &format!("{finding}\n");
    }
    text
}

/// The command that gives the same explanation.
fn command(arguments: &Explain) -> String {
    let mut command = format!(
        "metaplast explain {} --tasks {} --seed {}",
        quoted(&arguments.rule),
        arguments.tasks,
        arguments.seed
    );
    for (flag, value) in [("every", arguments.every), ("steps", arguments.steps)] {
        if let Some(value) = value {
            command += &format!(" --{flag} {value}");
        }
    }
    for (flag, value) in [
        ("classes", &arguments.classes),
        ("precision", &arguments.precision),
    ] {
        if let Some(value) = value {
            command += &format!(" --{flag} {value}");
        }
    }
    command + &arguments.task.as_flags()
}
