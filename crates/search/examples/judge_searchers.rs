//! Searchers on a landscape of which every candidate was measured.
//!
//! `cargo run --release -p metaplast-search --example judge_searchers -- LANDSCAPE.json [BUDGET [SEEDS [FIRST]]]`

use metaplast_search::{Judgement, Landscape, SearchMethod};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a landscape, a JSON file")?;
    let mut number = |usual: &str| arguments.next().unwrap_or(usual.into()).parse::<u64>();
    let (budget, seeds) = (number("40")? as usize, number("60")?);
    let first = number("1")?;
    let landscape = Landscape::from_errors(&std::fs::read_to_string(&path)?)?;
    println!("searcher          mean rank   best 1%");
    for method in SearchMethod::ALL {
        let judged = Judgement::of(&landscape, budget, first..first + seeds, |seed| {
            method.searcher(seed)
        });
        println!(
            "{:<17} {:<11.2} {:.2}",
            method.name(),
            judged.mean_rank(),
            judged.share()
        );
    }
    Ok(())
}
