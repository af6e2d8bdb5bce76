//! The tables of the experiment `identify`, printed: how many networks are named right, by what is seen
//! of them.
//!
//! ```text
//! cargo run --release -p metaplast-identify --example tables -- 96 runs/virtual
//! ```
//!
//! The networks of the twelve rules (96) are kept in the directory, and simulated only once.

use std::time::Instant;

use metaplast_experiment::{Cell, Experiment, KeptInMemory, Request, Silent};
use metaplast_identify::experiments::Identify;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let networks = arguments.next().unwrap_or_else(|| "96".into());
    let directory = arguments.next().unwrap_or_else(|| "runs/virtual".into());
    let mut settings = Identify.settings(false);
    settings.choose("networks", &networks)?;
    settings.choose("archive", &directory)?;
    let begun = Instant::now();
    let store = KeptInMemory::default();
    let results = Identify.run(&Request::new(&settings, &Silent, &store))?;
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
