//! Plain tree search with random playouts.

use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;
use metaplast_tensor::Scalar;
use rand::Rng;

use crate::game::Game;
use crate::history::{SearchHistory, finish};
use crate::searcher::{Purpose, Searcher, stream_name};

/// Playouts in a row that end where the search was before, until a random candidate takes their place.
const ATTEMPTS: usize = 200;

/// UCT: from the root to the option with the greatest upper confidence bound `Q + c √(ln N / n)`, one new state,
/// and a random playout from there to an end, whose reward goes back along the path (Kocsis & Szepesvári,
/// *Bandit based Monte-Carlo planning*, ECML 2006).
///
/// Q is the mean reward, scaled by the worst and the best seen. Playouts that end at a candidate that was tried
/// count with its reward and cost nothing. Candidates are proposed one at a time.
#[derive(Clone, Debug)]
pub struct Uct {
    seed: u64,
    exploration: f64,
    states: Vec<UctState>,
    /// The playout whose end was proposed and whose reward is awaited.
    pending: Option<Playout>,
}

/// From the root to an end.
#[derive(Clone, Debug)]
struct Playout {
    /// States of the tree and the places of the options that were taken there.
    path: Vec<(usize, usize)>,
    end: Vec<usize>,
}

/// A state of the tree, with numbers for each option.
#[derive(Clone, Debug)]
struct UctState {
    options: Vec<usize>,
    visits: Vec<u64>,
    rewards: Vec<Vec<f64>>,
    next: Vec<Option<usize>>,
}

impl UctState {
    fn new(game: &dyn Game, prefix: &[usize]) -> Self {
        let options = game.options(prefix);
        let n = options.len();
        UctState {
            options,
            visits: vec![0; n],
            rewards: vec![Vec::new(); n],
            next: vec![None; n],
        }
    }

    /// The option of the greatest bound; one that was never taken comes before all others.
    fn select(&self, history: &SearchHistory, exploration: f64, rng: &mut impl Rng) -> usize {
        let new: Vec<usize> = (0..self.options.len())
            .filter(|&a| self.visits[a] == 0)
            .collect();
        if !new.is_empty() {
            return new[uniform_index(rng, new.len())];
        }
        let all = self.visits.iter().sum::<u64>() as f64;
        let bound = |a: usize| {
            let n = self.visits[a] as f64;
            let rewards = self.rewards[a].iter();
            let mean = rewards.map(|&r| history.scaled(r)).sum::<f64>() / n;
            mean + exploration * (Scalar::ln(all) / n).sqrt()
        };
        let bounds: Vec<f64> = (0..self.options.len()).map(bound).collect();
        (1..bounds.len()).fold(0, |best, a| if bounds[a] > bounds[best] { a } else { best })
    }
}

impl Uct {
    /// From a seed, with c = 1.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Uct {
            seed,
            exploration: 1.0,
            states: Vec::new(),
            pending: None,
        }
    }

    /// With another constant c.
    #[must_use]
    pub fn with_exploration(self, exploration: f64) -> Self {
        Uct {
            exploration,
            ..self
        }
    }

    /// From the root to a new state and on to an end.
    fn playout(&mut self, game: &dyn Game, history: &SearchHistory, rng: &mut impl Rng) -> Playout {
        if self.states.is_empty() {
            self.states.push(UctState::new(game, &[]));
        }
        let (mut path, mut prefix, mut at) = (Vec::new(), Vec::new(), 0);
        while !self.states[at].options.is_empty() {
            let option = self.states[at].select(history, self.exploration, rng);
            path.push((at, option));
            prefix.push(self.states[at].options[option]);
            if let Some(next) = self.states[at].next[option] {
                at = next;
                continue;
            }
            self.states[at].next[option] = Some(self.states.len());
            self.states.push(UctState::new(game, &prefix));
            break;
        }
        let end = finish(game, prefix, rng);
        Playout { path, end }
    }

    fn back_up(&mut self, path: &[(usize, usize)], reward: f64) {
        for &(state, option) in path {
            self.states[state].visits[option] += 1;
            self.states[state].rewards[option].push(reward);
        }
    }
}

impl Searcher for Uct {
    fn name(&self) -> &'static str {
        "uct"
    }

    fn propose(&mut self, game: &dyn Game, history: &SearchHistory) -> Vec<Vec<usize>> {
        if let Some(playout) = self.pending.take()
            && let Some(tried) = history.get(&playout.end)
        {
            self.back_up(&playout.path, tried.reward);
        }
        let name = stream_name(self.seed, Purpose::Playout, history.len());
        let mut rng = stream(&name);
        for _ in 0..ATTEMPTS {
            let playout = self.playout(game, history, &mut rng);
            match history.get(&playout.end) {
                Some(tried) => self.back_up(&playout.path, tried.reward),
                None => {
                    let end = playout.end.clone();
                    self.pending = Some(playout);
                    return vec![end];
                }
            }
        }
        history.untried(game, &[], &mut rng).into_iter().collect()
    }
}
