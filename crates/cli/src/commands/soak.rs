//! `metaplast soak`: small episodes at random settings, and what must always hold.

use std::time::{Duration, Instant};

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, Task, TaskSampler};
use metaplast_meta::images::{constant_image, image_batch};
use metaplast_meta::learner::{Ask, Learner, Model, Start};
use metaplast_meta::term_sizes::term_sizes;
use metaplast_plasticity::terms::POOL;
use metaplast_plasticity::{Architecture, Feedback, Network, Rule};
use metaplast_tensor::Scalar;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::arguments::Soak;
use crate::choice::Choice;
use crate::error::Error;
use crate::gradients::Episode;
use crate::output;

/// Episodes unless told otherwise.
const EPISODES: u64 = 200;
/// Glyphs of each class.
const GLYPHS: usize = 8;
/// Growth of the process that is the allocator's own affair.
const SLACK: u64 = 4 << 20;
/// Largest difference of a coefficient's part in `Σ|θ_r ∂loss/∂θ_r|` by reverse and forward mode,
/// relative to that sum or to [`FLAT`].
const GRADIENT: f64 = 1e-6;
/// An episode whose loss depends on θ less than this does not depend on it but for rounding.
const FLAT: f64 = 1e-6;
/// Beyond this `Σ|θ_r ∂loss/∂θ_r|` an episode is chaotic: the rounding of a single update changes its
/// gradient by more than any tolerance, and two ways of computing it have little in common.
const STEEP: f64 = 1e3;
/// Largest difference of undone and first weights, in units of the precision and of the largest
/// weight on the way.
const UNDONE: f64 = 1e3;

/// Runs the command.
pub(crate) fn run(arguments: &Soak) -> Result<(), Error> {
    let limit = match (arguments.minutes, arguments.episodes) {
        (Some(minutes), _) => {
            let minutes = Choice::new(minutes, "--minutes").above_zero()?;
            Limit::Time(Duration::from_secs_f64((60.0 * minutes).min(1e9)))
        }
        (None, episodes) => {
            let episodes = episodes.unwrap_or(EPISODES);
            Limit::Episodes(Choice::new(episodes, "--episodes").positive()?)
        }
    };
    let dataset = Dataset::glyphs(GLYPHS, 1);
    let begin = Instant::now();
    let mut tally = Tally::default();
    let mut early_memory = None;
    loop {
        let done = tally.episodes;
        let progress = match limit {
            Limit::Time(time) => begin.elapsed().div_duration_f64(time),
            Limit::Episodes(episodes) => done as f64 / episodes as f64,
        };
        if progress >= 0.1 && early_memory.is_none() {
            early_memory = Some(resident_memory());
        }
        if progress >= 1.0 {
            break;
        }
        let number = arguments.first.saturating_add(done);
        episode(&dataset, arguments.seed, number, &mut tally).map_err(|reason| {
            Error::Failed(format!(
                "{reason}; repeat it with: metaplast soak --seed {} --first {number} --episodes 1",
                arguments.seed
            ))
        })?;
        tally.episodes += 1;
    }
    let memory = match (early_memory.flatten(), resident_memory()) {
        (Some(early), Some(late)) => {
            let (early_mb, late_mb) = (early as f64 / 1e6, late as f64 / 1e6);
            // A few episodes say nothing: the largest may come late.
            if tally.episodes >= EPISODES && late > early + early / 10 + SLACK {
                return Err(Error::Failed(format!(
                    "memory grew from {early_mb:.1} MB after a tenth of the episodes to {late_mb:.1} MB"
                )));
            }
            format!("memory {early_mb:.1} MB after a tenth, {late_mb:.1} MB at the end")
        }
        _ => "memory not known on this system".to_owned(),
    };
    output::line(&format!(
        "{} episodes in {:.0} s, {} of them diverged, {} more too steep to compare gradients: no silent NaN; undone weights within {:.0e} of the first ones; reverse and forward mode within {:.0e}; the same bits twice; {memory}",
        tally.episodes,
        begin.elapsed().as_secs_f64(),
        tally.diverged,
        tally.steep,
        tally.undone,
        tally.gradient,
    ))
}

enum Limit {
    Time(Duration),
    Episodes(u64),
}

/// The worst that was seen.
#[derive(Default)]
struct Tally {
    episodes: u64,
    diverged: u64,
    /// Episodes whose gradients were not compared.
    steep: u64,
    undone: f64,
    gradient: f64,
}

fn episode(dataset: &Dataset, seed: u64, number: u64, tally: &mut Tally) -> Result<(), String> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    // One stream for each episode, so that it can be repeated alone.
    let key: u64 = rng.random();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(key ^ number);
    let ways = rng.random_range(2..=5);
    let (shots, queries) = (rng.random_range(1..=5), rng.random_range(1..=3));
    let sampler = TaskSampler::new(dataset, ways, shots, queries, Sampling::Fresh)
        .expect("there are glyphs enough");
    let task = sampler.sample(dataset, &mut rng);
    let mut model = model(&mut rng);
    let start = Start::<f64>::draw(&model, seed, 0, number);
    let sizes = term_sizes(&model, &start, dataset, &task);
    let theta: Vec<f64> = sizes
        .iter()
        .map(|size| {
            let sign = if rng.random() { 1.0 } else { -1.0 };
            // From far too little to far too much for its term.
            sign * 10f64.powf(rng.random_range(-5.0..0.5)) / size.max(1e-3)
        })
        .collect();
    model.rule = model.rule.with_theta(&theta);
    let case = Case {
        model: &model,
        dataset,
        task: &task,
        seed,
        number,
    };
    let finite = case.check::<f64>(tally)?;
    case.check::<f32>(tally)?;
    if finite {
        case.check_forward(tally)?;
    } else {
        tally.diverged += 1;
    }
    Ok(())
}

