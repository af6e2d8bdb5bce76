//! `metaplast identify name`: which rule a recorded network learned by.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_identify::naming::{
    CheckSettings, ExperimentRecording, NETWORKS_PER_RULE, NamingSettings, SeenRecording,
    check_rules, name_rule,
};
use metaplast_identify::statistics::Observable;
use metaplast_identify::virtual_networks::{RuleClass, rule_classes};
use metaplast_runs::Error as RunError;
use metaplast_runs::settings::{Choice, heading, listed, number};
use metaplast_runs::threads;
use metaplast_tensor::exchange::npz;

use super::answer::Answer;
use super::archive::NetworkFlags;
use crate::error::Error;
use crate::shell::quoted;
use crate::terminal::output;

const AFTER: &str = "\
RECORDING.npz holds any of activity.l [times, probes, units] and weights.l [times, …], with the number of \
an area for l, times [times] and behaviour [times]; NaN is what was not recorded. With what the network \
learned from in each step rules are checked by `fit`, too. docs/identify.md says more. The classifier is trained anew on networks that are seen as the recording is; those that are not in \
--archive are simulated first.

Examples:
  metaplast identify simulate --record ehebb --seed 7 --units 20 --out runs/unknown.npz
  metaplast identify name runs/unknown.npz --networks 120";

/// Name the rule by which a recorded network learned, and say how sure that is.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Name {
    /// What was recorded
    #[arg(value_name = "RECORDING.npz")]
    recording: PathBuf,
    #[command(flatten)]
    networks: NetworkFlags,
    /// Directory of the networks with which rules are told, as `identify simulate` makes it
    #[arg(long, value_name = "DIR", default_value = "runs/networks", help_heading = heading::DATA)]
    archive: PathBuf,
    /// How much more or less probable rules are than others beforehand, like sgd=2,random-drift=0
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    prior: Vec<String>,
    /// Noise of the weights, in their standard deviations [default: as it is estimated from three times]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = number, help_heading = heading::DATA)]
    noise_weights: Option<f64>,
    /// Noise of the activity, in its standard deviations [default: as it is estimated from three times]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = number, help_heading = heading::DATA)]
    noise_activity: Option<f64>,
    /// Rules with a conformal p-value up to this are excluded
    #[arg(long, value_name = "P", default_value = "0.1", allow_negative_numbers = true, value_parser = number, help_heading = heading::OUTPUT)]
    alpha: f64,
    /// Sharpness β of the recorded network's softplus units, with which rules are checked where the
    /// recording says what the network learned from
    #[arg(long, value_name = "BETA", default_value = "10", allow_negative_numbers = true, value_parser = number, help_heading = heading::NETWORK)]
    beta: f64,
    /// One JSON object instead of words
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Name) -> Result<(), Error> {
    let flags = &arguments.networks;
    let classes = flags.classes()?;
    let least = (NETWORKS_PER_RULE * rule_classes().len()) as u64;
    if flags.networks < least {
        return Err(Error::setting(
            format!("--networks {}", flags.networks),
            format!("too few to tell rules apart by; give {least} or more"),
        ));
    }
    let mut settings = NamingSettings::new(classes.len());
    settings.alpha = Choice::new(arguments.alpha, "--alpha").not_negative()?;
    let beta = Choice::new(arguments.beta, "--beta").above_zero()?;
    settings.prior = prior(&arguments.prior, &classes)?;
    let noise = |given: Option<f64>, flag: &str| match given {
        Some(noise) => Choice::new(noise, flag).not_negative().map(Some),
        None => Ok(None),
    };
    settings.noise = [
        noise(arguments.noise_weights, "--noise-weights")?,
        noise(arguments.noise_activity, "--noise-activity")?,
    ];
    let recording = read(&arguments.recording)?;
    let command = format!(
        "metaplast identify name {} --networks {} --archive {}",
        quoted(&arguments.recording),
        flags.networks,
        quoted(&arguments.archive)
    );
    let (classes, networks) = flags.networks(&arguments.archive, &command)?;
    let seen = SeenRecording::of(&recording);
    let pool = threads::pool(flags.threads)?;
    let named = pool.install(|| name_rule(&seen, &networks, &classes, &settings));
    let named = named
        .map_err(|error| Error::Failed(format!("{}: {error}", arguments.recording.display())))?;
    let noise = settings.noise[0].or(seen.noise(Observable::Weights));
    let check = CheckSettings {
        beta,
        noise: noise.unwrap_or(0.0),
        ..CheckSettings::default()
    };
    let answer = Answer {
        named: &named,
        check: pool.install(|| check_rules(&recording, &classes, &check)),
        classes: &classes,
        settings: &settings,
    };
    match arguments.json {
        true => output::raw(&format!("{}\n", answer.object())).map_err(Error::Output),
        false => output::print(&answer.in_words()),
    }
}

fn read(path: &Path) -> Result<ExperimentRecording, Error> {
    let wrong = |reason: String| {
        Error::from(RunError::File {
            path: path.into(),
            line: None,
            reason,
        })
    };
    let arrays = npz::read::<f64>(path).map_err(|error| {
        let array = error.tensor().map(|name| format!("array `{name}`: "));
        wrong(format!("{}{}", array.unwrap_or_default(), error.problem()))
    })?;
    ExperimentRecording::of_arrays(arrays).map_err(|error| wrong(error.to_string()))
}

/// Priors by name, 1 where none is given.
fn prior(given: &[String], classes: &[RuleClass]) -> Result<Vec<f64>, Error> {
    let mut prior = vec![1.0; classes.len()];
    for text in given {
        let origin = || format!("--prior {text}");
        let Some((name, value)) = text.split_once('=') else {
            return Err(Error::setting(origin(), "write RULE=NUMBER, like sgd=2"));
        };
        let place = classes.iter().position(|class| class.name == name.trim());
        let place = place.ok_or_else(|| {
            let names: Vec<String> = classes.iter().map(|class| class.name.clone()).collect();
            Error::setting(origin(), format!("no such rule; choose {}", listed(&names)))
        })?;
        let value = value
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|x| *x >= 0.0 && x.is_finite());
        prior[place] =
            value.ok_or_else(|| Error::setting(origin(), "give a number of 0 or more"))?;
    }
    match prior.iter().sum::<f64>() > 0.0 {
        true => Ok(prior),
        false => Err(Error::setting(
            "--prior",
            "no rule is possible; leave one above 0",
        )),
    }
}
