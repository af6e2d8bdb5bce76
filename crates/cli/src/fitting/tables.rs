//! A fit as tables: for the terminal and for `fit.csv`.

use std::fmt::Write;
use std::path::Path;

use metaplast_meta::fit::{ArrayFit, Fitted, Quantity, Trouble, Units};
use metaplast_meta::statistics::Interval;
use metaplast_plasticity::Rule;
use metaplast_plasticity::digits::{at_place, shown, significant};
use metaplast_runs::settings::rule as rule_settings;

use crate::error::Error;
use crate::shell;
use crate::terminal::table::table;

/// `fit.csv`.
pub(crate) fn csv(rule: &Rule, fitted: &Fitted) -> Result<String, Error> {
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

/// What the terminal shows.
pub(crate) fn summary(
    rule: &Rule,
    fitted: &Fitted,
    trajectories: usize,
    more: &str,
    (out, files): (&Path, &str),
) -> String {
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
    text += more;
    let _ = writeln!(text, "{rule}\nwritten to {}: {files}", shell::shown(out));
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
pub(super) fn what(array: &ArrayFit) -> String {
    let quantity = match array.quantity {
        Quantity::Weights => "weights",
        Quantity::Activity => "activity",
    };
    format!("{quantity} of layer {}", array.layer)
}

/// What recordings do not tell.
pub(super) fn in_words(trouble: &Trouble, symbols: &[String]) -> String {
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
