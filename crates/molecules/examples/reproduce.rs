//! An experiment of this crate in the terminal: its tables and findings, with the numbers of
//! `metaplast reproduce`.
//!
//! ```text
//! cargo run --release -p metaplast-molecules --example reproduce -- NAME [quick] [SETTING=VALUE …]
//! ```

use std::time::Instant;

use metaplast_experiment::{ExperimentMonitor, KeptInMemory, Request};
use metaplast_molecules::experiments;

/// Tells how far it is.
struct Told(Instant);

impl ExperimentMonitor for Told {
    fn begin(&self, pieces: u64, title: &str) {
        eprintln!("{pieces} {title}");
    }

    fn tick(&self) {
        eprintln!("one is done after {:.0} s", self.0.elapsed().as_secs_f64());
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().ok_or("give the name of an experiment")?;
    let mut all = experiments::all().into_iter();
    let experiment = all.find(|experiment| experiment.name() == *name);
    let experiment = experiment.ok_or("there is no such experiment")?;
    let quick = arguments.iter().any(|argument| argument == "quick");
    let mut settings = experiment.settings(quick);
    for argument in &arguments[1..] {
        if let Some((setting, value)) = argument.split_once('=') {
            settings.choose(setting, value)?;
        }
    }
    let (monitor, store) = (Told(Instant::now()), KeptInMemory::default());
    let directory = std::env::temp_dir();
    let request = Request::new(&settings, &monitor, &store).in_directory(&directory);
    let results = experiment.run(&request)?;
    println!("# {}", arguments.join(" "));
    for table in &results.tables {
        println!("\n{}\n| {} |", table.title, table.headings.join(" | "));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| cell.to_text()).collect();
            println!("| {} |", cells.join(" | "));
        }
    }
    for table in &results.tables {
        println!("\n{}", table.note);
    }
    for finding in &results.findings {
        println!("\n{finding}");
    }
    Ok(())
}
