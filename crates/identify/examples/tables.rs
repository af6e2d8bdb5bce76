//! An experiment of the crate without the command: its tables, printed.
//!
//! ```text
//! cargo run --release -p metaplast-identify --example tables -- identify networks=96 archive=runs/networks
//! ```
//!
//! Networks are kept in the directory `archive` and simulated only once.

use std::time::Instant;

use metaplast_experiment::{Cell, KeptInMemory, Request, Silent};
use metaplast_identify::experiments::all;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "identify".into());
    let experiment = all().into_iter().find(|e| e.name() == name);
    let experiment = experiment.ok_or_else(|| format!("no experiment {name}"))?;
    let mut settings = experiment.settings(true);
    settings.choose("archive", "runs/networks")?;
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("write NAME=VALUE")?;
        settings.choose(name, value)?;
    }
    let begun = Instant::now();
    let store = KeptInMemory::default();
    let results = experiment.run(&Request::new(&settings, &Silent, &store))?;
    for table in &results.tables {
        println!("{}\n  {}", table.title, table.headings.join(" | "));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(Cell::to_text).collect();
            println!("  {}", cells.join(" | "));
        }
        println!("{}\n", table.note);
    }
    for finding in &results.findings {
        println!("- {finding}");
    }
    println!("{:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}
