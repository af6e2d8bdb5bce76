//! `metaplast fit`: the rule that explains recorded weights or activity.

use std::fmt::Write;
use std::path::Path;

use metaplast_meta::Model;
use metaplast_meta::fit::{
    ArrayFit, FitError, FitSettings, Fitted, Quantity, Recording, Trouble, Units, fit,
};
use metaplast_meta::statistics::Interval;
use metaplast_plasticity::{Feedback, Output, Rule};

use crate::architecture;
use crate::arguments::Fit;
use crate::choice::Choice;
use crate::error::Error;
use crate::output;
use crate::recordings;
use crate::rule_choice;
use crate::rule_file::RuleFile;
use crate::run_directory::{self, RunDirectory};
use crate::settings::Settings;
use crate::table::table;
use crate::threads;

/// Runs the command.
pub(crate) fn run(arguments: &Fit) -> Result<(), Error> {
    let flags = Settings {
        preset: arguments.preset.clone(),
        terms: arguments.terms.clone(),
        term: arguments.term.clone(),
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
    let (_, feedback) = rule_choice::rule_of_flags(&one_layer, 1)?;
    let output: Output = Choice::new(arguments.output.clone(), "--output").parse()?;
    let beta = Choice::new(arguments.beta, "--beta").above_zero()?;
    let lambda = Choice::new(arguments.l1, "--l1").not_negative()?;
    let seed = Choice::new(arguments.seed, "--seed").storable()?;
    let pool = threads::pool(arguments.threads)?;
    let out = run_directory::choose(arguments.out.as_deref(), "fit")?;
    let (sizes, recordings) = read(arguments, feedback)?;
    let sizes: Vec<u64> = sizes.into_iter().map(|n| n as u64).collect();
    let architecture = architecture::from_layers(Choice::new(sizes, "W0"))?;
    let architecture = architecture.with_beta(beta);
    let architecture = architecture.map_err(|error| Error::setting("--beta", error.to_string()))?;
    let (rule, _) = rule_choice::rule_of_flags(&flags, architecture.layers())?;
    let mut model = Model {
        architecture: architecture.with_output(output),
        feedback,
        rule,
    };
    let settings = FitSettings {
        start: flags.theta_start.map(|_| model.rule.theta().to_vec()),
        lambda,
        seed,
        ..Default::default()
    };
    let fitted = pool.install(|| fit(&model, &recordings, &settings));
    let fitted = fitted.map_err(|error| explained(error, arguments))?;
    let found = model.rule.clone().try_with_theta(&fitted.theta);
    model.rule = found.map_err(|error| Error::Failed(error.to_string()))?;

    let mut directory = RunDirectory::create(out)?;
    let file = RuleFile {
        rule: model.rule.clone(),
        feedback,
        architecture: model.architecture,
        trials: Vec::new(),
        provenance: None,
    };
    directory.write("rule.toml", file.to_toml().as_bytes())?;
    directory.write("fit.csv", csv(&model.rule, &fitted)?.as_bytes())?;
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
fn read(arguments: &Fit, feedback: Feedback) -> Result<(Vec<usize>, Vec<Recording>), Error> {
    let mut sizes: Option<Vec<usize>> = None;
    let mut all = Vec::new();
    for path in &arguments.recordings {
        let file = recordings::read(path, feedback)?;
        match &sizes {
            Some(sizes) if *sizes != file.sizes => {
                return Err(Error::File {
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

fn explained(error: FitError, arguments: &Fit) -> Error {
    let way_out = match error {
        FitError::NothingRecorded => "; give W.l or y.l with l the layer's number",
        FitError::NothingLearned => ", so any rule with θ = 0 fits; record while it learns",
        FitError::Infinite => "; look for such numbers in the recordings",
        FitError::StartDiverges => " with --theta-start",
        _ => "",
    };
    Error::File {
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
    for (name, (theta, interval)) in rule_choice::names(rule).into_iter().zip(theta) {
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
    let symbols = rule_choice::names(rule);
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
    let _ = writeln!(
        text,
        "R² = {:.6} of what learning changed, after {} steps",
        fitted.r_squared, fitted.steps
    );
    if !fitted.converged {
        text += "the descent did not come to its end: start elsewhere (--theta-start), or with fewer terms\n";
    }
    for trouble in &fitted.troubles {
        let _ = writeln!(text, "{}", in_words(trouble, &symbols));
    }
    let _ = writeln!(
        text,
        "{rule}\nwritten to {}: rule.toml, fit.csv",
        out.display()
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
                let width = (high - low).max(theta.abs() * 1e-6).max(1e-12);
                let digits = (1.0 - width.log10().floor()).clamp(0.0, 14.0) as usize;
                let number = |x: f64| format!("{x:.digits$}").replace('-', "−");
                row.push(number(theta));
                row.push(format!("{} to {}", number(*low), number(*high)));
            }
            None => {
                row.push(format!("{theta:.6}").replace('-', "−"));
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
        let what = match array.quantity {
            Quantity::Weights => "weights",
            Quantity::Activity => "activity",
        };
        rows.push(vec![
            format!("{what} of layer {}", array.layer),
            array.elements.to_string(),
            format!("{:.3e}", array.residual).replace('-', "−"),
            match array.r_squared.is_nan() {
                true => "nothing changes".into(),
                false => format!("{:.4}", array.r_squared).replace('-', "−"),
            },
        ]);
    }
    rows
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
            .map(|&(r, amount)| format!("{} by {amount:.3}", symbols[r]).replace('-', "−"));
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
