//! Prints how many terms the grammar has up to each size, and the shortest.
//!
//! `cargo run --release -p metaplast-discover --example grammar -- 5`

use metaplast_discover::TermGrammar;

fn main() {
    let most = std::env::args().nth(1).map_or(Ok(5), |text| text.parse());
    let most: usize = most.expect("a size from 1 to 6");
    println!("signals and weights, terms, expressions");
    for size in 1..=most {
        let grammar = TermGrammar::new(size);
        println!(
            "{size}, {}, {}",
            grammar.terms().len(),
            grammar.derivations()
        );
    }
    for term in TermGrammar::new(2).terms() {
        println!("{}", term.term);
    }
}
