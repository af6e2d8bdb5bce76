//! A rule that remembers: the units of Bienenstock, Cooper & Munro (1982). A unit that is active becomes
//! selective for one of the patterns that it sees, since its threshold slides with its own activity.
//!
//! ```text
//! cargo run --release --example 09_own_bcm
//! ```

use metaplast::autodiff::Tape;
use metaplast::plasticity::{Architecture, Memory, Network, Output, Pathway, Rule, Term};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const INPUTS: usize = 12;
const UNITS: usize = 4;
const PATTERNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The rule: what a layer remembers, and a term that reads it.
    let threshold = [Memory::parse("m = m + k * (y^2 - m)", &[])?];
    let term = Term::parse_with("bcm = y .* (y - m) * y_pre^T", &Memory::signals(&threshold))?;
    let rule = Rule::new([term])?.with_memories(threshold)?;
    let rule = rule.with_theta(&[5e-3, 0.05]);
    println!("{rule}\n");

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let patterns: Vec<Vec<f64>> = (0..PATTERNS)
        .map(|_| (0..INPUTS).map(|_| rng.random_range(0.0..1.0)).collect())
        .collect();
    let architecture = Architecture::new(vec![INPUTS, UNITS])?.with_output(Output::Softplus);
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&Pathway::uniform(&architecture, &mut rng))
        .build();
    let rule = rule.bind_constant(&tape);
    // Nobody teaches.
    let errors = [tape.constant_with(UNITS, |e| e.fill(0.0))];

    let show = |title: &str| {
        println!("{title}: the activity of {UNITS} units, pattern by pattern");
        for pattern in &patterns {
            let mark = tape.mark();
            let x = tape.constant_with(INPUTS, |x| x.copy_from_slice(pattern));
            let y = network.forward(x).y[1].value();
            println!("  {:>5.2?}", y.data());
            tape.cut(mark);
        }
    };
    tape.without_gradients(|| {
        show("before");
        for _ in 0..50_000 {
            let mark = tape.mark();
            let pattern = &patterns[rng.random_range(0..PATTERNS)];
            let x = tape.constant_with(INPUTS, |x| x.copy_from_slice(pattern));
            network.learn(&rule, &network.forward(x), &errors, None);
            // What is remembered outlives the step, though nothing else of it stays on the tape.
            network.keep_memory();
            tape.cut(mark);
        }
        show("after");
    });
    Ok(())
}