fn model(rng: &mut Xoshiro256PlusPlus) -> Model {
    let mut sizes = vec![784];
    for _ in 0..rng.random_range(0..=3) {
        sizes.push(rng.random_range(1..=16));
    }
    sizes.push(47);
    let terms: Vec<usize> = (0..POOL.len())
        .filter(|_| rng.random_range(0..3) == 0)
        .collect();
    let terms = if terms.is_empty() { vec![0] } else { terms };
    let rule = Rule::new(&terms).expect("terms of the pool, each once");
    let architecture = Architecture::new(sizes).expect("no layer is empty");
    let feedback = Feedback::ALL[rng.random_range(0..Feedback::ALL.len())];
    Model {
        rule: match rng.random_range(0..4) {
            0 => rule.per_layer(architecture.layers()),
            _ => rule,
        },
        architecture,
        feedback,
    }
}

/// One episode at one setting.
struct Case<'a> {
    model: &'a Model,
    dataset: &'a Dataset,
    task: &'a Task,
    seed: u64,
    number: u64,
}

impl Case<'_> {
    /// Runs the episode twice and once more by hand; true when its loss and gradient are finite.
    fn check<T: Scalar>(&self, tally: &mut Tally) -> Result<bool, String> {
        let start = Start::<T>::draw(self.model, self.seed, 0, self.number);
        let mut learner = Learner::<T>::new(self.model.clone());
        let theta = self.model.rule.theta();
        let ask = Ask {
            gradient: true,
            diagnostics: true,
        };
        let mut once = || {
            let outcome = learner.episode(theta, &start, self.dataset, self.task, ask);
            (
                format!("{outcome:?}"),
                outcome,
                learner.tape().memory().total(),
            )
        };
        let (first, outcome, memory) = once();
        let (second, _, memory_again) = once();
        if first != second {
            return Err(format!("an episode gave {first} and then {second}"));
        }
        if memory_again > memory {
            return Err(format!(
                "the tape grew from {memory} to {memory_again} bytes by the same episode"
            ));
        }
        let finite = match &outcome.gradient {
            Some(gradient) => gradient.iter().all(|g| g.is_finite()),
            None if outcome.query.cross_entropy.is_finite() => {
                return Err("a finite loss has no gradient".into());
            }
            None => false,
        };
        if finite {
            self.check_undone(&start, tally)?;
        }
        Ok(finite)
    }

    /// Whether the sweep ends at the weights from which the episode started.
    fn check_undone<T: Scalar>(&self, start: &Start<T>, tally: &mut Tally) -> Result<(), String> {
        let tape = Tape::<T>::new();
        let network = Network::new(
            &tape,
            &self.model.architecture,
            &start.weights,
            self.model.feedback,
            start.feedback.as_ref(),
        );
        let (rule, _) = self.model.rule.bind(&tape);
        let size = || {
            let weights = network.states().iter();
            let sizes = weights.map(|w| w.with(largest::<T>));
            sizes.fold(0.0f64, f64::max)
        };
        let mut most = size();
        for sample in &self.task.support {
            network.step(
                &rule,
                constant_image(&tape, self.dataset, *sample),
                sample.label,
            );
            most = most.max(size());
        }
        let labels: Vec<usize> = self.task.query.iter().map(|sample| sample.label).collect();
        let x = tape.constant(&image_batch(self.dataset, &self.task.query));
        network.logits(x).softmax_cross_entropy(&labels).backward();
        for (layer, (state, first)) in
            (1..).zip(network.states().iter().zip(start.weights.transposed()))
        {
            let back = state.rewound_value();
            let pairs = back.data().iter().zip(first.data());
            let worst = pairs
                .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
                .fold(0.0, f64::max);
            let relative = worst / most;
            if relative > UNDONE * T::EPSILON.to_f64() || relative.is_nan() {
                return Err(format!(
                    "layer {layer} came back to within {worst:.1e} of its first weights, the largest weight on the way being {most:.1e}"
                ));
            }
            tally.undone = tally.undone.max(relative);
        }
        Ok(())
    }

    /// Reverse against forward mode, in f64.
    fn check_forward(&self, tally: &mut Tally) -> Result<(), String> {
        let episode = Episode {
            model: self.model,
            dataset: self.dataset,
            task: self.task,
            seed: self.seed,
        };
        let (_, Some(reverse)) = episode.reverse::<f64>() else {
            // Another start than above, which may diverge.
            return Ok(());
        };
        let forward = episode.forward();
        let size = forward.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        if !size.is_finite() || reverse.iter().any(|g| !g.is_finite()) {
            return Ok(());
        }
        let theta = self.model.rule.theta();
        let steepness: f64 = forward.iter().zip(theta).map(|(g, t)| (g * t).abs()).sum();
        if steepness > STEEP {
            tally.steep += 1;
            return Ok(());
        }
        for ((reverse, forward), theta) in reverse.iter().zip(&forward).zip(theta) {
            let relative = ((reverse - forward) * theta).abs() / steepness.max(FLAT);
            if relative > GRADIENT || relative.is_nan() {
                return Err(format!(
                    "reverse mode gives {reverse:e} where forward mode gives {forward:e}, in a gradient of size {size:e}"
                ));
            }
            tally.gradient = tally.gradient.max(relative);
        }
        Ok(())
    }
}

fn largest<T: Scalar>(weights: &[T]) -> f64 {
    weights.iter().fold(0.0, |m, w| m.max(w.to_f64().abs()))
}

/// Bytes of this process in memory, where the system tells.
fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(1024 * kilobytes)
}
