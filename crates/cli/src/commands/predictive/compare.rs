//! `metaplast predictive compare`: a method's gradient beside backpropagation's.

use clap::Args;
use metaplast_numbers::digits::significant;
use metaplast_predictive::images::Batches;
use metaplast_predictive::{
    Agreement, Method, fixed_prediction_factor, stable_eta, target_alignment,
};
use metaplast_runs::settings::{Choice, heading, whole};
use serde_json::{Value, json};

use super::method::{MethodFlags, climbed};
use super::net::{GivenNet, Purpose};
use super::train::strength;
use crate::error::Error;
use crate::terminal::output;
use crate::terminal::table::table;

const AFTER: &str = "\
Computes in double precision. Relative error: ‖dθ − bp‖/‖bp‖ of a layer's weights; angle: between \
both, in degrees. Of fixed-prediction inference the exact error |1 − c| is shown beside, c = P(Binomial(n − \
1, η) ≥ L − l). Target alignment: the cosine between what a small step does to the outputs and the \
direction in which the loss falls. Unrest: ‖∇_v F‖/‖ε_L‖, how far beliefs are from rest.

Examples:
  metaplast predictive compare --net dense --method fixed-prediction
  metaplast predictive compare --net dense --iterations 200 --nudge centred:0.01";

/// Compare a method's gradient with backpropagation's, layer by layer.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Compare {
    #[command(flatten)]
    given: GivenNet,
    #[command(flatten)]
    method: MethodFlags,
    /// Training images of the batch
    #[arg(long, value_name = "N", default_value = "50", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    batch: u64,
    /// Also find the largest η at which plain strict inference descends
    #[arg(long, help_heading = heading::OUTPUT)]
    bound: bool,
    /// One JSON object instead of the table
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Compare) -> Result<(), Error> {
    let (method, loss) = (arguments.method.method()?, arguments.method.loss());
    let batch = Choice::new(arguments.batch, "--batch").at_most(1_000_000)? as usize;
    let (config, images, mut chain) = arguments.given.open::<f64>()?;
    let net = config.net()?;
    let (train, _) = images.split(config.seed_for(Purpose::Split));
    let mut batches = Batches::new(train.images.len(), config.seed_for(Purpose::Batches));
    let (chosen, classes) = train.at(&batches.draw(batch));
    let batch = chosen.len();
    let input = images.rows(&chosen, net);
    let target = loss.target(classes, images.classes());
    let exact = Method::Exact.infer(&mut chain, &input, &target, loss)?;
    let inference = method.infer(&mut chain, &input, &target, loss)?;
    let mut alignment =
        |inference| target_alignment(&mut chain, &input, &target, loss, inference, 1e-4);
    let (own, backprop) = (alignment(&inference)?, alignment(&exact)?);
    let bound = match arguments.bound {
        true => Some(stable_eta(&mut chain, &input, &target, loss)?),
        false => None,
    };
    let layers = chain.len();
    let agreements: Vec<Agreement> = inference
        .gradients
        .iter()
        .zip(&exact.gradients)
        .map(|(own, exact)| Agreement::of(&own[0], &exact[0]))
        .collect();
    let exact_error = |layer: usize| match &method {
        Method::FixedPrediction(fixed) => {
            let factor = fixed_prediction_factor(layers - layer, fixed.iterations - 1, fixed.eta);
            Some((1.0 - factor).abs())
        }
        _ => None,
    };
    if arguments.json {
        let by_layer = agreements.iter().enumerate().map(|(l, agreement)| {
            json!({
                "layer": l + 1,
                "relative_error": agreement.relative_error,
                "angle": agreement.angle,
                "cosine": agreement.cosine,
                "exact_error": exact_error(l + 1),
            })
        });
        let object = json!({
            "method": method.to_string(),
            "batch": batch,
            "loss": inference.loss,
            "layers": by_layer.collect::<Vec<Value>>(),
            "iterations": inference.iterations,
            "unrest": inference.unrest,
            "target_alignment": own,
            "target_alignment_of_backprop": backprop,
            "stable_eta": bound,
        });
        return output::raw(&format!("{object}\n")).map_err(Error::Output);
    }
    let mut head = vec!["layer", "relative error", "angle", "cosine"];
    if exact_error(1).is_some() {
        head.push("exact error");
    }
    let mut rows: Vec<Vec<String>> = vec![head.into_iter().map(str::to_owned).collect()];
    for (l, agreement) in agreements.iter().enumerate() {
        let numbers = [agreement.relative_error, agreement.angle, agreement.cosine];
        let mut row = vec![(l + 1).to_string()];
        row.extend(numbers.map(|x| significant(x, 4)));
        row.extend(exact_error(l + 1).map(|x| significant(x, 4)));
        rows.push(row);
    }
    let mut said = format!(
        "{method}, beside backpropagation on {batch} images; {}\n\n{}\n",
        strength(loss, batch),
        table(&rows)
    );
    said += &format!("loss {}\n", significant(inference.loss, 4));
    if !inference.unrest.is_nan() {
        let (unrest, n) = (significant(inference.unrest, 3), inference.iterations);
        said += &format!("unrest {unrest} after {n} iterations\n");
    }
    said += &format!(
        "target alignment {}, of backpropagation {}\n",
        significant(own, 3),
        significant(backprop, 3)
    );
    if let Some(bound) = bound {
        said += &format!(
            "plain strict inference descends up to η = {}\n",
            significant(bound, 3)
        );
    }
    said += &climbed(&inference).unwrap_or_default();
    output::print(&said)
}
