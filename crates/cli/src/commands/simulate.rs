//! `metaplast simulate`: plain online learning by a rule.

use std::fmt::Write;

use metaplast_data::TaskSampler;
use metaplast_meta::evaluate::TRIAL;
use metaplast_meta::fit::Recording;
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::simulate::{CurvePoint, simulate};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::Pathway;
use safetensors::tensor::{Dtype, TensorView};

use crate::arguments::Simulate;
use crate::choice::Choice;
use crate::error::Error;
use crate::output;
use crate::progress::plain_bar;
use crate::recordings::{self, Plan};
use crate::rule_file::RuleFile;
use crate::run_directory::{self, RunDirectory};
use crate::task_setup::{self, PAPER, TaskSetup};

/// The file for `fit`.
const RECORDING: &str = "recording.npz";

/// Runs the command.
pub(crate) fn run(arguments: &Simulate) -> Result<(), Error> {
    let rule = RuleFile::read(&arguments.rule)?;
    Choice::new(arguments.every, "--every").positive()?;
    let steps = task_setup::steps(arguments.steps, &rule)?;
    let precision = task_setup::precision(arguments.precision.as_ref(), &rule)?;
    let plan = Plan::of(arguments)?;
    let out = run_directory::choose(arguments.out.as_deref(), "simulation")?;
    let setup = TaskSetup::open(
        &arguments.task,
        rule.provenance.as_ref(),
        PAPER,
        &rule.architecture,
        &task_setup::layers_of(&arguments.rule),
    )?;
    let (classes, _) = setup.classes(arguments.classes.as_deref(), &rule)?;
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

    let mut directory = RunDirectory::create(out)?;
    let work = Work {
        arguments,
        setup: &setup,
        episode: Episode::new(&model, key, &setup.dataset, &task).with_steps(Some(steps)),
    };
    let (curve, weights) = work.run(precision);
    directory.write("curve.csv", curve_csv(&curve).as_bytes())?;
    directory.write("weights.safetensors", &safetensors(&weights)?)?;
    let mut files = "curve.csv, weights.safetensors".to_owned();
    if let Some(plan) = plan {
        let all = work.record(&plan, &sampler);
        directory.write(RECORDING, &recordings::encode(&all)?)?;
        files = format!("{files}, {RECORDING}");
    }
    directory.keep();
    if arguments.quiet {
        return Ok(());
    }
    let last = curve.last().expect("the start is on every curve");
    output::line(&format!(
        "after {} steps: query loss {:.3}, accuracy {:.3}\nwritten to {}: {files}",
        last.step,
        last.query.cross_entropy,
        last.query.accuracy,
        directory.path().display(),
    ))
}

struct Work<'a> {
    arguments: &'a Simulate,
    setup: &'a TaskSetup,
    episode: Episode<'a>,
}

impl Work<'_> {
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

    fn record(&self, plan: &Plan, sampler: &TaskSampler) -> Vec<Recording> {
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
        .map_err(|cause| Error::Failed(format!("weights.safetensors: {cause}")))
}
