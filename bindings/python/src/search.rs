//! Searches over settings whose rewards Python computes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use metaplast_search::{
    CandidateReward, Game, SearchHistory, SearchMethod, SearchSpace, Searcher, TriedCandidate,
};
use pyo3::prelude::*;

use crate::errors::{value, without_lock};

/// SettingsGame that are chosen independently of each other.
struct SettingsGame(SearchSpace);

impl Game for SettingsGame {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.0.options(prefix)
    }

    /// Never asked for: a searcher proposes, and the package measures.
    fn measure(&self, _: &[usize]) -> CandidateReward {
        CandidateReward::new(f64::NAN)
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.0.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.0.describe(prefix)
    }
}

/// A search in progress.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct SettingsSearch {
    game: SettingsGame,
    progress: Mutex<Progress>,
}

struct Progress {
    searcher: Box<dyn Searcher>,
    history: SearchHistory,
    /// What is to be tried next, in order.
    proposed: VecDeque<Vec<usize>>,
}

#[pymethods]
impl SettingsSearch {
    /// Over settings with the numbers of their options, before anything was tried.
    #[new]
    fn new(decisions: Vec<(String, usize)>, method: &str, seed: u64) -> PyResult<Self> {
        let method: SearchMethod = method
            .parse()
            .map_err(|error| value(format!("method: {error}")))?;
        if decisions.is_empty() {
            return Err(value("space: no settings; give at least one"));
        }
        let mut candidates = Some(1_usize);
        for (name, options) in &decisions {
            if *options == 0 {
                return Err(value(format!("space: {name} has no option")));
            }
            candidates = candidates.and_then(|all| all.checked_mul(*options));
        }
        if candidates.is_none() {
            return Err(value(
                "space: more candidates than can be counted; give fewer settings",
            ));
        }
        let named = decisions.into_iter().map(|(name, options)| {
            (
                name,
                (0..options).map(|option| option.to_string()).collect(),
            )
        });
        Ok(SettingsSearch {
            game: SettingsGame(SearchSpace::new::<String, String>(named)),
            progress: Mutex::new(Progress {
                searcher: method.searcher(seed),
                history: SearchHistory::default(),
                proposed: VecDeque::new(),
            }),
        })
    }

    /// The places of the options of the candidates that can be tried at the same time; none when all were.
    fn ask(&self, py: Python<'_>) -> PyResult<Vec<Vec<usize>>> {
        without_lock(py, || {
            let mut progress = self.lock();
            let progress = &mut *progress;
            if progress.proposed.is_empty() {
                let proposed = progress.searcher.propose(&self.game, &progress.history);
                progress.proposed = proposed.into();
            }
            progress.proposed.iter().cloned().collect()
        })
    }

    /// The reward of the first of the candidates that were asked for and have none yet.
    fn tell(&self, reward: f64) -> PyResult<()> {
        let mut progress = self.lock();
        let Some(choices) = progress.proposed.pop_front() else {
            return Err(value("reward: there is no candidate that waits for one"));
        };
        progress.history.push(TriedCandidate {
            choices,
            reward,
            further: Vec::new(),
        });
        Ok(())
    }
}

impl SettingsSearch {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        // A panic within leaves what was there.
        self.progress
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
