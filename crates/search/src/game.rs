//! Games of choices: what a search is given.

use rayon::prelude::*;

/// A game in which a candidate is made by one choice after another, and is worth a reward.
///
/// Choices are numbers that mean something to the game alone: places in lists of settings, symbols of a
/// grammar. The choices made so far are a *prefix*; where there is nothing left to choose, it is an *end*,
/// and a complete candidate. [`SearchSpace`](crate::SearchSpace) has the methods of a game for settings
/// that are chosen independently of each other.
///
/// ```
/// use metaplast_search::{Game, CandidateReward, Puct, Search};
///
/// /// Words of three letters, without two equal ones in a row, that are worth their number of `b`s.
/// struct Words;
///
/// impl Game for Words {
///     fn options(&self, prefix: &[usize]) -> Vec<usize> {
///         let letters = if prefix.len() < 3 { 0..3 } else { 0..0 };
///         letters.filter(|letter| prefix.last() != Some(letter)).collect()
///     }
///
///     fn measure(&self, end: &[usize]) -> CandidateReward {
///         CandidateReward::new(end.iter().filter(|&&letter| letter == 1).count() as f64)
///     }
///
///     fn features(&self, prefix: &[usize]) -> Vec<f64> {
///         let mut features = vec![0.0; 9];
///         prefix.iter().enumerate().for_each(|(place, letter)| features[3 * place + letter] = 1.0);
///         features
///     }
///
///     fn describe(&self, prefix: &[usize]) -> String {
///         prefix.iter().map(|&letter| ['a', 'b', 'c'][letter]).collect()
///     }
/// }
///
/// let mut search = Search::new(&Words, Box::new(Puct::new(1)));
/// search.run(12);
/// assert_eq!(search.history().best().map(|best| best.reward), Some(2.0)); // of 12 words, only bab and bcb
/// ```
pub trait Game: Sync {
    /// What may be chosen next, always in the same order; nothing at an end. No option is there twice.
    fn options(&self, prefix: &[usize]) -> Vec<usize>;

    /// What a candidate is worth. The same candidate always has the same reward, also on another thread.
    /// A reward that is not finite, as of what diverges, counts as the worst.
    fn measure(&self, end: &[usize]) -> CandidateReward;

    /// What several candidates are worth, in their order: by default each alone, on the threads of the rayon
    /// pool in which it is called. None when it was asked to stop or failed: they count as not tried, and the
    /// search ends.
    fn measure_all(&self, ends: &[Vec<usize>]) -> Option<Vec<CandidateReward>> {
        let each = ends.par_iter().with_max_len(1);
        Some(each.map(|end| self.measure(end)).collect())
    }

    /// A vector by which rewards may be predicted, of one length for all prefixes: mostly a 1 for each choice
    /// that was made, and for choices that are open their average.
    fn features(&self, prefix: &[usize]) -> Vec<f64>;

    /// A prefix or an end in words, on one line.
    fn describe(&self, prefix: &[usize]) -> String;

    /// The names of the [further numbers](CandidateReward::further) of each candidate.
    fn further(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a candidate is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateReward {
    /// The reward; more is better, in any unit.
    pub reward: f64,
    /// Further numbers for the record, as many as [`Game::further`] names.
    pub further: Vec<f64>,
}

impl CandidateReward {
    /// A reward alone.
    #[must_use]
    pub fn new(reward: f64) -> Self {
        CandidateReward {
            reward,
            further: Vec::new(),
        }
    }
}

/// A candidate and what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct TriedCandidate {
    /// Its choices.
    pub choices: Vec<usize>,
    /// The reward; more is better.
    pub reward: f64,
    /// Further numbers, as [`Game::further`] names them.
    pub further: Vec<f64>,
}
