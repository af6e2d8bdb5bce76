//! Searches the settings of networks for the water retention of soils while they are trained.
//!
//! `cargo run --release -p metaplast-search --example live_search [-- METHOD [BUDGET [SEED [RECORD.csv]]]]`

use std::time::Instant;

use metaplast_search::retention::{RetentionGame, Soil, curve_errors};
use metaplast_search::{Game, Search, SearchMethod, SearchRecord};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let method: SearchMethod = arguments.next().unwrap_or("puct".into()).parse()?;
    let budget = arguments.next().map_or(Ok(40), |budget| budget.parse())?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let soils = Soil::unsoda();
    let game = RetentionGame::new(&soils, 1);
    let mut search = Search::new(&game, method.searcher(seed));
    let start = Instant::now();
    match arguments.next() {
        Some(path) => {
            let name = format!("{}, seed {seed}, retention", method.name());
            let mut record = SearchRecord::open(path.as_ref(), &name, &game)?;
            search.run_recorded(budget, &mut record, &|| false)?;
        }
        None => {
            search.run(budget);
        }
    }
    let best = search.history().best().ok_or("no setting has an error")?;
    println!(
        "{} settings in {:.1} s",
        search.history().len(),
        start.elapsed().as_secs_f64()
    );
    println!("best: {}", game.describe(&best.choices));
    let [training, validation, test] = best.further[..] else {
        return Err("three errors".into());
    };
    println!("                  training  validation  test");
    println!("network           {training:.4}    {validation:.4}      {test:.4}");
    let curve = curve_errors(&soils);
    println!(
        "van Genuchten     {:.4}    {:.4}      {:.4}",
        curve.training, curve.validation, curve.test
    );
    Ok(())
}
