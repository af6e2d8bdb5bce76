//! `metaplast simulate`: plain online learning by a rule.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use metaplast_data::TaskSampler;
use metaplast_meta::evaluate::TRIAL;
use metaplast_meta::fit::Recording;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::simulate::{CurvePoint, simulate};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::Pathway;
use metaplast_plasticity::digits::significant;
use metaplast_runs::directory::names::{CURVE, RECORDING, WEIGHTS};
use metaplast_runs::directory::{self, RunDirectory};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{Choice, OneOf, heading, names, number, whole};
use metaplast_runs::{memory, threads};
use safetensors::tensor::{Dtype, TensorView};

use crate::error::Error;
use crate::flags::task_setup::{self, FoundRule, PAPER, TaskSetup};
use crate::flags::{TaskClasses, TaskFlags};
use crate::libraries;
use crate::recordings::{self, RecordingPlan};
use crate::shell::shown;
use crate::terminal::output;
use crate::terminal::progress::plain_bar;

const AFTER: &str = "\
Writes curve.csv (step, query_ce, query_accuracy, weight_norm_1..L) and weights.safetensors (W.1 to \
W.L of shape [units, inputs], f32). The task is the first that `evaluate` draws from the same seed.

With --record also recording.npz, which `fit` reads (docs/fit.md): trajectories from fresh weights and \
tasks, the first of which is the simulated one.

Examples:
  metaplast meta-train --episodes 50 --layers 784,30,47 --out runs/to-simulate
  metaplast simulate runs/to-simulate/rule.toml --shots 200 --every 50
  metaplast simulate runs/to-simulate/rule.toml --record --shots 10 --noise 0.05";

/// Learn one task online by a rule, without any meta-gradient.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Simulate {
    /// The rule, as `meta-train` writes it
    #[arg(value_name = "RULE.toml")]
    rule: PathBuf,
    /// Online steps; after the last support image the first follows [default: as the rule was found, or
    /// ways times shots]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    steps: Option<u64>,
    /// Steps between two points of the curve
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true, help_heading = heading::OUTPUT)]
    every: u64,
    /// Record trajectories for `fit`: inputs, labels, first weights, and what --quantities says
    #[arg(long, help_heading = heading::RECORDING)]
    record: bool,
    /// Trajectories to record [default: 1]
    #[arg(long, value_name = "N", requires = "record", value_parser = whole, allow_negative_numbers = true, help_heading = heading::RECORDING)]
    trajectories: Option<u64>,
    /// What to record: weights every --every steps, activity in each [default: weights,activity]
    #[arg(long, value_name = "LIST", requires = "record", value_delimiter = ',', value_parser = OneOf(RecordingPlan::quantities), help_heading = heading::RECORDING)]
    quantities: Option<Vec<String>>,
    /// Gaussian noise of recorded weights and activity, in standard deviations of each array
    /// [default: 0]
    #[arg(long, value_name = "PART", requires = "record", allow_negative_numbers = true, value_parser = number, help_heading = heading::RECORDING)]
    noise: Option<f64>,
    #[command(flatten)]
    task: TaskFlags,
    /// Classes of the task [default: held-out if there are any, or all]
    #[arg(long, value_name = "WHICH", value_parser = OneOf(TaskClasses::names), help_heading = heading::DATA)]
    classes: Option<String>,
    /// From which task and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: u64,
    /// Floating-point type [default: as the rule was found, or f32]
    #[arg(long, value_name = "TYPE", value_parser = OneOf(names::precisions), help_heading = heading::NETWORK)]
    precision: Option<String>,
    /// Threads that share the matrices of the network, where it has a million weights and more; their number changes
    /// no bit of the results [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    episode_threads: Option<u64>,
    /// Directory to make [default: runs/simulation-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Simulate) -> Result<(), Error> {
    let rule = RuleFile::read_with(&arguments.rule, &libraries::all())?;
    let found = FoundRule::new(&arguments.rule, &rule);
    Choice::new(arguments.every, "--every").positive()?;
    let steps = task_setup::steps(arguments.steps, found)?;
    let precision = task_setup::precision(arguments.precision.as_ref(), found)?;
    let plan = arguments.record.then(|| {
        RecordingPlan::new(
            arguments.trajectories,
            arguments.noise,
            arguments.quantities.as_deref(),
            arguments.every,
        )
    });
    let plan = plan.transpose()?;
    let team = threads::team(arguments.episode_threads)?;
    let out = arguments.out.as_deref();
    directory::choose(out, "simulation")?;
    let setup = TaskSetup::open(&arguments.task, Some(found), PAPER)?;
    setup.check_fits(&rule.architecture, &task_setup::layers_of(&arguments.rule))?;
    let (classes, _) = setup.classes(arguments.classes.as_deref(), found)?;
    let key = EpisodeKey::new(arguments.seed, TRIAL, 0);
    let sampler = setup.sampler(classes)?;
    let task = sampler.sample(&setup.dataset, &mut key.stream(Purpose::Task));
    let model = Model {
        architecture: rule.architecture,
        feedback: rule.feedback,
        rule: rule.rule,
    };
    let steps = steps.unwrap_or(task.support.len() as u64);
    if let Some(plan) = &plan {
        plan.check_size(&model, steps)?;
    }

    let origin = task_setup::layers_of(&arguments.rule);
    memory::check_networks(&model, precision, 1, &origin)?;
    let mut directory = directory::in_chosen(out, "simulation", RunDirectory::create)?;
    let simulation = Simulation {
        arguments,
        setup: &setup,
        episode: Episode::new(&model, key, &setup.dataset, &task).with_steps(Some(steps)),
    };
    let (curve, weights) = team.lead(|| simulation.run(precision));
    directory.write(CURVE, curve_csv(&curve).as_bytes())?;
    directory.write(WEIGHTS, &safetensors(&weights)?)?;
    let mut files = format!("{CURVE}, {WEIGHTS}");
    if let Some(plan) = plan {
        let all = team.lead(|| simulation.record(&plan, &sampler));
        directory.write(RECORDING, &recordings::encode(&all)?)?;
        files = format!("{files}, {RECORDING}");
    }
    directory.keep();
    if arguments.quiet {
        return Ok(());
    }
    let last = curve.last().expect("the start is on every curve");
    output::line(&format!(
        "after {} steps: query loss {}, accuracy {:.3}\nwritten to {}: {files}",
        last.step,
        significant(last.query.cross_entropy, 4),
        last.query.accuracy,
        shown(directory.path()),
    ))
}

