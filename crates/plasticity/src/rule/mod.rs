//! Rules: plasticity terms with coefficients.

use std::sync::Arc;

use metaplast_numbers::sorting::sort_by_key;
use thiserror::Error;

use crate::memory::{Memory, constants};
use crate::names::{Named, UnknownName};
use crate::recurrent::RecurrentError;
use crate::terms::pool;
use crate::terms::term::Term;
use crate::text::NamedSignal;

pub(crate) mod bound;
pub(crate) mod check;
mod coefficient_info;
mod print;
mod step_signals;

pub use coefficient_info::CoefficientInfo;

/// Which terms, and their coefficients θ: those of the pool by number, then others in the order in
/// which they were given.
///
/// A term has one coefficient for all layers, as in the paper, or one for each: `θ_r^l` multiplies
/// `F^r_l`. Then θ holds the first term's coefficients from layer 1 to L, then the second's, and so on.
///
/// A rule may have [memories](Memory); their constants follow the terms' coefficients in θ.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    terms: Arc<[Term]>,
    memories: Arc<[Memory]>,
    /// Of the memories.
    constants: Arc<[NamedSignal]>,
    /// Layers of weights that have coefficients of their own; none when all share them.
    layers: Option<usize>,
    theta: Vec<f64>,
    reward_delay: usize,
}

/// Errors in building a rule.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A term that is not known.
    #[error(transparent)]
    UnknownTerm(#[from] UnknownName),
    /// A term named twice.
    #[error("term {0} is named twice; name each once")]
    Repeated(String),
    /// No terms at all.
    #[error("a rule needs at least one term")]
    Empty,
    /// A name of a memory or constant that a term has.
    #[error("`{0}` names a term and a memory or its constant; rename one")]
    Shared(String),
    /// A rule that reads what a perturbation changes, in a network with shared weights.
    #[error(
        "perturbations of nodes or weights in a network with convolution or pooling; choose another rule, or fully connected layers"
    )]
    SharedPerturbation,
    /// A term or memory that takes each weight by itself, in a network with shared weights.
    #[error(
        "{what} takes each weight by itself, which means nothing at the places of layer {layer}, a convolution; drop it, or choose fully connected layers"
    )]
    SharedElements {
        /// Which one.
        what: String,
        /// The first layer with a kernel, counted from 1.
        layer: usize,
    },
    /// What no recurrent network can learn by.
    #[error(transparent)]
    Recurrent(#[from] RecurrentError),
    /// Coefficients for each of no layers.
    #[error("coefficients for 0 layers; a network has at least one layer of weights")]
    NoLayers,
    /// Not one coefficient per term, or per term and layer.
    #[error("{}; give one per term{}", count(*terms, *layers, *theta), layers.map_or("", |_| " and layer"))]
    Count {
        /// Number of terms.
        terms: usize,
        /// Number of layers, when each has its own.
        layers: Option<usize>,
        /// Number of coefficients.
        theta: usize,
    },
    /// A coefficient that is no number.
    #[error("the coefficient of {term} is {value}; coefficients must be finite")]
    NotFinite {
        /// Symbol of the term.
        term: String,
        /// The coefficient.
        value: f64,
    },
}

fn count(terms: usize, layers: Option<usize>, theta: usize) -> String {
    match layers {
        None => format!("{terms} terms but {theta} coefficients"),
        Some(layers) => format!("{terms} terms in {layers} layers but {theta} coefficients"),
    }
}

impl Rule {
    /// These terms, coefficients zero. The order of the terms of the pool does not matter; they come
    /// first, by number.
    ///
    /// ```
    /// use metaplast_plasticity::{Rule, Term, pool};
    ///
    /// let hebb = Term::parse("hebb = y * y_pre^T")?;
    /// let rule = Rule::new([hebb, pool()[0].clone()])?.with_theta(&[0.01, 0.002]);
    /// assert_eq!(rule.to_string(), "ΔW_l = −0.01 e_l y_(l−1)ᵀ + 0.002 y_l y_(l−1)ᵀ");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When two terms have the same symbol, or there is none.
    pub fn new(terms: impl IntoIterator<Item = Term>) -> Result<Self, RuleError> {
        let mut terms: Vec<Term> = terms.into_iter().collect();
        if terms.is_empty() {
            return Err(RuleError::Empty);
        }
        sort_by_key(&mut terms, |term| term.pool_number().unwrap_or(usize::MAX));
        for (place, term) in terms.iter().enumerate() {
            if terms[..place].iter().any(|t| t.symbol() == term.symbol()) {
                return Err(RuleError::Repeated(term.symbol().to_owned()));
            }
        }
        Ok(Rule {
            theta: vec![0.0; terms.len()],
            terms: terms.into(),
            memories: Arc::default(),
            constants: Arc::default(),
            layers: None,
            reward_delay: 0,
        })
    }

