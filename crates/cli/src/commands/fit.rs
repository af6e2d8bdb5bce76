//! `metaplast fit`: the rule that explains recorded weights or activity.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_meta::Model;
use metaplast_meta::fit::{
    ArrayFit, FitError, FitSettings, Fitted, Quantity, Recording, Trouble, Units, fit,
    least_fit_bytes,
};
use metaplast_meta::statistics::Interval;
use metaplast_plasticity::digits::{at_place, shown, significant};
use metaplast_plasticity::{Feedback, Output, Rule};
use metaplast_runs::directory::names::{FIT, RULE};
use metaplast_runs::directory::{self, RunDirectory};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{
    Choice, OneOf, Settings, heading, names, network, rule as rule_settings, whole,
};
use metaplast_runs::{memory, threads};

use crate::error::Error;
use crate::libraries;
use crate::recordings;
use crate::shell;
use crate::terminal::output;
use crate::terminal::table::table;

const AFTER: &str = "\
Writes rule.toml, which other commands read, and fit.csv (term, theta, low, high: the ends of the 98% \
interval, empty where the recordings do not determine the term). docs/fit.md describes the arrays of \
RECORDING.npz: the input of each step, labels, targets or teaching signals, the weights before the \
first step, and weights or activity while the network learned.

Example:
  metaplast meta-train --layers 784,20,47 --episodes 20 --out runs/to-record
  metaplast simulate runs/to-record/rule.toml --shots 10 --out runs/recorded \\
    --record --trajectories 12 --noise 0.05
  metaplast fit runs/recorded/recording.npz --terms 0,2,9 --out runs/fitted";

/// Find the coefficients of a rule that explain how recorded weights or activity changed.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Fit {
    /// Recordings, as `simulate --record` writes them or your own
    #[arg(value_name = "RECORDING.npz", required = true)]
    recordings: Vec<PathBuf>,
    /// Terms and feedback by name [default: bio]
    #[arg(long, value_name = "NAME", conflicts_with = "terms", value_parser = OneOf(names::presets), help_heading = heading::RULE)]
    preset: Option<String>,
    /// Plasticity terms of the pool, like 0,2,9 or F0,F2,F9
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    terms: Option<Vec<String>>,
    /// A custom term, like "hebb = y * y_pre^T - 0.1 * W"; repeatable; added to the preset or --terms
    /// (`none` drops all built-in ones); see docs/own-terms.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    term: Option<Vec<String>>,
    /// What each layer keeps from step to step, like "m = m + k * (y .* y - m)"; repeatable; custom terms
    /// may use its name, and its constants are fitted too; see docs/rules-with-memory.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    remember: Option<Vec<String>>,
    /// Coefficients to start from, like F0=1e-3,hebb=0.01 [default: terms 0, constants of memories 0.1]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    theta_start: Option<Vec<String>>,
    /// Whether layers share the coefficients or each has its own [default: shared]
    #[arg(long, value_name = "SCOPE", value_parser = OneOf(names::theta_scopes), help_heading = heading::RULE)]
    theta_scope: Option<String>,
    /// How errors travel back; recordings say too little for weight-mirror, and for information from noise [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND", value_parser = OneOf(libraries::feedbacks), help_heading = heading::RULE)]
    feedback: Option<String>,
    /// What the last layer's units do; hidden ones are softplus
    #[arg(long, value_name = "KIND", default_value = "softmax", value_parser = OneOf(names::outputs), help_heading = heading::NETWORK)]
    output: String,
    /// Sharpness β of the softplus units
    #[arg(long, value_name = "BETA", default_value = "10", allow_negative_numbers = true, help_heading = heading::NETWORK)]
    beta: f64,
    /// Weight λ of the penalty λ‖θ‖₁ beside the loss 1 − R²
    #[arg(long, value_name = "WEIGHT", default_value = "0", allow_negative_numbers = true, help_heading = heading::OPTIMIZER)]
    l1: f64,
    /// From which the resampling for intervals follows
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: u64,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// Directory to make [default: runs/fit-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// No table
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Fit) -> Result<(), Error> {
    let flags = Settings {
        preset: arguments.preset.clone(),
        terms: arguments.terms.clone(),
        term: arguments.term.clone(),
        remember: arguments.remember.clone(),
        theta_start: arguments.theta_start.clone(),
        feedback: arguments.feedback.clone(),
        theta_scope: arguments.theta_scope.clone(),
        ..Settings::default()
    };
    // How many layers there are is in the recordings; all else can be checked before.
    let one_layer = Settings {
        theta_start: None,
        ..flags.clone()
    };
    let (terms, feedback) = rule_settings::rule_of_flags(&one_layer, 1, &libraries::all())?;
    let output: Output = Choice::new(arguments.output.clone(), "--output").parse()?;
    let beta = Choice::new(arguments.beta, "--beta").above_zero()?;
    let lambda = Choice::new(arguments.l1, "--l1").not_negative()?;
    let seed = Choice::new(arguments.seed, "--seed").storable()?;
    let pool = threads::pool(arguments.threads)?;
    let out = arguments.out.as_deref();
    directory::choose(out, "fit")?;
    let (sizes, recordings) = read(arguments, &terms, &feedback)?;
    let sizes: Vec<u64> = sizes.into_iter().map(|n| n as u64).collect();
    let architecture = network::from_layers(Choice::new(sizes, "W0"))?;
    let architecture = architecture.with_beta(beta);
    let architecture = architecture.map_err(|error| Error::setting("--beta", error.to_string()))?;
    let layers = architecture.layers();
    let (rule, _) = rule_settings::rule_of_flags(&flags, layers, &libraries::all())?;
    let mut model = Model {
        architecture: architecture.with_output(output),
        feedback,
        rule,
    };
    let threads = pool.current_num_threads().min(recordings.len()) as u64;
    let bytes = least_fit_bytes(&model).saturating_mul(threads);
    let what = format!("to fit {threads} recordings at once");
    let way_out = "ask for fewer --threads, or for fewer terms at a time";
    memory::check(bytes, "--threads", &what, way_out)?;
    let settings = FitSettings {
        start: flags.theta_start.map(|_| model.rule.theta().to_vec()),
        lambda,
        seed,
        ..Default::default()
    };
    // Before the work, so that it is not lost to another process.
    let mut directory = directory::in_chosen(out, "fit", RunDirectory::create)?;
    let fitted = pool.install(|| fit(&model, &recordings, &settings));
    let fitted = fitted.map_err(|error| explained(error, arguments))?;
    let found = model.rule.clone().try_with_theta(&fitted.theta);
    model.rule = found.map_err(|error| Error::Failed(error.to_string()))?;

    let file = RuleFile {
        rule: model.rule.clone(),
        feedback: model.feedback.clone(),
        architecture: model.architecture,
        trials: Vec::new(),
        provenance: None,
    };
    directory.write(RULE, file.to_toml().as_bytes())?;
    directory.write(FIT, csv(&model.rule, &fitted)?.as_bytes())?;
    directory.keep();
    match arguments.quiet {
        true => Ok(()),
        false => output::print(&summary(
            &model.rule,
            &fitted,
            recordings.len(),
            directory.path(),
        )),
    }
}

