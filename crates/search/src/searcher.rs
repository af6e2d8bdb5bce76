//! Searchers: what chooses the candidates.

use std::str::FromStr;

use crate::evolution::RegularisedEvolution;
use crate::game::Game;
use crate::history::SearchHistory;
use crate::puct::Puct;
use crate::random_search::RandomSearch;
use crate::regressor::Perceptron;
use crate::uct::Uct;

/// Chooses which candidates to try next.
///
/// A searcher depends on nothing but its seed, the game and what was tried, so that a search can be repeated
/// from its record. It is asked again only once everything that it proposed was tried.
pub trait Searcher: Send {
    /// How tables and records call it.
    fn name(&self) -> &'static str;

    /// Candidates that can be tried at the same time, none of which was tried before or is there twice; none
    /// when everything was tried.
    fn propose(&mut self, game: &dyn Game, history: &SearchHistory) -> Vec<Vec<usize>>;
}

/// The searchers by name.
///
/// ```
/// use metaplast_search::SearchMethod;
///
/// let method: SearchMethod = "evolution".parse()?;
/// assert_eq!(method.searcher(1).name(), "evolution");
/// assert!("annealing".parse::<SearchMethod>().unwrap_err().contains("choose one of random, "));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchMethod {
    /// [`RandomSearch`].
    Random,
    /// [`Uct`].
    Uct,
    /// [`RegularisedEvolution`].
    Evolution,
    /// [`Puct`] with ridge regression.
    Puct,
    /// [`Puct`] with a [`Perceptron`].
    PuctPerceptron,
}

impl SearchMethod {
    /// All of them, in the order of tables.
    pub const ALL: [SearchMethod; 5] = [
        SearchMethod::Random,
        SearchMethod::Uct,
        SearchMethod::Evolution,
        SearchMethod::Puct,
        SearchMethod::PuctPerceptron,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SearchMethod::Random => "random",
            SearchMethod::Uct => "uct",
            SearchMethod::Evolution => "evolution",
            SearchMethod::Puct => "puct",
            SearchMethod::PuctPerceptron => "puct-perceptron",
        }
    }

    /// The searcher with its usual constants, from a seed.
    #[must_use]
    pub fn searcher(self, seed: u64) -> Box<dyn Searcher> {
        match self {
            SearchMethod::Random => Box::new(RandomSearch::new(seed)),
            SearchMethod::Uct => Box::new(Uct::new(seed)),
            SearchMethod::Evolution => Box::new(RegularisedEvolution::new(seed)),
            SearchMethod::Puct => Box::new(Puct::new(seed)),
            SearchMethod::PuctPerceptron => {
                Box::new(Puct::new(seed).with_regressor(Box::new(Perceptron::new(seed))))
            }
        }
    }
}

impl FromStr for SearchMethod {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = SearchMethod::ALL
            .into_iter()
            .find(|method| method.name() == name);
        found.ok_or_else(|| {
            let names = SearchMethod::ALL.map(SearchMethod::name).join(", ");
            format!("there is no search method {name}; choose one of {names}")
        })
    }
}

/// What random choices of a searcher are for, as the last part of their streams' names.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Start,
    Mutation,
    Playout,
    Simulation,
    Weights,
}

/// The name of a stream: a seed, a purpose and how much was tried.
pub(crate) fn stream_name(seed: u64, purpose: Purpose, tried: usize) -> [u64; 4] {
    // A number that no other crate's streams begin with.
    [0x5e_a2c4, seed, purpose as u64, tried as u64]
}
