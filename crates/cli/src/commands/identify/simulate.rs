//! `metaplast identify simulate`: networks that learn by known rules, or a recording of one.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_experiment::Shard;
use metaplast_identify::naming::{RecordedPart, record};
use metaplast_identify::virtual_networks::{
    ARCHITECTURES, Condition, LearningTask, NetworkPlan, RuleClass,
};
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::settings::{Choice, heading, listed, number, whole};
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

use super::archive::NetworkFlags;
use crate::error::Error;
use crate::shell::{quoted, shown};
use crate::terminal::output;

const AFTER: &str = "\
Writes networks.txt and networks-0000.npz and so on: 24 statistics of each layer at 21 times, with all \
units or some, with noise or without. The same command goes on where it was stopped. With --record it \
writes one recording instead, whose form docs/identify.md describes.

Examples:
  metaplast identify simulate --networks 1440 --out runs/networks
  metaplast identify simulate --record bio --number 3 --units 20 --noise 0.3 --out runs/bio.npz";

/// Simulate networks that learn by known rules, and keep what an experimenter would see of them.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Simulate {
    #[command(flatten)]
    networks: NetworkFlags,
    /// Simulate only shard I of N, every N-th file of networks from the I-th on; shards share --out and may
    /// run at the same time, on several machines (see docs/cluster.md)
    #[arg(long, value_name = "I/N", conflicts_with = "record", help_heading = heading::EXECUTION)]
    shard: Option<Shard>,
    /// Record one network of this rule instead
    #[arg(long, value_name = "RULE", help_heading = RECORDING)]
    record: Option<String>,
    /// Which of the rule's networks; those of --seed 1 are the ones with which rules are told [default: 0]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, requires = "record", help_heading = RECORDING)]
    number: Option<u64>,
    /// Units of each layer that are recorded [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, requires = "record", help_heading = RECORDING)]
    units: Option<u64>,
    /// Noise, in standard deviations of the layer's weights or activity at the first time [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "record", value_parser = number, help_heading = RECORDING)]
    noise: Option<f64>,
    /// Probe stimuli at most [default: 32]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, requires = "record", help_heading = RECORDING)]
    probes: Option<u64>,
    /// Every so many of the 21 times [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, requires = "record", help_heading = RECORDING)]
    every: Option<u64>,
    /// Also what the network learned from in each step, and its feedback weights, with which `identify name`
    /// checks rules
    #[arg(long, requires = "record", help_heading = RECORDING)]
    with_steps: bool,
    /// Only weights, only activity, or only behaviour
    #[arg(long, value_name = "WHAT", value_parser = ["weights", "activity", "behaviour"], requires = "record", help_heading = RECORDING)]
    only: Option<String>,
    /// Directory of the networks, or the file of the recording [default: runs/networks, runs/RULE.npz]
    #[arg(long, value_name = "PATH", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
}

const RECORDING: &str = "Recording";

/// Runs the command.
pub(crate) fn run(arguments: &Simulate) -> Result<(), Error> {
    match &arguments.record {
        Some(rule) => recorded(arguments, rule),
        None => simulated(arguments),
    }
}

fn simulated(arguments: &Simulate) -> Result<(), Error> {
    let usual = || PathBuf::from("runs/networks");
    let out = arguments.out.clone().unwrap_or_else(usual);
    let flags = &arguments.networks;
    let command = format!(
        "metaplast identify simulate --networks {} --seed {} --out {}",
        flags.networks,
        flags.seed,
        quoted(&out)
    );
    if let Some(shard) = arguments.shard {
        let there = flags.shard(&out, shard, &format!("{command} --shard {shard}"))?;
        let said = format!("the shard is done; {there}, in {}\n", shown(&out));
        return if flags.quiet {
            Ok(())
        } else {
            output::print(&said)
        };
    }
    let (classes, records) = flags.networks(&out, &command)?;
    if flags.quiet {
        return Ok(());
    }
    output::print(&format!(
        "{} networks of {} rules, in {}\nnext: metaplast identify test --networks {} --archive {}\n",
        records.len(),
        classes.len(),
        shown(&out),
        flags.networks,
        quoted(&out)
    ))
}

fn recorded(arguments: &Simulate, rule: &str) -> Result<(), Error> {
    let classes = arguments.networks.classes()?;
    let class = class_named(&classes, rule)?;
    let number = arguments.number.unwrap_or(0);
    let seed = Choice::new(arguments.networks.seed, "--seed").storable()?;
    let plan = NetworkPlan::draw(std::slice::from_ref(class), number, seed);
    let units = match arguments.units {
        Some(units) => Some(Choice::new(units, "--units").positive()? as usize),
        None => None,
    };
    let usual = RecordedPart::default();
    let noise = Choice::new(arguments.noise.unwrap_or(0.0), "--noise").not_negative()?;
    let probes = match arguments.probes {
        Some(probes) => Some(Choice::new(probes, "--probes").positive()? as usize),
        None => usual.condition.probes,
    };
    let wanted = |what: &str| arguments.only.as_deref().is_none_or(|only| only == what);
    let part = RecordedPart {
        condition: Condition {
            units,
            noise,
            probes,
        },
        weights: wanted("weights"),
        activity: wanted("activity"),
        every: Choice::new(arguments.every.unwrap_or(1), "--every").positive()? as usize,
        steps: arguments.with_steps,
    };
    let recording = record(&plan, class, &LearningTask::images(), &part).map_err(|error| {
        Error::Failed(format!("{rule}, --number {number}: {error}; take another"))
    })?;
    let arrays = recording.to_arrays();
    let arrays: Vec<(&String, Tensor<f32>)> = arrays
        .iter()
        .map(|(name, array)| (name, array.cast()))
        .collect();
    let bytes = npz::encode(arrays.iter().map(|(name, array)| (name.as_str(), array)))
        .map_err(|error| Error::Failed(error.to_string()))?;
    let usual = || PathBuf::from(format!("runs/{rule}.npz"));
    let out = arguments.out.clone().unwrap_or_else(usual);
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .map_err(|cause| Error::from(metaplast_runs::Error::io(parent, "create", cause)))?;
    }
    write_whole(&out, &bytes)?;
    if arguments.networks.quiet {
        return Ok(());
    }
    output::print(&told(&plan, class, &out, part.steps))
}

/// The class of this name.
fn class_named<'c>(classes: &'c [RuleClass], rule: &str) -> Result<&'c RuleClass, Error> {
    classes
        .iter()
        .find(|class| class.name == rule)
        .ok_or_else(|| {
            let names: Vec<String> = classes.iter().map(|class| class.name.clone()).collect();
            let reason = format!("no such rule; choose {}", listed(&names));
            Error::setting(format!("--record {rule}"), reason)
        })
}

fn told(plan: &NetworkPlan, class: &RuleClass, out: &Path, steps: bool) -> String {
    let hidden: Vec<String> = ARCHITECTURES[plan.architecture]
        .iter()
        .map(ToString::to_string)
        .collect();
    format!(
        "{}: {} by a network of {} hidden units, β {}, batches of {}, rate {:.3e}, decay {}\nwritten to {}\nnext: metaplast identify name {}{}\n",
        class.name,
        plan.task.name(),
        hidden.join("-"),
        plan.beta,
        plan.batch,
        plan.rate,
        plan.decay,
        shown(out),
        quoted(out),
        match steps {
            true => format!(" --beta {}", plan.beta),
            false => String::new(),
        }
    )
}
