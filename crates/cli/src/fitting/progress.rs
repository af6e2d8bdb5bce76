//! Progress of a search among candidates: a line for each round, and a bar within it.

use std::sync::{Mutex, PoisonError};

use metaplast_meta::fit::piecewise::PiecewiseObserver;

use crate::terminal::output::complain;
use crate::terminal::progress::Overall;

/// Rounds of a piecewise fit as the terminal shows them.
pub(crate) struct Rounds {
    silent: bool,
    candidates: usize,
    round: Mutex<Option<Overall>>,
}

impl Rounds {
    /// For so many candidates.
    pub(crate) fn new(silent: bool, candidates: usize) -> Self {
        Rounds {
            silent,
            candidates,
            round: Mutex::new(None),
        }
    }

    fn enter(&self, round: Option<Overall>, text: &str) {
        let mut now = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        // The bar of the round before goes before a line comes.
        *now = None;
        if !self.silent {
            complain(text);
        }
        *now = round;
    }
}

impl PiecewiseObserver for Rounds {
    fn begin(&self, round: usize, terms: usize, pieces: usize) {
        let overall = Overall::new(self.silent, pieces as u64, "pieces");
        let text = format!(
            "round {round}: {} candidates, each beside {}",
            self.candidates,
            rule_of(terms)
        );
        self.enter(Some(overall), &text);
    }

    fn tick(&self) {
        let now = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        now.iter().for_each(Overall::tick);
    }

    fn join(&self, terms: usize) {
        let text = format!("joint fit of {}, with intervals", rule_of(terms));
        self.enter(None, &text);
    }
}

fn rule_of(terms: usize) -> String {
    match terms {
        0 => "nothing".to_owned(),
        1 => "a rule of 1 term".to_owned(),
        n => format!("a rule of {n} terms"),
    }
}