struct Simulation<'a> {
    arguments: &'a Simulate,
    setup: &'a TaskSetup,
    episode: Episode<'a>,
}

impl Simulation<'_> {
    fn run(&self, precision: Precision) -> (Vec<CurvePoint>, Pathway<f32>) {
        let bar = plain_bar(self.arguments.quiet, self.episode.steps as u64, "learning");
        let mut curve = Vec::new();
        let every = self.arguments.every;
        let weights = simulate(&self.episode, precision, every, &mut |point| {
            bar.set_position(point.step);
            curve.push(point.clone());
        });
        bar.finish_and_clear();
        (curve, weights.cast())
    }

    fn record(&self, plan: &RecordingPlan, sampler: &TaskSampler) -> Vec<Recording> {
        let Simulate { quiet, seed, .. } = *self.arguments;
        let bar = plain_bar(quiet, plan.trajectories(), "recording");
        let all = plan.record(
            self.episode.model,
            self.setup,
            sampler,
            (seed, self.episode.steps as u64),
            &|done| {
                bar.set_position(done);
            },
        );
        bar.finish_and_clear();
        all
    }
}

fn curve_csv(curve: &[CurvePoint]) -> String {
    let mut csv = "step,query_ce,query_accuracy".to_owned();
    let layers = curve.first().map_or(0, |point| point.weight_norms.len());
    for layer in 1..=layers {
        let _ = write!(csv, ",weight_norm_{layer}");
    }
    csv.push('\n');
    for point in curve {
        let _ = write!(
            csv,
            "{},{:?},{:?}",
            point.step, point.query.cross_entropy, point.query.accuracy
        );
        for norm in &point.weight_norms {
            let _ = write!(csv, ",{norm:?}");
        }
        csv.push('\n');
    }
    csv
}

/// `W.1` to `W.L`, each `[n_l, n_(l−1)]`.
fn safetensors(weights: &Pathway<f32>) -> Result<Vec<u8>, Error> {
    let matrices = weights.matrices();
    let bytes: Vec<Vec<u8>> = matrices
        .iter()
        .map(|w| w.data().iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views: Result<Vec<_>, _> = matrices
        .iter()
        .zip(&bytes)
        .enumerate()
        .map(|(l, (w, bytes))| {
            let view = TensorView::new(Dtype::F32, w.dims().to_vec(), bytes)?;
            Ok((format!("W.{}", l + 1), view))
        })
        .collect();
    views
        .and_then(|views| safetensors::serialize(views, None))
        .map_err(|cause| Error::Failed(format!("{WEIGHTS}: {cause}")))
}
