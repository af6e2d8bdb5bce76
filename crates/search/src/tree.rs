//! The search tree of PUCT.

use crate::game::Game;

/// What tells a tree where to look: priors of options, and values of states.
pub trait PolicyValue {
    /// The prior probability of each option of a state that is not an end, and the state's value.
    fn judge(&mut self, prefix: &[usize], options: &[usize]) -> (Vec<f64>, f64);

    /// The value of an end.
    fn reward(&mut self, end: &[usize]) -> f64;
}

/// A tree of states whose options have visits N, means Q and priors P:
///
/// ```text
/// a* = argmax_a  Q(s,a) + c P(s,a) √max(1, Σ_b N(s,b)) / (1 + N(s,a))        ties: the first option
/// every edge on the path: N ← N + 1, Q ← Q + (v − Q)/N
/// ```
///
/// where v is the value of the new state, or of the end, at which the simulation arrives. Q of an option that was
/// never taken is 0. The rule is PUCT of Rosin (2011) as in AlphaZero (Silver et al., Science 362:1140, 2018).
#[derive(Clone, Debug)]
pub struct SearchTree {
    exploration: f64,
    states: Vec<TreeState>,
}

/// A state of the tree, with numbers for each of its options.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TreeState {
    /// The choices that lead here.
    pub prefix: Vec<usize>,
    /// What may be chosen.
    pub options: Vec<usize>,
    /// The prior P of each option.
    pub priors: Vec<f64>,
    /// The visits N of each option.
    pub visits: Vec<u64>,
    /// The mean value Q of each option.
    pub means: Vec<f64>,
    next: Vec<Option<usize>>,
}

impl SearchTree {
    /// With the root as its only state.
    ///
    /// # Panics
    /// When the root is an end, or has not as many priors as options.
    #[must_use]
    #[track_caller]
    pub fn new(game: &dyn Game, judge: &mut dyn PolicyValue, exploration: f64) -> Self {
        let options = game.options(&[]);
        assert!(!options.is_empty(), "search tree: nothing can be chosen");
        let mut tree = SearchTree {
            exploration,
            states: Vec::new(),
        };
        tree.expand(Vec::new(), options, judge);
        tree
    }

    /// The states, in the order in which they were reached; the root first.
    #[must_use]
    pub fn states(&self) -> &[TreeState] {
        &self.states
    }

    /// The state of this prefix, if the tree has it.
    #[must_use]
    pub fn state(&self, prefix: &[usize]) -> Option<&TreeState> {
        let mut at = 0;
        for choice in prefix {
            let state = &self.states[at];
            let option = state.options.iter().position(|option| option == choice)?;
            at = state.next[option]?;
        }
        Some(&self.states[at])
    }

    /// One simulation: from the root down to a new state or an end, which it returns with its value.
    pub fn simulate(&mut self, game: &dyn Game, judge: &mut dyn PolicyValue) -> (Vec<usize>, f64) {
        self.simulate_from(0, game, judge)
    }

    /// The same from a state of the tree.
    fn simulate_from(
        &mut self,
        start: usize,
        game: &dyn Game,
        judge: &mut dyn PolicyValue,
    ) -> (Vec<usize>, f64) {
        let mut at = start;
        let (mut prefix, mut path) = (self.states[at].prefix.clone(), Vec::new());
        let value = loop {
            let option = self.select(at);
            path.push((at, option));
            prefix.push(self.states[at].options[option]);
            if let Some(next) = self.states[at].next[option] {
                at = next;
                continue;
            }
            let options = game.options(&prefix);
            if options.is_empty() {
                break judge.reward(&prefix);
            }
            self.states[at].next[option] = Some(self.states.len());
            break self.expand(prefix.clone(), options, judge);
        };
        for (at, option) in path {
            let state = &mut self.states[at];
            state.visits[option] += 1;
            let mean = &mut state.means[option];
            *mean += (value - *mean) / state.visits[option] as f64;
        }
        (prefix, value)
    }

    /// Plays a game from the root: before each move the state's options are visited so often in all, by simulations
    /// from there, and the option is drawn in proportion to its visits.
    pub(crate) fn play(
        &mut self,
        game: &dyn Game,
        judge: &mut dyn PolicyValue,
        visits: u64,
        draw: &mut dyn FnMut(&[f64]) -> usize,
    ) -> Vec<usize> {
        let (mut at, mut prefix) = (0, Vec::new());
        loop {
            while self.states[at].visits.iter().sum::<u64>() < visits {
                self.simulate_from(at, game, judge);
            }
            let state = &self.states[at];
            let weights: Vec<f64> = state.visits.iter().map(|&n| n as f64).collect();
            let option = draw(&weights);
            prefix.push(state.options[option]);
            match state.next[option] {
                Some(next) => at = next,
                // A visited option without a state leads to an end.
                None => return prefix,
            }
        }
    }

    /// The place of the option to be taken in a state.
    fn select(&self, at: usize) -> usize {
        let state = &self.states[at];
        let all = state.visits.iter().sum::<u64>().max(1) as f64;
        let bound = |a: usize| {
            let unexplored = state.priors[a] * all.sqrt() / (1.0 + state.visits[a] as f64);
            state.means[a] + self.exploration * unexplored
        };
        let mut best = (0, bound(0));
        for a in 1..state.options.len() {
            let bound = bound(a);
            if bound > best.1 {
                best = (a, bound);
            }
        }
        best.0
    }

    /// Adds a state; returns its value.
    #[track_caller]
    fn expand(
        &mut self,
        prefix: Vec<usize>,
        options: Vec<usize>,
        judge: &mut dyn PolicyValue,
    ) -> f64 {
        let (priors, value) = judge.judge(&prefix, &options);
        let n = options.len();
        assert_eq!(priors.len(), n, "search tree: priors, options");
        self.states.push(TreeState {
            prefix,
            options,
            priors,
            visits: vec![0; n],
            means: vec![0.0; n],
            next: vec![None; n],
        });
        value
    }
}
