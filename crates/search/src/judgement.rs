//! How good a searcher is, on a landscape of which the truth is known.

use metaplast_numbers::statistics::mean;

use crate::landscape::Landscape;
use crate::search::Search;
use crate::searcher::Searcher;

/// The ranks of the best candidates that searches from several seeds find within a budget: 0 is the best there
/// is.
///
/// ```
/// use metaplast_search::{Judgement, Landscape, CandidateReward, SearchMethod, SearchSpace};
///
/// let options = vec!["1", "2", "3", "4"];
/// let space = SearchSpace::new([("a", options.clone()), ("b", options.clone()), ("c", options)]);
/// let reward = |place: usize| CandidateReward::new(-((place % 16) as f64 - 3.0).abs() - (place / 16) as f64);
/// let landscape = Landscape::new(space, Vec::new(), (0..64).map(reward).collect());
/// let of = |method: SearchMethod| Judgement::of(&landscape, 20, 0..20, |seed| method.searcher(seed));
/// let (random, puct) = (of(SearchMethod::Random), of(SearchMethod::Puct));
/// assert!(puct.mean_rank() < random.mean_rank());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The rank for each seed, in order.
    pub ranks: Vec<usize>,
    /// The number of candidates of the landscape.
    pub candidates: usize,
}

impl Judgement {
    /// Of a searcher made from each seed.
    #[must_use]
    pub fn of(
        landscape: &Landscape,
        budget: usize,
        seeds: impl IntoIterator<Item = u64>,
        searcher: impl Fn(u64) -> Box<dyn Searcher>,
    ) -> Self {
        let candidates = landscape.measured().len();
        let rank = |seed| {
            let mut search = Search::new(landscape, searcher(seed));
            search.run(budget);
            let best = search.history().best();
            best.map_or(candidates, |best| landscape.rank(best.reward))
        };
        Judgement {
            ranks: seeds.into_iter().map(rank).collect(),
            candidates,
        }
    }

    /// The mean rank.
    #[must_use]
    pub fn mean_rank(&self) -> f64 {
        let ranks: Vec<f64> = self.ranks.iter().map(|&rank| rank as f64).collect();
        mean(&ranks)
    }

    /// 1 for each seed that found one of the best 1%, 0 for each other: ranks below a hundredth of the number of
    /// candidates.
    #[must_use]
    pub fn within_best_percent(&self) -> Vec<f64> {
        let within = self.ranks.iter().map(|rank| 100 * rank < self.candidates);
        within.map(|within| f64::from(u8::from(within))).collect()
    }

    /// The share of seeds that found one of the best 1%.
    #[must_use]
    pub fn share(&self) -> f64 {
        mean(&self.within_best_percent())
    }
}
