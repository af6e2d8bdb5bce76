//! A search: candidates proposed, measured and remembered, within a budget.

use std::collections::VecDeque;

use crate::error::SearchError;
use crate::game::{Game, TriedCandidate};
use crate::history::SearchHistory;
use crate::record::SearchRecord;
use crate::searcher::Searcher;

/// A search over a game.
///
/// The sequence of candidates depends on the searcher, its seed and the rewards, and not on the number of
/// threads, which share the candidates that a searcher proposes together.
///
/// ```
/// use metaplast_search::{Landscape, CandidateReward, Search, SearchMethod, SearchSpace};
///
/// let space = SearchSpace::new([("a", vec!["x", "y", "z"]), ("b", vec!["x", "y", "z"])]);
/// let rewards = (0..9).map(|place| CandidateReward::new(f64::from(place % 5)));
/// let game = Landscape::new(space, Vec::new(), rewards.collect());
/// let mut search = Search::new(&game, SearchMethod::Evolution.searcher(1));
/// assert_eq!(search.run(4), 4);
/// assert_eq!(search.run(100), 9); // there are no more
/// assert_eq!(search.history().best().unwrap().choices, [1, 1]);
/// ```
pub struct Search<'a> {
    game: &'a dyn Game,
    searcher: Box<dyn Searcher>,
    history: SearchHistory,
    /// What was proposed and is not yet tried.
    proposed: VecDeque<Vec<usize>>,
}

impl<'a> Search<'a> {
    /// From the beginning.
    #[must_use]
    pub fn new(game: &'a dyn Game, searcher: Box<dyn Searcher>) -> Self {
        Search {
            game,
            searcher,
            history: SearchHistory::default(),
            proposed: VecDeque::new(),
        }
    }

    /// What was tried.
    #[must_use]
    pub fn history(&self) -> &SearchHistory {
        &self.history
    }

    /// Tries candidates until `budget` were tried in all, there are no more, or the game stops; returns how many
    /// were.
    ///
    /// A smaller budget and then a larger one try the same candidates in the same order as the larger alone.
    pub fn run(&mut self, budget: usize) -> usize {
        while self.step(budget) > 0 {}
        self.history.len()
    }

    /// The same with a record, from which what was tried before is taken instead of measuring it: a search that
    /// was killed goes on where it was. Before each batch `stop` is asked whether to end already.
    ///
    /// # Errors
    /// [`SearchError::Record`] when the record has other candidates than this search tries, which is the record
    /// of another searcher, seed or game; [`SearchError::Io`] when it cannot be written.
    pub fn run_recorded(
        &mut self,
        budget: usize,
        record: &mut SearchRecord,
        stop: &dyn Fn() -> bool,
    ) -> Result<usize, SearchError> {
        self.replay(budget, record)?;
        while !stop() {
            let tried = self.step(budget);
            if tried == 0 {
                break;
            }
            let start = self.history.len() - tried;
            record.append(self.game, &self.history.tried()[start..])?;
        }
        Ok(self.history.len())
    }

    /// Takes from the record what it has.
    fn replay(&mut self, budget: usize, record: &SearchRecord) -> Result<(), SearchError> {
        while self.history.len() < budget.min(record.tried().len()) {
            let place = self.history.len();
            let recorded = &record.tried()[place];
            let next = self.next(1).pop();
            if next.as_ref() != Some(&recorded.choices) {
                let tries = next.map_or("nothing more".into(), |next| self.game.describe(&next));
                let reason = format!(
                    "the record has {}, this search tries {tries}; name another file, or repeat the search with \
                     the settings it was begun with",
                    self.game.describe(&recorded.choices)
                );
                return Err(record.wrong(place, reason));
            }
            self.history.push(recorded.clone());
        }
        Ok(())
    }

    /// Tries what is proposed together, within the budget; returns how many were.
    fn step(&mut self, budget: usize) -> usize {
        let most = budget.saturating_sub(self.history.len());
        let ends = self.next(most);
        let Some(measured) = self.game.measure_all(&ends) else {
            ends.into_iter()
                .rev()
                .for_each(|end| self.proposed.push_front(end));
            return 0;
        };
        assert_eq!(measured.len(), ends.len(), "search: measured, candidates");
        let tried = ends.len();
        for (choices, measured) in ends.into_iter().zip(measured) {
            self.history.push(TriedCandidate {
                choices,
                reward: measured.reward,
                further: measured.further,
            });
        }
        tried
    }

    /// The next candidates, at most so many.
    fn next(&mut self, most: usize) -> Vec<Vec<usize>> {
        if most == 0 {
            return Vec::new();
        }
        if self.proposed.is_empty() {
            self.proposed = self.searcher.propose(self.game, &self.history).into();
        }
        let number = most.min(self.proposed.len());
        self.proposed.drain(..number).collect()
    }
}