    /// The same terms with these memories, in the order in which they are updated, and no others; their
    /// constants are zero.
    ///
    /// # Errors
    /// When two memories have one name, or a term has the name of a memory or a constant.
    pub fn with_memories(
        self,
        memories: impl IntoIterator<Item = Memory>,
    ) -> Result<Self, RuleError> {
        let memories: Vec<Memory> = memories.into_iter().collect();
        for (place, memory) in memories.iter().enumerate() {
            if memories[..place].iter().any(|m| m.name() == memory.name()) {
                return Err(RuleError::Repeated(memory.name().to_owned()));
            }
        }
        let named = Memory::signals(&memories);
        let has_name = |term: &&Term| named.iter().any(|signal| signal.name() == term.symbol());
        if let Some(term) = self.terms.iter().find(has_name) {
            return Err(RuleError::Shared(term.symbol().to_owned()));
        }
        let constants: Vec<NamedSignal> = constants(&memories).into_iter().cloned().collect();
        let each = self.layers.unwrap_or(1);
        let mut theta = self.theta;
        theta.truncate(self.terms.len() * each);
        theta.resize((self.terms.len() + constants.len()) * each, 0.0);
        Ok(Rule {
            theta,
            memories: memories.into(),
            constants: constants.into(),
            ..self
        })
    }

    /// What each layer keeps from step to step beside its weights, in the order in which it is updated.
    #[must_use]
    pub fn memories(&self) -> &[Memory] {
        &self.memories
    }

    /// The constants of the memories, whose values follow the terms' coefficients in θ.
    #[must_use]
    pub fn constants(&self) -> &[NamedSignal] {
        &self.constants
    }

    /// Whether a term or a memory may read `e_pre`, the teaching signal of the layer below, which in the
    /// first layer is that of the input.
    #[must_use]
    pub fn reads_pre_error(&self) -> bool {
        self.terms.iter().any(Term::reads_pre_error)
            || self.memories.iter().any(Memory::reads_pre_error)
    }

    /// The terms of the [pool](crate::pool()) with these numbers, coefficients zero. The order does
    /// not matter.
    ///
    /// # Errors
    /// When the pool has no such number, one is there twice, or there is none.
    pub fn from_pool(numbers: &[usize]) -> Result<Self, RuleError> {
        let term = |&number: &usize| match pool::pool().get(number) {
            Some(term) => Ok(term.clone()),
            None => Err(UnknownName {
                kind: Term::KIND,
                name: number.to_string(),
                known: Term::choices(pool::pool()),
            }),
        };
        let terms: Result<Vec<Term>, UnknownName> = numbers.iter().map(term).collect();
        Rule::new(terms?)
    }

    /// The same terms with coefficients of its own for each of so many layers of weights, all as they
    /// are now; those of a rule that has had them are dropped but layer 1's.
    ///
    /// ```
    /// use metaplast_plasticity::{Preset, Rule};
    ///
    /// let rule = Rule::preset(Preset::EHebb).with_theta(&[0.01, -0.02]).per_layer(2);
    /// assert_eq!(rule.theta(), [0.01, 0.01, -0.02, -0.02]);
    /// let names: Vec<String> = rule.coefficients().map(|c| c.name()).collect();
    /// assert_eq!(names, ["F0_l1", "F0_l2", "F2_l1", "F2_l2"]);
    /// ```
    ///
    /// # Panics
    /// When there are no layers; see [`try_per_layer`](Rule::try_per_layer).
    #[track_caller]
    #[must_use]
    pub fn per_layer(self, layers: usize) -> Self {
        self.try_per_layer(layers)
            .unwrap_or_else(|error| panic!("rule: {error}"))
    }

    /// [`per_layer`](Rule::per_layer), if there is a layer.
    ///
    /// # Errors
    /// When there are no layers.
    pub fn try_per_layer(self, layers: usize) -> Result<Self, RuleError> {
        if layers == 0 {
            return Err(RuleError::NoLayers);
        }
        let each = self.layers.unwrap_or(1);
        let first = self.theta.iter().step_by(each);
        let theta = first.flat_map(|&theta| std::iter::repeat_n(theta, layers));
        Ok(Rule {
            theta: theta.collect(),
            layers: Some(layers),
            ..self
        })
    }

    /// How many layers of weights have coefficients of their own; none when all share them.
    #[must_use]
    pub fn layers(&self) -> Option<usize> {
        self.layers
    }

