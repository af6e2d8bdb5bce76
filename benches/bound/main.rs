//! How far an episode is from what the machine allows: the bytes that it must move and the flops
//! that it must do, over the rates of this machine, measured in the same run.
//!
//! ```text
//! cargo bench --bench bound
//! ```

#[path = "../work/mod.rs"]
mod work;

mod rates;
mod traffic;

use std::time::Instant;

use metaplast::meta::gradient::GradientMode;
use rates::Rates;
use traffic::{Traffic, traffic};
use work::{Ink, Work, model, rules};

/// Episodes of each rule, of which the median counts.
const EPISODES: usize = 15;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let episodes = if quick { 1 } else { EPISODES };
    for ink in Ink::ALL {
        let work = Work::new(ink);
        let (inked, used) = work.nonzero();
        println!(
            "{:.0}% of the support images' pixels are not zero, {:.0}% of the inputs are used",
            100.0 * inked,
            100.0 * used
        );
        println!(
            "{:<12} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8}",
            "rule", "episode", "dense", "sparse", "flops", "to dense", "to sparse"
        );
        for (name, preset, feedback) in rules() {
            let mut episode = work.episode(
                model(preset, feedback.clone()),
                None,
                GradientMode::default(),
            );
            let rates = Rates::measure();
            let mut times: Vec<f64> = (0..episodes + 1)
                .map(|_| {
                    let begin = Instant::now();
                    episode.run(true);
                    begin.elapsed().as_secs_f64()
                })
                .skip(1)
                .collect();
            // Rates before and after: a machine whose clock or load changes shows it here.
            let rates = rates.mean(&Rates::measure());
            times.sort_by(f64::total_cmp);
            let median = times[times.len() / 2];
            let architecture = &episode.model.architecture;
            let moved = |inked, used| traffic(architecture, preset, &feedback, inked, used);
            let (dense, sparse) = (moved(1.0, 1.0), moved(inked, used));
            let steps = work.task.support.len() as f64;
            let time = |traffic: &Traffic| steps * rates.streaming(traffic);
            let ms = |seconds: f64| 1e3 * seconds;
            println!(
                "{name:<12} {:>6.1} ms {:>6.1} ms {:>6.1} ms {:>6.1} ms {:>8.2} {:>8.2}   ({rates})",
                ms(median),
                ms(time(&dense)),
                ms(time(&sparse)),
                ms(steps * sparse.flops / rates.flops),
                median / time(&dense),
                median / time(&sparse).max(steps * sparse.flops / rates.flops),
            );
        }
        println!();
    }
    println!(
        "dense, sparse: bytes of the weights that 250 steps and their sweep must read and write, each\n\
         state in as few passes as data dependence allows, over the streams of a matrix of the first\n\
         layer's size; flops: of the sparse count, over the rate of multiply-adds in registers. Not\n\
         counted: vectors, exponentials, the query images."
    );
}
