//! Trains all 1,728 settings of networks for the water retention of soils, and prints the landscape as JSON.
//!
//! `cargo run --release -p metaplast-search --example landscape [-- SOILS.json [SEED]] > landscape.json`

use metaplast_search::retention::{RetentionGame, Soil};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let soils = match arguments.next() {
        Some(path) => Soil::read(&std::fs::read_to_string(path)?)?,
        None => Soil::unsoda(),
    };
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let game = RetentionGame::new(&soils, seed);
    let places = 0..game.space().candidates();
    let errors: Vec<_> = places
        .into_par_iter()
        .map(|place| game.errors(&game.space().candidate(place)))
        .collect();
    let what = format!(
        "{} soils with drying and wetting curves, a network for each, first weights from seed {seed}: mean errors of \
         normalised water content",
        soils.len()
    );
    print!("{}", game.landscape(&errors).to_errors(&what));
    Ok(())
}
