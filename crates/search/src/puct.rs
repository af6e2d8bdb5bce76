//! Tree search with a policy and a value that are fitted to what was tried.

use metaplast_numbers::streams::stream;
use metaplast_tensor::Scalar;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt};

use crate::game::Game;
use crate::history::SearchHistory;
use crate::random_search::random_candidates;
use crate::regressor::{Regressor, RidgeRegression};
use crate::searcher::{Purpose, Searcher, stream_name};
use crate::tree::{PolicyValue, SearchTree};

/// Games that end where the search was before, until a random candidate takes their place.
const ATTEMPTS: usize = 50;
/// The temperature of the policy, in ranks from 0 to 1.
pub(crate) const TEMPERATURE: f64 = 0.1;
/// The share of Dirichlet noise in the policy.
const NOISE: f64 = 0.25;

/// PUCT with a fitted policy and value, as in AlphaZero (Silver et al. 2018) and in the search for network
/// settings of Heider, Suh & Sun (IJNAMG 45:1212, 2021), of which only the abstract was at hand.
///
/// ```text
/// v(s) = the prediction for the features of s, in ranks: 0 for the worst reward that was seen, 1 for the best
/// P(s,·) = ¾ softmax_a(v(s a)/0.1) + ¼ Dirichlet(1)
/// ```
///
/// Ten random candidates come first. Then come rounds: v is fitted to all that was tried, and 5 games are played
/// in a new [`SearchTree`]; their ends are the next candidates. Before each move simulations from there go on until
/// its options have 60 visits; the move is drawn in proportion to them. In a simulation an end that was tried is
/// worth its rank, another what is predicted.
pub struct Puct {
    seed: u64,
    regressor: Box<dyn Regressor>,
    start: usize,
    visits: u64,
    games: usize,
    exploration: f64,
}

impl Puct {
    /// From a seed, with ridge regression, λ = 1, and c = 1.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Puct {
            seed,
            regressor: Box::new(RidgeRegression::new(1.0)),
            start: 10,
            visits: 60,
            games: 5,
            exploration: 1.0,
        }
    }

    /// With another regression of rewards on features.
    #[must_use]
    pub fn with_regressor(self, regressor: Box<dyn Regressor>) -> Self {
        Puct { regressor, ..self }
    }

    /// With other numbers of visits before a move and of games of a round.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    #[track_caller]
    pub fn with_rounds(self, visits: u64, games: usize) -> Self {
        assert!(
            visits > 0 && games > 0,
            "puct: {visits} visits before a move, {games} games"
        );
        Puct {
            visits,
            games,
            ..self
        }
    }

    /// With another constant c.
    #[must_use]
    pub fn with_exploration(self, exploration: f64) -> Self {
        Puct {
            exploration,
            ..self
        }
    }

    /// With another number of random candidates before the first round.
    #[must_use]
    pub fn with_start(self, start: usize) -> Self {
        Puct { start, ..self }
    }
}

impl Searcher for Puct {
    fn name(&self) -> &'static str {
        self.regressor.searcher_name()
    }

    fn propose(&mut self, game: &dyn Game, history: &SearchHistory) -> Vec<Vec<usize>> {
        if history.len() < self.start {
            return random_candidates(game, history, self.seed, self.start - history.len());
        }
        let name = stream_name(self.seed, Purpose::Simulation, history.len());
        let mut rng = stream(&name);
        fit(&mut *self.regressor, game, history);
        if game.options(&[]).is_empty() {
            return history.untried(game, &[], &mut rng).into_iter().collect();
        }
        let mut judge = FittedPolicy {
            regressor: &*self.regressor,
            game,
            history,
            noise: stream(&stream_name(self.seed, Purpose::Start, history.len())),
        };
        let mut tree = SearchTree::new(game, &mut judge, self.exploration);
        let mut chosen: Vec<Vec<usize>> = Vec::new();
        let mut attempts = 0;
        while chosen.len() < self.games {
            let end = match attempts < ATTEMPTS {
                true => Some(tree.play(game, &mut judge, self.visits, &mut |visits| {
                    weighted_index(visits, &mut rng)
                })),
                false => history.untried(game, &chosen, &mut rng),
            };
            attempts += 1;
            match end {
                Some(end) if history.get(&end).is_none() && !chosen.contains(&end) => {
                    chosen.push(end);
                }
                Some(_) => {}
                None => break,
            }
        }
        chosen
    }
}

/// Fits a regression to the ranks of everything that was tried.
pub(crate) fn fit(regressor: &mut dyn Regressor, game: &dyn Game, history: &SearchHistory) {
    let tried = history.tried().iter();
    let features: Vec<Vec<f64>> = tried.map(|tried| game.features(&tried.choices)).collect();
    let tried = history.tried().iter();
    let rewards: Vec<f64> = tried.map(|tried| history.ranked(tried.reward)).collect();
    regressor.fit(&features, &rewards);
}

/// Policy and value from a regression.
struct FittedPolicy<'a> {
    regressor: &'a dyn Regressor,
    game: &'a dyn Game,
    history: &'a SearchHistory,
    noise: Xoshiro256PlusPlus,
}

impl FittedPolicy<'_> {
    fn value(&self, prefix: &[usize]) -> f64 {
        self.regressor.predict(&self.game.features(prefix))
    }
}

impl PolicyValue for FittedPolicy<'_> {
    fn judge(&mut self, prefix: &[usize], options: &[usize]) -> (Vec<f64>, f64) {
        let mut next = prefix.to_vec();
        let mut values = Vec::new();
        for &option in options {
            next.push(option);
            values.push(self.value(&next));
            next.pop();
        }
        let policy = softmax(&values, TEMPERATURE);
        let noise = dirichlet(options.len(), &mut self.noise);
        let both = policy.iter().zip(&noise);
        let priors = both.map(|(p, d)| (1.0 - NOISE) * p + NOISE * d).collect();
        (priors, self.value(prefix))
    }

    fn reward(&mut self, end: &[usize]) -> f64 {
        match self.history.get(end) {
            Some(tried) => self.history.ranked(tried.reward),
            None => self.value(end),
        }
    }
}

/// `softmax(x/T)`.
pub(crate) fn softmax(values: &[f64], temperature: f64) -> Vec<f64> {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = values
        .iter()
        .map(|x| Scalar::exp((x - most) / temperature))
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// Dirichlet(1, …, 1): exponential numbers over their sum.
fn dirichlet(n: usize, rng: &mut impl Rng) -> Vec<f64> {
    let draws: Vec<f64> = (0..n)
        .map(|_| -Scalar::ln(1.0 - rng.random::<f64>()))
        .collect();
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|draw| draw / sum).collect()
}

/// A place with a probability in proportion to its weight.
fn weighted_index(weights: &[f64], rng: &mut impl Rng) -> usize {
    let sum: f64 = weights.iter().sum();
    let mut rest = rng.random::<f64>() * sum;
    for (place, weight) in weights.iter().enumerate() {
        if rest < *weight {
            return place;
        }
        rest -= weight;
    }
    // Rounding: the last that has any weight.
    weights
        .iter()
        .rposition(|&weight| weight > 0.0)
        .unwrap_or(0)
}
