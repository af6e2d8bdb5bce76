//! Games that tests play, and what every searcher keeps to.

use std::collections::BTreeMap;

use metaplast_search::{CandidateReward, Game, PolicyValue, Search, SearchMethod};
use proptest::prelude::*;
use serde_json::Value;

/// A game whose priors, values and rewards are listed.
#[derive(Clone)]
pub(crate) struct ListedGame {
    options: Vec<usize>,
    priors: BTreeMap<Vec<usize>, Vec<f64>>,
    values: BTreeMap<Vec<usize>, f64>,
    rewards: BTreeMap<Vec<usize>, f64>,
}

impl ListedGame {
    /// From a file with `options`, `priors`, `values` and `rewards`; prefixes are joined by commas.
    pub(crate) fn read(name: &str, content: &Value) -> Self {
        let wrong = |what: &str| -> ! { panic!("{name}: {what}") };
        let entries = |key: &str| -> Vec<(Vec<usize>, Value)> {
            let object = content[key].as_object().unwrap_or_else(|| wrong(key));
            let entries = object.iter();
            entries
                .map(|(prefix, value)| (Self::prefix(prefix), value.clone()))
                .collect()
        };
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| wrong("no number"));
        let list = |value: &Value| -> Vec<f64> {
            value
                .as_array()
                .unwrap_or_else(|| wrong("no list"))
                .iter()
                .map(number)
                .collect()
        };
        let numbers = |key: &str| {
            entries(key)
                .into_iter()
                .map(|(p, v)| (p, number(&v)))
                .collect()
        };
        ListedGame {
            options: list(&content["options"])
                .into_iter()
                .map(|n| n as usize)
                .collect(),
            priors: entries("priors")
                .into_iter()
                .map(|(p, v)| (p, list(&v)))
                .collect(),
            values: numbers("values"),
            rewards: numbers("rewards"),
        }
    }

    /// The choices of a key.
    pub(crate) fn prefix(key: &str) -> Vec<usize> {
        let choices = key.split(',').filter(|choice| !choice.is_empty());
        choices
            .map(|choice| choice.parse().expect("a choice"))
            .collect()
    }
}

impl Game for ListedGame {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        let next = self.options.get(prefix.len());
        next.map_or(Vec::new(), |&options| (0..options).collect())
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        CandidateReward::new(self.rewards[end])
    }

    fn features(&self, _: &[usize]) -> Vec<f64> {
        Vec::new()
    }

    fn describe(&self, prefix: &[usize]) -> String {
        format!("{prefix:?}")
    }
}

impl PolicyValue for ListedGame {
    fn judge(&mut self, prefix: &[usize], _: &[usize]) -> (Vec<f64>, f64) {
        (self.priors[prefix].clone(), self.values[prefix])
    }

    fn reward(&mut self, end: &[usize]) -> f64 {
        self.rewards[end]
    }
}

/// Sentences of different lengths: a letter may follow another if it is greater, or ends the sentence.
pub(crate) struct Sentences {
    pub(crate) letters: usize,
    /// Rewards that are not finite, in so many of a hundred sentences.
    pub(crate) diverging: u64,
}

/// What ends a sentence.
const STOP: usize = 1000;

impl Game for Sentences {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        match prefix.last() {
            Some(&STOP) => Vec::new(),
            Some(&last) => (last + 1..self.letters).chain([STOP]).collect(),
            None => (0..self.letters).chain([STOP]).collect(),
        }
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        let mixed = end.iter().fold(17_u64, |mixed, &choice| {
            (mixed ^ choice as u64)
                .wrapping_mul(0x0100_0000_01b3)
                .rotate_left(17)
        });
        let reward = match mixed % 100 < self.diverging {
            true => f64::NAN,
            false => (mixed % 1009) as f64 / 100.0 - end.len() as f64,
        };
        CandidateReward {
            reward,
            further: vec![end.len() as f64, reward / 3.0],
        }
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        let mut features = vec![0.0; self.letters + 1];
        prefix
            .iter()
            .for_each(|&choice| features[choice.min(self.letters)] = 1.0);
        features
    }

    fn describe(&self, prefix: &[usize]) -> String {
        let words = prefix.iter().map(|&choice| match choice {
            STOP => "\"stop\", then".to_owned(),
            letter => letter.to_string(),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn further(&self) -> Vec<String> {
        vec!["length".into(), "a, third".into()]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Nothing is tried twice, everything is legal, and every sentence is tried in the end.
    #[test]
    fn searchers_exhaust_a_game_without_repetition(
        letters in 0usize..6, diverging in prop::sample::select(vec![0, 30, 100]), seed: u64,
    ) {
        let game = Sentences { letters, diverging };
        for method in SearchMethod::ALL {
            let mut search = Search::new(&game, method.searcher(seed));
            let all = 1 << letters;
            prop_assert_eq!(search.run(1000), all, "{}", method.name());
            for tried in search.history().tried() {
                for (place, choice) in tried.choices.iter().enumerate() {
                    prop_assert!(game.options(&tried.choices[..place]).contains(choice));
                }
                prop_assert!(game.options(&tried.choices).is_empty());
            }
        }
    }

    /// The same candidates, whatever the budgets in between and the number of threads.
    #[test]
    fn the_sequence_depends_on_neither_budgets_nor_threads(first in 0usize..30, seed: u64) {
        let game = Sentences { letters: 6, diverging: 10 };
        for method in SearchMethod::ALL {
            let sequence = |threads: usize, budgets: &[usize]| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut search = Search::new(&game, method.searcher(seed));
                pool.install(|| budgets.iter().for_each(|&budget| { search.run(budget); }));
                let tried = search.history().tried().iter();
                tried.map(|tried| tried.choices.clone()).collect::<Vec<_>>()
            };
            let plain = sequence(1, &[30]);
            prop_assert_eq!(&plain, &sequence(3, &[first, 30]), "{}", method.name());
            prop_assert_eq!(&plain[..], &sequence(2, &[40])[..30], "{}", method.name());
        }
    }
}

#[test]
fn names_lead_to_searchers() {
    for method in SearchMethod::ALL {
        assert_eq!(method.searcher(1).name(), method.name());
        assert_eq!(method.name().parse(), Ok(method));
    }
}
