//! One line per trial of finished runs, as a Markdown table: the mean over the last episodes with
//! its standard error, the angles, the final θ.
//!
//! ```text
//! cargo run --release --example 02_summarize_runs -- runs/bio-1 runs/fa-1
//! cargo run --release --example 02_summarize_runs -- --last 50 runs/pool-1
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;

use metaplast::meta::statistics::{mean, standard_error};

fn main() -> Result<(), Box<dyn Error>> {
    let mut last = 100;
    let mut arguments = std::env::args().skip(1);
    println!("| run | trial | accuracy | query CE | θ at the end | α in degrees | diverged |");
    println!("|---|---|---|---|---|---|---|");
    while let Some(argument) = arguments.next() {
        if argument == "--last" {
            let number = arguments.next().ok_or("--last needs a number")?;
            last = number.parse()?;
        } else {
            summarize(Path::new(&argument), last)
                .map_err(|error| format!("{argument}: {error}"))?;
        }
    }
    Ok(())
}

/// The columns of `episodes.csv` for one trial, by name.
struct Trial {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Trial {
    /// The numbers of one column over the last `n` episodes; infinite and missing losses are left out.
    fn tail(&self, column: &str, n: usize) -> Vec<f64> {
        let place = self.header.iter().position(|name| name == column);
        let place = place.expect("the column is in the header");
        let rows = &self.rows[self.rows.len().saturating_sub(n)..];
        let numbers = rows.iter().filter_map(|row| row[place].parse().ok());
        numbers.filter(|x: &f64| x.is_finite()).collect()
    }
}

fn summarize(run: &Path, last: usize) -> Result<(), Box<dyn Error>> {
    let rule: toml::Table = fs::read_to_string(run.join("rule.toml"))?.parse()?;
    let finals = rule["trials"]
        .as_array()
        .ok_or("rule.toml lists no trials")?;
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    for (number, fin) in finals.iter().enumerate() {
        let trial = read_trial(&run.join("episodes.csv"), number)?;
        let accuracy = trial.tail("query_accuracy", last);
        let loss = mean(&trial.tail("query_ce", last));
        let angle = |column: &&String| format!("{:.1}", mean(&trial.tail(column, last)));
        let angles = trial.header.iter().filter(|c| c.starts_with("alpha_"));
        let angles: Vec<String> = angles.collect::<Vec<_>>().iter().map(angle).collect();
        let theta = fin["theta"].as_array().ok_or("a trial has no theta")?;
        let theta = theta.iter().filter_map(toml::Value::as_float);
        let theta: Vec<String> = theta.map(|t| format!("{t:.4}")).collect();
        let place = trial.header.iter().position(|name| name == "diverged");
        let place = place.ok_or("episodes.csv has no column `diverged`")?;
        let diverged = trial.rows.iter().filter(|row| row[place] == "true");
        println!(
            "| {name} | {number} | {:.3} ± {:.3} | {loss:.2} | {} | {} | {} |",
            mean(&accuracy),
            standard_error(&accuracy),
            theta.join(", "),
            angles.join(" "),
            diverged.count(),
        );
    }
    Ok(())
}

fn read_trial(path: &Path, number: usize) -> Result<Trial, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let row: Vec<String> = record?.iter().map(str::to_owned).collect();
        if row[0] == number.to_string() {
            rows.push(row);
        }
    }
    Ok(Trial { header, rows })
}
