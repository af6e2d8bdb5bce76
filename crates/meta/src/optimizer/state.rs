//! The state of a meta-optimiser, in a form for checkpoints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a meta-optimiser remembers: numbers by name, in any nesting.
///
/// It is written to a checkpoint as a table and read back with the same bits.
///
/// ```
/// use metaplast_meta::optimizer::OptimizerState;
///
/// let state = OptimizerState::new()
///     .with("rate", 0.1)
///     .with("steps", 7)
///     .with("velocity", vec![0.5, -2.0]);
/// assert_eq!(state.number("rate")?, 0.1);
/// assert_eq!(state.numbers("velocity", 2)?, [0.5, -2.0]);
/// assert!(state.numbers("velocity", 3).is_err() && state.count("rate").is_err());
/// # Ok::<(), metaplast_meta::optimizer::UnfitOptimizer>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OptimizerState(BTreeMap<String, Entry>);

/// One entry of an [`OptimizerState`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Entry {
    /// Yes or no.
    Flag(bool),
    /// How many.
    Count(u64),
    /// A number.
    Number(f64),
    /// Some numbers.
    Numbers(Vec<f64>),
    /// The state of a part.
    Part(OptimizerState),
    /// The states of several parts.
    Parts(Vec<OptimizerState>),
}

macro_rules! entries {
    ($($variant:ident: $type:ty),* $(,)?) => {
        $(
            impl From<$type> for Entry {
                fn from(value: $type) -> Self {
                    Entry::$variant(value)
                }
            }
        )*
    };
}

entries! {
    Flag: bool,
    Count: u64,
    Number: f64,
    Numbers: Vec<f64>,
    Part: OptimizerState,
    Parts: Vec<OptimizerState>,
}

/// A state that no optimiser of the kind can have saved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is missing, or not what it should be")]
pub struct UnfitOptimizer(pub String);

impl OptimizerState {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more entry.
    #[must_use]
    pub fn with(mut self, name: &str, entry: impl Into<Entry>) -> Self {
        self.0.insert(name.to_owned(), entry.into());
        self
    }

    /// An entry, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.0.get(name)
    }

    fn find<T>(
        &self,
        name: &str,
        fits: impl FnOnce(&Entry) -> Option<T>,
    ) -> Result<T, UnfitOptimizer> {
        self.get(name)
            .and_then(fits)
            .ok_or_else(|| UnfitOptimizer(name.to_owned()))
    }

    /// A flag.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn flag(&self, name: &str) -> Result<bool, UnfitOptimizer> {
        self.find(name, |entry| match entry {
            Entry::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A count.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn count(&self, name: &str) -> Result<u64, UnfitOptimizer> {
        self.find(name, |entry| match entry {
            Entry::Count(count) => Some(*count),
            _ => None,
        })
    }

    /// A number.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn number(&self, name: &str) -> Result<f64, UnfitOptimizer> {
        self.find(name, |entry| match entry {
            Entry::Number(number) => Some(*number),
            _ => None,
        })
    }

    /// So many numbers.
    ///
    /// # Errors
    /// When they are missing, something else, or more or fewer.
    pub fn numbers(&self, name: &str, len: usize) -> Result<Vec<f64>, UnfitOptimizer> {
        self.some_numbers(name, |n| n == len)
    }

    /// As many numbers as `fits` accepts.
    pub(crate) fn some_numbers(
        &self,
        name: &str,
        fits: impl FnOnce(usize) -> bool,
    ) -> Result<Vec<f64>, UnfitOptimizer> {
        self.find(name, |entry| match entry {
            Entry::Numbers(numbers) if fits(numbers.len()) => Some(numbers.clone()),
            _ => None,
        })
    }

    /// The state of a part.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn part(&self, name: &str) -> Result<&OptimizerState, UnfitOptimizer> {
        self.get(name)
            .and_then(|entry| match entry {
                Entry::Part(part) => Some(part),
                _ => None,
            })
            .ok_or_else(|| UnfitOptimizer(name.to_owned()))
    }

    /// The states of several parts.
    ///
    /// # Errors
    /// When they are missing or something else.
    pub fn parts(&self, name: &str) -> Result<&[OptimizerState], UnfitOptimizer> {
        self.get(name)
            .and_then(|entry| match entry {
                Entry::Parts(parts) => Some(parts.as_slice()),
                // An empty list does not tell of what.
                Entry::Numbers(numbers) if numbers.is_empty() => Some(&[][..]),
                _ => None,
            })
            .ok_or_else(|| UnfitOptimizer(name.to_owned()))
    }
}
