//! Puts episodes of trials that run at the same time into the order (trial, episode).

use std::collections::BTreeMap;

use metaplast_meta::trainer::EpisodeRecord;

/// Lets the first unfinished trial through and keeps the others' episodes until it is their turn.
///
/// So what is written does not depend on which thread was faster.
#[derive(Debug)]
pub(crate) struct TrialOrder {
    episodes: u64,
    /// The trial whose turn it is.
    current: u64,
    waiting: BTreeMap<u64, Vec<EpisodeRecord>>,
}

impl TrialOrder {
    /// For trials of this many episodes.
    pub(crate) fn new(episodes: u64) -> Self {
        TrialOrder {
            episodes,
            current: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes one episode and returns those whose turn has come.
    pub(crate) fn push(&mut self, record: &EpisodeRecord) -> Vec<EpisodeRecord> {
        if record.trial != self.current {
            let waiting = self.waiting.entry(record.trial).or_default();
            waiting.push(record.clone());
            return Vec::new();
        }
        let mut ready = vec![record.clone()];
        while ready
            .last()
            .is_some_and(|last| last.episode + 1 == self.episodes)
        {
            self.current += 1;
            let Some(next) = self.waiting.remove(&self.current) else {
                break;
            };
            ready.extend(next);
        }
        ready
    }

    /// Those that still wait because a trial before them stopped early.
    pub(crate) fn rest(&mut self) -> Vec<EpisodeRecord> {
        std::mem::take(&mut self.waiting)
            .into_values()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use metaplast_meta::learner::Diagnostics;
    use metaplast_meta::query::QueryScore;

    use super::*;

    fn record(trial: u64, episode: u64) -> EpisodeRecord {
        EpisodeRecord {
            trial,
            episode,
            theta: Vec::new(),
            meta_loss: 0.0,
            query: QueryScore {
                cross_entropy: 0.0,
                accuracy: 0.0,
            },
            diagnostics: Diagnostics {
                angles: Vec::new(),
                orthonormality: Vec::new(),
                weight_norms: Vec::new(),
            },
            diverged: false,
        }
    }

    #[test]
    fn any_interleaving_comes_out_in_order() {
        let arrivals = [(2, 0), (0, 0), (1, 0), (1, 1), (2, 1), (0, 1)];
        let mut order = TrialOrder::new(2);
        let mut out = Vec::new();
        for (trial, episode) in arrivals {
            let ready = order.push(&record(trial, episode));
            out.extend(ready.iter().map(|r| (r.trial, r.episode)));
        }
        assert_eq!(out, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
        assert!(order.rest().is_empty());
    }

    #[test]
    fn a_trial_that_stops_early_does_not_swallow_the_next() {
        let mut order = TrialOrder::new(3);
        order.push(&record(0, 0));
        order.push(&record(1, 0));
        let rest: Vec<_> = order.rest().iter().map(|r| (r.trial, r.episode)).collect();
        assert_eq!(rest, [(1, 0)]);
    }
}
