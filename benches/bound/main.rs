//! How far an episode is from what the machine allows: the bytes that it must move and the flops
//! that it must do, over the rates of this machine, measured in the same run.
//!
//! ```text
//! cargo bench --bench bound               # every rule, then nets of 0.2 to 4 million weights
//! cargo bench --bench bound -- wide       # the latter alone, on one thread and on two
//! ```

#[path = "../work/mod.rs"]
mod work;

mod rates;
mod traffic;

use std::time::Instant;

use metaplast::meta::gradient::GradientMode;
use metaplast::plasticity::{Architecture, Feedback, Preset};
use metaplast::tensor::Team;
use rates::Rates;
use traffic::{Traffic, traffic};
use work::{Episode, Ink, Work, model, rules};

/// Episodes of each rule, of which the median counts.
const EPISODES: usize = 15;

/// Hidden layers of nets of images, each larger than the caches that hold the one before.
const WIDE: [&[usize]; 4] = [
    &[170, 130, 100, 70],
    &[400, 400, 400, 400],
    &[512, 512, 512, 512],
    &[1024, 1024, 1024, 1024],
];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let episodes = if quick { 1 } else { EPISODES };
    if !std::env::args().any(|argument| argument == "wide") {
        for ink in Ink::ALL {
            all_rules(ink, episodes);
        }
        println!(
            "dense, sparse: bytes of the weights that 250 steps and their sweep must read and write, each\n\
             state in as few passes as data dependence allows, over the streams of matrices of this size;\n\
             flops: of the sparse count, over the rate of multiply-adds in registers. Not counted: vectors,\n\
             exponentials, the query images.\n"
        );
    }
    let nets = if quick { &WIDE[..1] } else { &WIDE[..] };
    wide(nets, episodes.div_ceil(3));
}

fn all_rules(ink: Ink, episodes: usize) {
    let work = Work::new(ink);
    let (inked, used) = shares(&work);
    println!(
        "{:<12} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8}",
        "rule", "episode", "dense", "sparse", "flops", "to dense", "to sparse"
    );
    for (name, preset, feedback) in rules() {
        let model = model(preset, feedback.clone());
        let mut episode = work.episode(model, None, GradientMode::default());
        let ([median], rates) = measure(&mut episode, [1], episodes);
        let architecture = &episode.model.architecture;
        let moved = |inked, used| sum(&traffic(architecture, preset, &feedback, inked, used));
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

/// Episodes of bio in nets of other widths, and which bound binds in which layer.
fn wide(nets: &[&[usize]], episodes: usize) {
    let work = Work::new(Ink::Third);
    let (inked, used) = shares(&work);
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>10} {:>8} {:>8} {:>9}  layer by layer",
        "bio in", "weights", "episode", "2 threads", "a weight", "bytes", "flops", "to bound"
    );
    for &hidden in nets {
        let sizes = [&[784], hidden, &[47]].concat();
        let name = sizes.iter().map(usize::to_string);
        let name = name.collect::<Vec<_>>().join("-");
        let mut model = model(Preset::Bio, Feedback::fixed());
        model.architecture = Architecture::new(sizes).expect("sizes above zero");
        let architecture = model.architecture.clone();
        let weights: usize = architecture.sizes().windows(2).map(|s| s[0] * s[1]).sum();
        let mut episode = work.episode(model, None, GradientMode::default());
        let ([median, shared], rates) = measure(&mut episode, [1, 2], episodes);
        let layers = traffic(&architecture, Preset::Bio, &Feedback::fixed(), inked, used);
        let steps = work.task.support.len() as f64;
        let bytes = |traffic: &Traffic| steps * rates.streaming(traffic);
        let flops = |traffic: &Traffic| steps * traffic.flops / rates.flops;
        let binding = layers
            .iter()
            .map(|layer| match bytes(layer) > flops(layer) {
                true => "bytes",
                false => "flops",
            });
        let binding = binding.collect::<Vec<_>>().join(" ");
        let bound: f64 = layers.iter().map(|l| bytes(l).max(flops(l))).sum();
        let all = sum(&layers);
        println!(
            "{name:<28} {weights:>9} {:>6.1} ms {:>6.1} ms {:>7.2} ns {:>5.0} ms {:>5.0} ms {:>9.2}  {binding}   ({rates})",
            1e3 * median,
            1e3 * shared,
            1e9 * median / (weights as f64 * steps),
            1e3 * bytes(&all),
            1e3 * flops(&all),
            median / bound,
        );
    }
    println!(
        "2 threads: an episode whose matrices two threads share, in turns with those on one; a weight: the time\n\
         for each weight and online step, value and gradient, on one thread; bytes, flops: of the weights\n\
         that images use, over the rates of three matrices of this net's size; layer by layer: which of\n\
         both takes longer, the first layer first."
    );
}

/// What images of the task have in common, which is printed.
fn shares(work: &Work) -> (f64, f64) {
    let (inked, used) = work.nonzero();
    println!(
        "{:.0}% of the support images' pixels are not zero, {:.0}% of the inputs are used",
        100.0 * inked,
        100.0 * used
    );
    (inked, used)
}

/// The median times of an episode, value and gradient, on teams of so many threads that take turns, and what the
/// machine streams beside it.
fn measure<const N: usize>(
    episode: &mut Episode<'_>,
    threads: [usize; N],
    episodes: usize,
) -> ([f64; N], Rates) {
    let sizes = episode.model.architecture.sizes();
    let weights = sizes.windows(2).map(|s| s[0] * s[1]).sum();
    let rates = Rates::measure(weights);
    let teams = threads.map(|n| Team::new(n).expect("as many threads as processors"));
    let mut times = [const { Vec::new() }; N];
    for round in 0..episodes + 1 {
        for (team, times) in teams.iter().zip(&mut times) {
            let begin = Instant::now();
            team.lead(|| episode.run(true));
            let time = begin.elapsed().as_secs_f64();
            // The first one warms up.
            times.extend((round > 0).then_some(time));
        }
    }
    // Rates before and after: a machine whose clock or load changes shows it here.
    let rates = rates.mean(&Rates::measure(weights));
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    (times.map(median), rates)
}

fn sum(layers: &[Traffic]) -> Traffic {
    layers
        .iter()
        .fold(Traffic::default(), |sum, layer| Traffic {
            read: sum.read + layer.read,
            update: sum.update + layer.update,
            flops: sum.flops + layer.flops,
        })
}
