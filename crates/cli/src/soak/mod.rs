//! Small episodes at random settings, and what must hold for each of them.

mod agreement;
mod case;
mod memory;

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::learner::{Model, Start};
use metaplast_meta::term_sizes::term_sizes;
use metaplast_plasticity::{Architecture, Feedback, Rule, pool};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::gradients::Episode;

pub(crate) use memory::Watermark;

/// Glyphs of each class.
const GLYPHS: usize = 8;

/// The worst that was seen.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) episodes: u64,
    /// Those whose loss or gradient was not finite.
    pub(crate) diverged: u64,
    /// Those whose gradient has too few digits to be compared.
    pub(crate) ill_conditioned: u64,
    /// Largest error of weights that a sweep took back, in units of rounding of the largest weight on
    /// the way.
    pub(crate) undone: f64,
    /// Largest difference of reverse and forward mode, relative to the gradient,
    pub(crate) apart: f64,
    /// and in units of what rounding explains.
    pub(crate) explained: f64,
}

/// Episodes that follow from one seed, each also by itself.
pub(crate) struct Episodes {
    dataset: Dataset,
    seed: u64,
}

impl Episodes {
    pub(crate) fn new(seed: u64) -> Self {
        Episodes {
            dataset: Dataset::glyphs(GLYPHS, 1),
            seed,
        }
    }

    /// Runs one episode and checks all of it; says what does not hold.
    pub(crate) fn check(&self, number: u64, tally: &mut Tally) -> Result<(), String> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        // One stream for each episode, so that it can be repeated alone.
        let key: u64 = rng.random();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(key ^ number);
        let ways = rng.random_range(2..=5);
        let (shots, queries) = (rng.random_range(1..=5), rng.random_range(1..=3));
        let sampler = TaskSampler::new(&self.dataset, ways, shots, queries, Sampling::Fresh)
            .expect("there are glyphs enough");
        let task = sampler.sample(&self.dataset, &mut rng);
        let mut model = model(&mut rng);
        let start = Start::<f64>::draw(&model, self.seed, 0, number);
        let sizes = term_sizes(&model, &start, &self.dataset, &task);
        let theta: Vec<f64> = sizes
            .iter()
            .map(|size| {
                let sign = if rng.random() { 1.0 } else { -1.0 };
                // From far too little to far too much for its term.
                sign * 10f64.powf(rng.random_range(-5.0..0.5)) / size.max(1e-3)
            })
            .collect();
        model.rule = model.rule.with_theta(&theta);
        let episode = Episode {
            model: &model,
            dataset: &self.dataset,
            task: &task,
            seed: self.seed,
            number,
        };
        case::check(&episode, tally)
    }
}

fn model(rng: &mut Xoshiro256PlusPlus) -> Model {
    let mut sizes = vec![784];
    for _ in 0..rng.random_range(0..=3) {
        sizes.push(rng.random_range(1..=16));
    }
    sizes.push(47);
    let terms: Vec<usize> = (0..pool().len())
        .filter(|_| rng.random_range(0..3) == 0)
        .collect();
    let terms = if terms.is_empty() { vec![0] } else { terms };
    let rule = Rule::from_pool(&terms).expect("terms of the pool, each once");
    let architecture = Architecture::new(sizes).expect("no layer is empty");
    let kinds = Feedback::built_in();
    let feedback = kinds[rng.random_range(0..kinds.len())].clone();
    Model {
        rule: match rng.random_range(0..4) {
            0 => rule.per_layer(architecture.layers()),
            _ => rule,
        },
        architecture,
        feedback,
    }
}
