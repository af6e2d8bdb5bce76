//! Random search.

use metaplast_numbers::streams::stream;

use crate::game::Game;
use crate::history::SearchHistory;
use crate::searcher::{Purpose, Searcher, stream_name};

/// Candidates at a time.
const BATCH: usize = 8;

/// Uniform choices, without repetition: what every other searcher is to be compared with (Bergstra & Bengio,
/// *Random search for hyper-parameter optimization*, JMLR 13:281, 2012).
#[derive(Clone, Debug)]
pub struct RandomSearch {
    seed: u64,
}

impl RandomSearch {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        RandomSearch { seed }
    }
}

impl Searcher for RandomSearch {
    fn name(&self) -> &'static str {
        "random"
    }

    fn propose(&mut self, game: &dyn Game, history: &SearchHistory) -> Vec<Vec<usize>> {
        random_candidates(game, history, self.seed, BATCH)
    }
}

/// So many untried candidates, or all there are.
pub(crate) fn random_candidates(
    game: &dyn Game,
    history: &SearchHistory,
    seed: u64,
    number: usize,
) -> Vec<Vec<usize>> {
    let mut rng = stream(&stream_name(seed, Purpose::Start, history.len()));
    let mut chosen = Vec::new();
    while chosen.len() < number {
        match history.untried(game, &chosen, &mut rng) {
            Some(end) => chosen.push(end),
            None => break,
        }
    }
    chosen
}