/// The trajectories of all files, which must be of one network.
fn read(
    arguments: &Fit,
    rule: &Rule,
    feedback: &Feedback,
) -> Result<(Vec<usize>, Vec<Recording>), metaplast_runs::Error> {
    // A trajectory that counts twice makes intervals narrower than they are.
    shell::check_distinct(&arguments.recordings)?;
    let mut sizes: Option<Vec<usize>> = None;
    let mut all = Vec::new();
    for path in &arguments.recordings {
        let file = recordings::read(path, rule, feedback)?;
        match &sizes {
            Some(sizes) if *sizes != file.sizes => {
                return Err(metaplast_runs::Error::File {
                    path: path.clone(),
                    line: None,
                    reason: format!(
                        "layers of sizes {:?}, but {} has {sizes:?}; fit recordings of one network at a time",
                        file.sizes,
                        arguments.recordings[0].display(),
                    ),
                });
            }
            _ => sizes = Some(file.sizes),
        }
        all.extend(file.all);
    }
    Ok((sizes.expect("clap asks for a file"), all))
}

fn explained(error: FitError, arguments: &Fit) -> metaplast_runs::Error {
    let way_out = match error {
        FitError::NothingRecorded => "; give W.l or y.l with l the layer's number",
        FitError::NothingLearned => ", so any rule with θ = 0 fits; record while it learns",
        FitError::Infinite => "; look for such numbers in the recordings",
        FitError::StartDiverges => " with --theta-start",
        _ => "",
    };
    metaplast_runs::Error::File {
        path: arguments.recordings[0].clone(),
        line: None,
        reason: format!("{error}{way_out}"),
    }
}

fn csv(rule: &Rule, fitted: &Fitted) -> Result<String, Error> {
    let failed = |error: csv::Error| Error::Failed(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["term", "theta", "low", "high"])
        .map_err(failed)?;
    let theta = fitted.theta.iter().zip(&fitted.intervals);
    for (name, (theta, interval)) in rule_settings::names(rule).into_iter().zip(theta) {
        let end = |of: fn(&Interval) -> f64| match interval {
            Some(interval) => format!("{:?}", of(interval)),
            None => String::new(),
        };
        let row = [name, format!("{theta:?}"), end(|i| i.low), end(|i| i.high)];
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::Failed(error.to_string()))?;
    Ok(String::from_utf8(bytes).expect("text was written"))
}