    /// What each coefficient belongs to, in the order of [`theta`](Rule::theta).
    pub fn coefficients(&self) -> impl Iterator<Item = CoefficientInfo<'_>> {
        let layers = self.layers;
        let terms = self.terms.iter().map(|term| (Some(term), term.symbol()));
        let constants = self
            .constants
            .iter()
            .map(|constant| (None, constant.name()));
        let places = terms.chain(constants).enumerate();
        places.flat_map(move |(place, (term, symbol))| {
            (0..layers.unwrap_or(1)).map(move |l| CoefficientInfo {
                term,
                symbol,
                place,
                layer: layers.map(|_| l + 1),
                rule: self,
            })
        })
    }

    /// How many of θ are coefficients of terms; the constants of memories follow them.
    #[must_use]
    pub fn term_coefficients(&self) -> usize {
        self.terms.len() * self.layers.unwrap_or(1)
    }

    /// The same terms with other coefficients, in the order of [`coefficients`](Rule::coefficients).
    ///
    /// # Panics
    /// When their number is another or one is not finite; see [`try_with_theta`](Rule::try_with_theta).
    #[track_caller]
    #[must_use]
    pub fn with_theta(self, theta: &[f64]) -> Self {
        self.try_with_theta(theta)
            .unwrap_or_else(|error| panic!("rule: {error}"))
    }

    /// The same terms with other coefficients, in the order of [`coefficients`](Rule::coefficients).
    ///
    /// # Errors
    /// When their number is another or one is not finite.
    pub fn try_with_theta(mut self, theta: &[f64]) -> Result<Self, RuleError> {
        if theta.len() != self.theta.len() {
            return Err(RuleError::Count {
                terms: self.terms.len() + self.constants.len(),
                layers: self.layers,
                theta: theta.len(),
            });
        }
        for (coefficient, &value) in self.coefficients().zip(theta) {
            if !value.is_finite() {
                let term = coefficient.name();
                return Err(RuleError::NotFinite { term, value });
            }
        }
        self.theta = theta.to_vec();
        Ok(self)
    }

    /// The terms: those of the pool by number, then others in the order in which they were given.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The coefficients, in the order of [`coefficients`](Rule::coefficients): the terms', or of each
    /// term the layers'.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// The term at this place of [`terms`](Rule::terms) alone, with coefficient 1 for all layers; memories
    /// stay, with layer 1's constants.
    ///
    /// # Panics
    /// When there are fewer terms.
    #[track_caller]
    #[must_use]
    pub fn alone(&self, place: usize) -> Rule {
        let each = self.layers.unwrap_or(1);
        let constants = self.theta[self.term_coefficients()..].iter().step_by(each);
        Rule {
            theta: [1.0].iter().chain(constants).copied().collect(),
            terms: [self.terms[place].clone()].into(),
            memories: self.memories.clone(),
            constants: self.constants.clone(),
            layers: None,
            reward_delay: self.reward_delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Preset, TermLibrary};

    #[test]
    fn impossible_rules_are_refused() {
        assert_eq!(Rule::from_pool(&[]), Err(RuleError::Empty));
        let twice = RuleError::Repeated("F2".into());
        assert_eq!(Rule::from_pool(&[2, 2]), Err(twice));
        let unknown = "unknown term `10`; the pool has F0 to F9 (or 0 to 9)";
        assert_eq!(Rule::from_pool(&[10]).unwrap_err().to_string(), unknown);
        let rule = Rule::preset(Preset::Fa).try_with_theta(&[f64::NAN]);
        assert!(matches!(rule, Err(RuleError::NotFinite { .. })));
    }

    #[test]
    fn terms_of_the_pool_are_found_by_symbol_and_number() {
        let library = TermLibrary::default();
        for name in ["x", "", "F", "+1", "10", "-1"] {
            assert!(library.find(name).is_err(), "{name}");
        }
        for name in ["F7", "f7", "7", " 7 "] {
            assert_eq!(library.find(name).as_ref(), Ok(&pool::pool()[7]), "{name}");
        }
    }

    #[test]
    fn terms_of_the_pool_come_first_and_the_others_as_given() {
        let own = |symbol| Term::read(symbol, "y y_pre^T").unwrap();
        let pool = |number: usize| pool::pool()[number].clone();
        let rule = Rule::new([own("b"), pool(9), own("a"), pool(0)]).unwrap();
        let symbols: Vec<&str> = rule.terms().iter().map(Term::symbol).collect();
        assert_eq!(symbols, ["F0", "F9", "b", "a"]);
    }
}
