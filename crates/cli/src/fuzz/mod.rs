//! What hostile input does to everything that reads: no panic, no memory beyond its due.
//!
//! Each target takes sound inputs, damages them at random, and hands them to a reader. Cases are
//! numbered and follow from their number, so a failure repeats. `METAPLAST_FUZZ_CASES` is their
//! number for each target (2,000 unless given), `METAPLAST_FUZZ_FIRST` that of the first:
//!
//! ```text
//! METAPLAST_FUZZ_CASES=1000000 cargo test --release -p metaplast-cli --bin metaplast fuzz -- --nocapture
//! ```

mod commands;
mod files;
mod images;
mod mutate;
mod tensors;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use metaplast_counting::{Counting, peak_bytes};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CASES: u64 = 2_000;

/// A number from the environment.
fn number(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => usual,
    }
}

/// A mebibyte.
const MIB: usize = 1 << 20;

/// What a target is fed with.
struct Diet<'a> {
    /// Sound inputs.
    seeds: &'a [Vec<u8>],
    /// Pieces that mean something in the format.
    words: &'a [&'a [u8]],
    /// Bytes of memory that may be taken for any input.
    flat: usize,
    /// And for each byte of it.
    per_byte: usize,
}

/// Damages sound inputs and hands them to `reader`, which tells whether it accepted them.
fn damage(target: &str, diet: &Diet<'_>, reader: impl Fn(&[u8]) -> bool) {
    for seed in diet.seeds {
        assert!(reader(seed), "{target}: a sound input is refused");
    }
    let mut input = Vec::new();
    run(target, |rng| {
        let seed = &diet.seeds[rng.random_range(0..diet.seeds.len())];
        mutate::mutate(rng, seed, diet.words, &mut input);
        let input = input.clone();
        let limit = diet.flat + diet.per_byte * input.len();
        Case {
            limit,
            shown: String::from_utf8_lossy(&input).into_owned(),
            accepted: Box::new(|| reader(&input)),
        }
        .check()
    });
}

/// One input, and what to do with it.
struct Case<'a> {
    /// Bytes of memory that it may take.
    limit: usize,
    /// For the message when it fails.
    shown: String,
    /// Whether it was accepted.
    accepted: Box<dyn FnOnce() -> bool + 'a>,
}

/// What a case came to.
struct Verdict {
    accepted: bool,
    peak: usize,
}

impl Case<'_> {
    fn check(self) -> Result<Verdict, String> {
        let shown = self.shown;
        let (outcome, peak) = peak_bytes(|| catch_unwind(AssertUnwindSafe(self.accepted)));
        match outcome {
            Err(_) => Err(format!("panicked at {shown:?}")),
            Ok(_) if peak > self.limit => Err(format!(
                "took {peak} bytes of memory, more than {}, for {shown:?}",
                self.limit
            )),
            Ok(accepted) => Ok(Verdict { accepted, peak }),
        }
    }
}

/// Runs all cases of a target and reports what they came to.
fn run(target: &str, mut case: impl FnMut(&mut Xoshiro256PlusPlus) -> Result<Verdict, String>) {
    let cases = number("METAPLAST_FUZZ_CASES", CASES);
    let first = number("METAPLAST_FUZZ_FIRST", 0);
    let salt = u64::from(crc32fast::hash(target.as_bytes())) << 32;
    let begin = Instant::now();
    let (mut accepted, mut peak, mut slowest) = (0, 0, Duration::ZERO);
    for number in first..first + cases {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(salt ^ number);
        let one = Instant::now();
        match case(&mut rng) {
            Ok(verdict) => {
                accepted += u64::from(verdict.accepted);
                peak = peak.max(verdict.peak);
            }
            Err(error) => panic!("{target}, case {number}: {error}"),
        }
        slowest = slowest.max(one.elapsed());
    }
    println!(
        "{target}: {cases} cases in {:.0} s, {accepted} accepted, at most {} KiB and {:.1} ms for one",
        begin.elapsed().as_secs_f64(),
        peak.div_ceil(1024),
        slowest.as_secs_f64() * 1e3,
    );
}