fn summary(rule: &Rule, fitted: &Fitted, trajectories: usize, out: &Path) -> String {
    let symbols = rule_settings::names(rule);
    let mut text = table(&theta_rows(&symbols, fitted));
    let units = match fitted.units {
        Units::Trajectories(n) => format!("{n} trajectories"),
        Units::Stretches(n) => format!(
            "{n} stretches of consecutive steps of {trajectories} {}",
            match trajectories {
                1 => "trajectory",
                _ => "trajectories",
            }
        ),
    };
    let _ = writeln!(text, "98% intervals: bootstrap over {units}\n");
    text += &table(&array_rows(&fitted.arrays));
    let still = fitted.arrays.iter().filter(|array| !array.has_signal);
    let still: Vec<String> = still.map(what).collect();
    if !still.is_empty() {
        let _ = writeln!(
            text,
            "{} changed by no more than the rounding of the numbers: left out of R²",
            still.join(", ")
        );
    }
    let _ = writeln!(
        text,
        "R² = {} of what learning changed, after {} steps",
        significant(fitted.r_squared, 6),
        fitted.steps
    );
    if !fitted.converged {
        text += "the descent did not come to its end: start elsewhere (--theta-start), or with fewer terms\n";
    }
    if let Some(share) = fitted.explained_by_past {
        let _ = writeln!(
            text,
            "something is missing: the past of the activity would explain {:.0}% of what is left; a term may need a memory (--remember, docs/rules-with-memory.md)",
            100.0 * share
        );
    }
    for trouble in &fitted.troubles {
        let _ = writeln!(text, "{}", in_words(trouble, &symbols));
    }
    let _ = writeln!(
        text,
        "{rule}\nwritten to {}: {RULE}, {FIT}",
        shell::shown(out)
    );
    text
}

fn theta_rows(symbols: &[String], fitted: &Fitted) -> Vec<Vec<String>> {
    let mut rows = vec![["term", "θ", "98% interval"].map(str::to_owned).to_vec()];
    let theta = fitted.theta.iter().zip(&fitted.intervals);
    for (symbol, (&theta, interval)) in symbols.iter().zip(theta) {
        let mut row = vec![symbol.clone()];
        match interval {
            Some(Interval { low, high }) => {
                // So many digits that the interval's width has two.
                let width = (high - low).max(theta.abs() * 1e-6);
                let place = match width > 0.0 {
                    true => width.log10().floor() as i32 - 1,
                    false => -1,
                };
                let number = |x: f64| at_place(x, place);
                row.push(number(theta));
                row.push(format!("{} to {}", number(*low), number(*high)));
            }
            None => {
                row.push(shown(theta));
                row.push("not determined".into());
            }
        }
        rows.push(row);
    }
    rows
}

fn array_rows(arrays: &[ArrayFit]) -> Vec<Vec<String>> {
    let head = ["recorded", "numbers", "residual (rms)", "R²"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for array in arrays {
        rows.push(vec![
            what(array),
            array.elements.to_string(),
            significant(array.residual, 4),
            match array.has_signal {
                false => "no change".into(),
                true => significant(array.r_squared, 4),
            },
        ]);
    }
    rows
}

/// `weights of layer 1`
fn what(array: &ArrayFit) -> String {
    let quantity = match array.quantity {
        Quantity::Weights => "weights",
        Quantity::Activity => "activity",
    };
    format!("{quantity} of layer {}", array.layer)
}

fn in_words(trouble: &Trouble, symbols: &[String]) -> String {
    let listed = |together: &[(usize, f64)]| {
        let names: Vec<&str> = together.iter().map(|&(r, _)| symbols[r].as_str()).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    };
    let direction = |together: &[(usize, f64)]| {
        let parts = together
            .iter()
            .map(|&(r, amount)| format!("{} by {}", symbols[r], shown(amount)));
        parts.collect::<Vec<_>>().join(", ")
    };
    match trouble {
        Trouble::NoTrace(r) => format!(
            "{} leaves no trace in these recordings: whatever its θ, they are the same (a term of the teaching signals e needs labels, targets or e.l)",
            symbols[*r]
        ),
        Trouble::Collinear(together) => format!(
            "{} cannot be told apart: the recordings stay the same when they change together ({}); leave one out",
            listed(together),
            direction(together)
        ),
        Trouble::NearlyCollinear(together) => format!(
            "{} can hardly be told apart: the recordings change little when they change together ({})",
            listed(together),
            direction(together)
        ),
    }
}
