//! Random episodes.

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_plasticity::{Architecture, Feedback, Rule, pool};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::case;
use super::tally::Tally;
use crate::episode::Episode;
use crate::precision::Precision;
use crate::seeds::EpisodeKey;
use crate::start::Model;
use crate::train::term_sizes;

/// Glyphs of each class.
const GLYPHS: usize = 8;

/// Episodes that follow from one seed, each also by itself.
#[derive(Debug)]
pub struct RandomEpisodes {
    dataset: Dataset,
    seed: u64,
}

impl RandomEpisodes {
    /// Those of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        RandomEpisodes {
            dataset: Dataset::glyphs(GLYPHS, 1),
            seed,
        }
    }

    /// Runs one episode and checks all of it.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub fn check(&self, number: u64, tally: &mut Tally) -> Result<(), String> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        // One stream for each episode, so that it can be repeated alone.
        let key: u64 = rng.random();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(key ^ number);
        let ways = rng.random_range(2..=5);
        let (shots, queries) = (rng.random_range(1..=5), rng.random_range(1..=3));
        let sampler = TaskSampler::new(&self.dataset, ways, shots, queries, Sampling::Fresh)
            .expect("there are glyphs enough");
        let task = sampler.sample(&self.dataset, &mut rng);
        let model = model(&mut rng);
        let key = EpisodeKey::new(self.seed, 0, number);
        let episode = Episode::new(&model, key, &self.dataset, &task);
        let sizes = term_sizes(&episode, Precision::Double);
        let theta: Vec<f64> = sizes
            .iter()
            .map(|size| {
                let sign = if rng.random() { 1.0 } else { -1.0 };
                // From far too little to far too much for its term.
                sign * 10f64.powf(rng.random_range(-5.0..0.5)) / size.max(1e-3)
            })
            .collect();
        case::check(&episode.with_theta(&theta), tally)?;
        tally.episodes += 1;
        Ok(())
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
    let kinds = Feedback::built_in_for(&architecture);
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
