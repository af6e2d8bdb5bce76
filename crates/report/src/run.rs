//! What a page is made from.

/// One finished or interrupted meta-training.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What legends and tables call it.
    pub name: String,
    /// The rule as a line of Unicode maths, with its coefficients.
    pub rule: String,
    /// The terms of the rule, in the order of every θ.
    pub terms: Vec<Term>,
    /// Number of classes in a task.
    pub ways: u64,
    /// Number of the network's outputs.
    pub outputs: u64,
    /// Its trials, each a meta-training with other random choices.
    pub trials: Vec<Trial>,
    /// Settings by name, in the order in which they are shown.
    pub settings: Vec<(String, String)>,
    /// The command that repeats it.
    pub command: String,
}

/// One plasticity term of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its symbol, such as `F2`.
    pub symbol: String,
    /// A readable name.
    pub name: String,
    /// The term as Unicode maths.
    pub formula: String,
    /// What a synapse must know to apply it.
    pub locality: String,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its 0-based number.
    pub number: u64,
    /// Its episodes, in order.
    pub episodes: Vec<Episode>,
    /// θ after the last episode, or during it when the trial did not end.
    pub theta: Vec<f64>,
}

/// One episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Query cross-entropy with the penalty on θ, in nats.
    pub meta_loss: f64,
    /// Query cross-entropy, in nats.
    pub cross_entropy: f64,
    /// Part of the query images that were named rightly.
    pub accuracy: f64,
    /// θ during the episode.
    pub theta: Vec<f64>,
    /// `α_1..α_(L−1)`, in degrees.
    pub angles: Vec<f64>,
    /// Orthonormality error of the layers 1 to L.
    pub orthonormality: Vec<f64>,
    /// Whether θ stepped back because of it.
    pub diverged: bool,
}

impl Run {
    /// Episodes of the longest trial.
    pub fn episodes(&self) -> usize {
        let lengths = self.trials.iter().map(|trial| trial.episodes.len());
        lengths.max().unwrap_or(0)
    }

    /// Number of diverged episodes in all trials.
    pub fn diverged(&self) -> usize {
        let episodes = self.trials.iter().flat_map(|trial| &trial.episodes);
        episodes.filter(|episode| episode.diverged).count()
    }
}
