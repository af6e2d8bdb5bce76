//! `metaplast predictive infer`: one inference, step by step.

use clap::Args;
use metaplast_numbers::digits::significant;
use metaplast_predictive::Method;
use metaplast_runs::settings::{Choice, heading, whole};
use metaplast_tensor::Tensor;
use serde_json::json;

use super::method::{MethodFlags, climbed};
use super::net::{GivenNet, Purpose};
use crate::error::Error;
use crate::terminal::output;
use crate::terminal::table::table;

const AFTER: &str = "\
Computes in double precision. Energies are ½‖f_l(v_(l−1)) − v_l‖² of each hidden layer, and the loss \
of the last; strict inference lowers their sum. Errors are ‖ε_l‖ at the end, beside backpropagation's.

Examples:
  metaplast predictive infer --net dense --iterations 20
  metaplast predictive infer --net dense --eta 1 --iterations 4 --image 7";

/// Show the inference of one image: energies and errors, layer by layer.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Infer {
    #[command(flatten)]
    given: GivenNet,
    #[command(flatten)]
    method: MethodFlags,
    /// Which test image, from 0
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    image: u64,
    /// One JSON object instead of the tables
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// At most so many steps are shown.
const SHOWN: usize = 12;

/// Runs the command.
pub(crate) fn run(arguments: &Infer) -> Result<(), Error> {
    let (method, loss) = (arguments.method.method()?, arguments.method.loss());
    let (config, images, mut chain) = arguments.given.open::<f64>()?;
    let net = config.net()?;
    let (_, test) = images.split(config.seed_for(Purpose::Split));
    let image = Choice::new(arguments.image, "--image");
    if image.value >= test.images.len() as u64 {
        let reason = format!(
            "there are {} test images; choose 0 to {}",
            test.images.len(),
            test.images.len() - 1
        );
        return Err(image.wrong(reason).into());
    }
    let (chosen, classes) = test.at(&[image.value as usize]);
    let class = classes[0];
    let input = images.rows(&chosen, net);
    let target = loss.target(classes, images.classes());
    let exact = Method::Exact.infer(&mut chain, &input, &target, loss)?;
    let inference = method.infer(&mut chain, &input, &target, loss)?;
    let norms = |errors: &[Tensor<f64>]| -> Vec<f64> { errors.iter().map(Tensor::norm).collect() };
    let (own, backprop) = (norms(&inference.errors), norms(&exact.errors));
    let name = |class: usize| images.dataset().class_name(class).to_owned();
    let outputs = inference.output().data();
    let named = (0..outputs.len()).max_by(|&a, &b| outputs[a].total_cmp(&outputs[b]));
    let named = named.map_or_else(String::new, name);
    if arguments.json {
        let object = json!({
            "method": method.to_string(),
            "class": name(class),
            "named": named,
            "outputs": outputs,
            "loss": inference.loss,
            "energies": inference.energies,
            "errors": own,
            "errors_of_backprop": backprop,
            "iterations": inference.iterations,
            "unrest": inference.unrest,
        });
        return output::raw(&format!("{object}\n")).map_err(Error::Output);
    }
    let mut said = format!(
        "{method}\ntest image {}, of class {}, which the net names {named}; loss {}\n",
        image.value,
        name(class),
        significant(inference.loss, 4)
    );
    if inference.energies.len() > 1 {
        said += &format!("\nenergy of each layer\n{}", energies(&inference.energies));
    }
    let mut rows = vec![
        ["layer", "‖ε‖", "of backpropagation", "ratio"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (l, (own, exact)) in own.iter().zip(&backprop).enumerate() {
        let numbers = [*own, *exact, own / exact].map(|x| significant(x, 4));
        rows.push([vec![(l + 1).to_string()], numbers.to_vec()].concat());
    }
    said += &format!("\nerrors at the end\n{}", table(&rows));
    if !inference.unrest.is_nan() {
        let (unrest, n) = (significant(inference.unrest, 3), inference.iterations);
        said += &format!("\nunrest ‖∇_v F‖/‖ε_L‖: {unrest} after {n} iterations\n");
    }
    said += &climbed(&inference).unwrap_or_default();
    output::print(&said)
}

/// The first steps, then fewer and fewer, and the last.
fn energies(steps: &[Vec<f64>]) -> String {
    let layers = steps[0].len();
    let mut head = vec!["iteration".to_owned()];
    head.extend((1..=layers).map(|l| format!("layer {l}")));
    head.push("sum".into());
    let mut rows = vec![head];
    let every = (steps.len() - 1).div_ceil(SHOWN).max(1);
    let last = steps.len() - 1;
    for (t, step) in steps.iter().enumerate() {
        if t % every == 0 || t == last {
            let numbers = step.iter().copied().chain([step.iter().sum()]);
            let cells = [t.to_string()]
                .into_iter()
                .chain(numbers.map(|x| significant(x, 4)));
            rows.push(cells.collect());
        }
    }
    table(&rows)
}
