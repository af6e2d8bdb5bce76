//! `metaplast predictive train`: train a net by a method of inference.

use std::path::PathBuf;

use clap::Args;
use metaplast_numbers::digits::significant;
use metaplast_predictive::images::Batches;
use metaplast_predictive::optim::Adam;
use metaplast_predictive::{Loss, accuracy, train_step};
use metaplast_runs::directory::names::{NET, WEIGHTS};
use metaplast_runs::directory::{RunDirectory, in_chosen};
use metaplast_runs::settings::{Choice, heading, number, whole};
use metaplast_runs::toml_text;
use serde_json::json;

use super::method::MethodFlags;
use super::net::{NetConfig, NetFlags, Purpose, encode_weights};
use crate::error::Error;
use crate::shell::{quoted, shown};
use crate::terminal::{interrupt, output};

const AFTER: &str = "\
Trains in single precision. Writes net.toml (net and images), weights.safetensors (layer.L.0, the \
weights of layer L, and layer.L.1, its bias) and training.csv (step, mean loss since the last row, test \
accuracy).

Examples:
  metaplast predictive train --net dense --steps 60 --batch 50 --out runs/strict
  metaplast predictive train --net dense --steps 60 --batch 50 --method backprop --out runs/backprop";

/// Train a net by predictive coding, or by backpropagation.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Train {
    #[command(flatten)]
    method: MethodFlags,
    #[command(flatten)]
    net: NetFlags,
    /// Images of a training step
    #[arg(long, value_name = "N", default_value = "50", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    batch: u64,
    /// Training steps
    #[arg(long, value_name = "N", default_value = "400", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    steps: u64,
    /// Learning rate of Adam
    #[arg(long, value_name = "X", default_value = "0.002", allow_negative_numbers = true, value_parser = number, help_heading = heading::EPISODES)]
    rate: f64,
    /// Steps between two rows of training.csv
    #[arg(long, value_name = "N", default_value = "20", value_parser = whole, allow_negative_numbers = true, help_heading = heading::OUTPUT)]
    every: u64,
    /// Directory to make [default: runs/predictive-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object for each row instead, and nothing else
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Train) -> Result<(), Error> {
    let (method, loss) = (arguments.method.method()?, arguments.method.loss());
    let batch = Choice::new(arguments.batch, "--batch").at_most(1_000_000)? as usize;
    let steps = Choice::new(arguments.steps, "--steps").at_most(100_000_000)?;
    let every = Choice::new(arguments.every, "--every").positive()?;
    let rate = Choice::new(arguments.rate, "--rate").above_zero()?;
    let config = NetConfig::from(&arguments.net).absolute()?;
    let net = config.net()?;
    let images = config.images()?;
    let mut chain = config.fresh::<f32>(&images)?;
    let begin = |path| RunDirectory::create(path);
    let mut directory = in_chosen(arguments.out.as_deref(), "predictive", begin)?;
    interrupt::listen(arguments.quiet || arguments.json);
    let say = |text: &str| {
        if !arguments.quiet && !arguments.json {
            output::complain(text);
        }
    };
    say(&format!("{method}; loss times {}", strength(loss, batch)));
    let (train, test) = images.split(config.seed_for(Purpose::Split));
    let mut batches = Batches::new(train.images.len(), config.seed_for(Purpose::Batches));
    let mut adam = Adam::new(rate);
    let mut rows = String::from("step,loss,test_accuracy\n");
    let mut losses: Vec<f64> = Vec::new();
    let mut last = f64::NAN;
    let mut done = 0;
    for step in 1..=steps {
        if interrupt::requested() {
            break;
        }
        done = step;
        let (chosen, classes) = train.at(&batches.draw(batch));
        let input = images.rows(&chosen, net);
        let target = loss.target(classes, images.classes());
        let inference = train_step(&mut chain, &method, &input, &target, loss, &mut adam)
            .map_err(|error| Error::Failed(format!("step {step}: {error}")))?;
        if !inference.loss.is_finite() {
            let reason = format!(
                "step {step}: the loss is {}; take a smaller --rate",
                inference.loss
            );
            return Err(Error::Failed(reason));
        }
        losses.push(f64::from(inference.loss));
        if step % every == 0 || step == steps {
            last = accuracy(&mut chain, &images, &test, net)?;
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            losses.clear();
            rows += &format!("{step},{mean:?},{last:?}\n");
            say(&format!(
                "step {step}/{steps}  loss {}  test accuracy {last:.3}",
                significant(mean, 4)
            ));
            if arguments.json {
                let object = json!({ "step": step, "loss": mean, "test_accuracy": last });
                output::raw(&format!("{object}\n")).map_err(Error::Output)?;
            }
        }
    }
    directory.write(NET, toml_text::write(&config).as_bytes())?;
    directory.write("training.csv", rows.as_bytes())?;
    directory.write(WEIGHTS, &encode_weights(&chain))?;
    directory.keep();
    let path = directory.path();
    if done < steps {
        let reason = format!(
            "stopped after {done} of {steps} steps; the net of then is in {}",
            shown(path)
        );
        return Err(Error::Interrupted(reason));
    }
    if arguments.quiet || arguments.json {
        return Ok(());
    }
    output::print(&format!(
        "test accuracy {last:.3} after {steps} steps, in {}\nnext: metaplast predictive compare {}\n",
        shown(path),
        quoted(path)
    ))
}

/// What the loss of a row is multiplied by: Strict inference depends on it.
pub(super) fn strength(loss: Loss, batch: usize) -> String {
    match loss.reduction {
        metaplast_predictive::Reduction::Sum => "s = 1 for each row of a batch".into(),
        _ => format!("s = 1/{batch} for each row of a batch (--sum: 1)"),
    }
}
