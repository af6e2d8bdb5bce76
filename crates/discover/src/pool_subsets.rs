//! Subsets of the pool: rules as a search space of which every candidate was trained once.

use metaplast_plasticity::{Preset, Rule, pool};
use metaplast_search::{CandidateReward, Landscape, SearchError, SearchSpace};

use crate::price::RulePrice;

/// The table that the experiment `pool-subsets` made.
const TRAINED: &str = include_str!("../data/pool_subsets.csv");

/// What a short training of a subset of terms came to.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedSubset {
    /// Numbers of the terms in the pool, in order.
    pub terms: Vec<usize>,
    /// Mean query accuracy on fresh tasks; 0 when it exploded.
    pub accuracy: f64,
}

/// All nonempty subsets of some terms of the pool, each trained once.
///
/// ```
/// use metaplast_discover::PoolSubsets;
/// use metaplast_plasticity::Preset;
///
/// let subsets = PoolSubsets::trained();
/// assert_eq!(subsets.subsets().len(), 1023);
/// let [bio, fa] = [Preset::Bio, Preset::Fa].map(|preset| subsets.accuracy(preset.terms()).unwrap());
/// assert!(bio > fa);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSubsets {
    terms: Vec<usize>,
    subsets: Vec<TrainedSubset>,
}

impl PoolSubsets {
    /// Of these terms; subsets in the order of their [places](Self::subset).
    ///
    /// # Panics
    /// When there is not an accuracy for each nonempty subset.
    #[must_use]
    #[track_caller]
    pub fn new(terms: Vec<usize>, accuracies: &[f64]) -> Self {
        let all = (1 << terms.len()) - 1;
        assert_eq!(accuracies.len(), all, "pool subsets: accuracies, subsets");
        let of = |(place, &accuracy): (usize, &f64)| TrainedSubset {
            terms: Self::subset(&terms, place),
            accuracy,
        };
        PoolSubsets {
            subsets: accuracies.iter().enumerate().map(of).collect(),
            terms,
        }
    }

    /// Those of the ten terms on a small network, as committed; `docs/discover.md` has the command.
    ///
    /// # Panics
    /// Never: the table is part of the program.
    #[must_use]
    pub fn trained() -> Self {
        Self::from_csv(TRAINED).expect("the table that comes with the program")
    }

    /// The subset at a place, counted from 0: the terms whose bits are set in the place plus 1, the first term's
    /// bit being the least.
    #[must_use]
    pub fn subset(terms: &[usize], place: usize) -> Vec<usize> {
        let chosen = terms.iter().enumerate();
        let chosen = chosen.filter(|(bit, _)| (place + 1) >> bit & 1 == 1);
        chosen.map(|(_, &term)| term).collect()
    }

    /// Every subset, in the order of their places.
    #[must_use]
    pub fn subsets(&self) -> &[TrainedSubset] {
        &self.subsets
    }

    /// The accuracy of the subset with these terms, if it is there.
    #[must_use]
    pub fn accuracy(&self, terms: &[usize]) -> Option<f64> {
        let found = self.subsets.iter().find(|subset| subset.terms == terms);
        found.map(|subset| subset.accuracy)
    }

    /// As a game of ten choices, yes or no for each term. The reward is the accuracy less the price; no rule at
    /// all, which the space has too, is worth −∞.
    ///
    /// # Panics
    /// When the pool has no such term.
    #[must_use]
    #[track_caller]
    pub fn landscape(&self, price: RulePrice) -> Landscape {
        let name = |&term: &usize| (pool()[term].symbol().to_owned(), vec!["no", "yes"]);
        let space = SearchSpace::new(self.terms.iter().map(name));
        let measured = (0..space.candidates()).map(|place| {
            let choices = space.candidate(place);
            let bits = choices.iter().enumerate().map(|(bit, yes)| yes << bit);
            let bits: usize = bits.sum();
            let Some(subset) = bits.checked_sub(1).map(|place| &self.subsets[place]) else {
                return CandidateReward {
                    reward: f64::NEG_INFINITY,
                    further: vec![0.0],
                };
            };
            let rule = Rule::from_pool(&subset.terms).expect("terms of the pool");
            CandidateReward {
                reward: subset.accuracy - price.of(&rule),
                further: vec![subset.accuracy],
            }
        });
        let measured = measured.collect();
        Landscape::new(space, vec!["accuracy".into()], measured)
    }

    /// As a table with the columns `terms`, like `F0 F2`, and `accuracy`, with five digits after the point.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let row = |subset: &TrainedSubset| {
            let symbols: Vec<&str> = subset.terms.iter().map(|&t| pool()[t].symbol()).collect();
            format!("{},{:.5}\n", symbols.join(" "), subset.accuracy)
        };
        let rows: String = self.subsets.iter().map(row).collect();
        format!("terms,accuracy\n{rows}")
    }

    /// From what [`to_csv`](Self::to_csv) wrote.
    ///
    /// # Errors
    /// [`SearchError::Content`] with the line when it is anything else.
    pub fn from_csv(text: &str) -> Result<Self, SearchError> {
        let wrong = |line: usize, what: &str| SearchError::Content {
            reason: format!("line {}: {what}", line + 1),
        };
        let mut subsets = Vec::new();
        for (line, row) in text.lines().enumerate().skip(1) {
            let (symbols, accuracy) = row
                .split_once(',')
                .ok_or_else(|| wrong(line, "no two columns"))?;
            let number = |symbol: &str| pool().iter().position(|term| term.symbol() == symbol);
            let terms: Option<Vec<usize>> = symbols.split(' ').map(number).collect();
            let terms = terms.ok_or_else(|| wrong(line, "a term that the pool does not have"))?;
            let accuracy = accuracy.parse().ok().filter(|x: &f64| x.is_finite());
            let accuracy = accuracy.ok_or_else(|| wrong(line, "an accuracy that is no number"))?;
            subsets.push(TrainedSubset { terms, accuracy });
        }
        let last = subsets.last();
        let terms = last.ok_or_else(|| wrong(0, "no subsets"))?.terms.clone();
        for (place, subset) in subsets.iter().enumerate() {
            if subset.terms != Self::subset(&terms, place) {
                return Err(wrong(place + 1, "another subset should be here"));
            }
        }
        match subsets.len() + 1 == 1 << terms.len() {
            true => Ok(PoolSubsets { terms, subsets }),
            false => Err(wrong(subsets.len(), "subsets are missing")),
        }
    }
}

/// What a subset is called: its preset, or its terms.
#[must_use]
pub fn subset_name(terms: &[usize]) -> String {
    let symbols: Vec<&str> = terms.iter().map(|&t| pool()[t].symbol()).collect();
    let presets = [
        Preset::Fa,
        Preset::EHebb,
        Preset::Oja,
        Preset::Bio,
        Preset::Pool,
    ];
    match presets.iter().find(|preset| preset.terms() == terms) {
        Some(preset) => format!("{} ({preset})", symbols.join(" ")),
        None => symbols.join(" "),
    }
}
