//! Regularised evolution.

use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;
use rand::Rng;

use crate::game::Game;
use crate::history::{SearchHistory, finish};
use crate::random_search::random_candidates;
use crate::searcher::{Purpose, Searcher, stream_name};

/// Mutations in vain, all of which were tried before, until a random candidate takes their place.
const ATTEMPTS: usize = 32;

/// Regularised evolution: the population is the youngest candidates; the best of a few that are drawn from it
/// has a child that differs in one choice, and the oldest leaves (Real, Aggarwal, Huang & Le, *Regularized
/// evolution for image classifier architecture search*, AAAI 2019).
///
/// Choices after the changed one stay where they are still legal, and are drawn anew where not. Children are
/// bred one at a time.
#[derive(Clone, Debug)]
pub struct RegularisedEvolution {
    seed: u64,
    population: usize,
    sample: usize,
}

impl RegularisedEvolution {
    /// From a seed, with a population of 10, of which 5 are drawn.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        RegularisedEvolution {
            seed,
            population: 10,
            sample: 5,
        }
    }

    /// With another size of the population and of the sample of which the best becomes a parent.
    ///
    /// # Panics
    /// When the sample is empty or larger than the population.
    #[must_use]
    #[track_caller]
    pub fn with_sizes(self, population: usize, sample: usize) -> Self {
        assert!(
            (1..=population).contains(&sample),
            "regularised evolution: a sample of {sample} from a population of {population}"
        );
        RegularisedEvolution {
            population,
            sample,
            ..self
        }
    }
}

impl Searcher for RegularisedEvolution {
    fn name(&self) -> &'static str {
        "evolution"
    }

    fn propose(&mut self, game: &dyn Game, history: &SearchHistory) -> Vec<Vec<usize>> {
        let tried = history.tried();
        if tried.len() < self.population {
            let missing = self.population - tried.len();
            return random_candidates(game, history, self.seed, missing);
        }
        let mut rng = stream(&stream_name(self.seed, Purpose::Mutation, tried.len()));
        let population = &tried[tried.len() - self.population..];
        for _ in 0..ATTEMPTS {
            let drawn: Vec<_> = (0..self.sample)
                .map(|_| &population[uniform_index(&mut rng, population.len())])
                .collect();
            let fittest = drawn.iter().copied().reduce(|best, other| {
                let (b, o) = (history.scaled(best.reward), history.scaled(other.reward));
                if o > b { other } else { best }
            });
            let Some(parent) = fittest else { break };
            let child = mutated(game, &parent.choices, &mut rng);
            if history.get(&child).is_none() {
                return vec![child];
            }
        }
        history.untried(game, &[], &mut rng).into_iter().collect()
    }
}

/// The candidate with one choice changed; itself if there was no other choice.
fn mutated(game: &dyn Game, parent: &[usize], rng: &mut impl Rng) -> Vec<usize> {
    let place = match parent.len() {
        0 => return Vec::new(),
        choices => uniform_index(rng, choices),
    };
    let mut child = parent[..place].to_vec();
    let mut others = game.options(&child);
    others.retain(|option| *option != parent[place]);
    if others.is_empty() {
        return parent.to_vec();
    }
    child.push(others[uniform_index(rng, others.len())]);
    while let Some(choice) = parent.get(child.len()) {
        if !game.options(&child).contains(choice) {
            break;
        }
        child.push(*choice);
    }
    finish(game, child, rng)
}
