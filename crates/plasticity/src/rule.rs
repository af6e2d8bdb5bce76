//! Rules: plasticity terms with coefficients.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;
use thiserror::Error;

use crate::feedback::Feedback;
use crate::signals::{LayerSignals, LayerUpdate};
use crate::terms::{Coefficient, POOL, Term, TermInfo, pool};

/// A rule of the pool: which terms, by ascending index, and their coefficients θ.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    terms: Vec<usize>,
    theta: Vec<f64>,
}

/// Why a rule cannot be.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RuleError {
    /// A term that the pool does not have.
    #[error("unknown term `{0}`; the pool has F0 to F9 (or 0 to 9)")]
    UnknownTerm(String),
    /// A term named twice.
    #[error("term {0} is named twice; name each once")]
    Repeated(&'static str),
    /// No terms at all.
    #[error("a rule needs at least one term")]
    Empty,
    /// Not one coefficient per term.
    #[error("{terms} terms but {theta} coefficients; give one per term")]
    Count {
        /// Number of terms.
        terms: usize,
        /// Number of coefficients.
        theta: usize,
    },
    /// A coefficient that is no number.
    #[error("the coefficient of {term} is {value}; coefficients must be finite")]
    NotFinite {
        /// Symbol of the term.
        term: &'static str,
        /// The coefficient.
        value: f64,
    },
}

impl Rule {
    /// The terms with these indices, coefficients zero. The order does not matter.
    ///
    /// # Errors
    /// When an index is not in the pool or named twice, or there is none.
    pub fn new(terms: &[usize]) -> Result<Self, RuleError> {
        let mut terms = terms.to_vec();
        terms.sort_unstable();
        if terms.is_empty() {
            return Err(RuleError::Empty);
        }
        for (place, &term) in terms.iter().enumerate() {
            let info = POOL
                .get(term)
                .ok_or_else(|| RuleError::UnknownTerm(term.to_string()))?;
            if terms[..place].contains(&term) {
                return Err(RuleError::Repeated(info.symbol));
            }
        }
        let theta = vec![0.0; terms.len()];
        Ok(Rule { terms, theta })
    }

    /// The terms of a preset, coefficients zero.
    pub fn preset(preset: Preset) -> Self {
        Rule::new(preset.terms()).expect("presets name each of their terms once")
    }

    /// The index in the pool of a term given as `F2`, `f2` or `2`.
    ///
    /// # Errors
    /// When the pool has no such term.
    pub fn term_index(name: &str) -> Result<usize, RuleError> {
        let name = name.trim();
        let number = name.strip_prefix(['F', 'f']).unwrap_or(name);
        // `usize::from_str` would also take a sign.
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        match number.parse::<usize>() {
            Ok(index) if digits && index < POOL.len() => Ok(index),
            _ => Err(RuleError::UnknownTerm(name.to_owned())),
        }
    }

    /// The same terms with other coefficients, in the order of [`indices`](Rule::indices).
    ///
    /// # Panics
    /// When their number is another or one is not finite; see [`try_with_theta`](Rule::try_with_theta).
    #[track_caller]
    pub fn with_theta(self, theta: &[f64]) -> Self {
        self.try_with_theta(theta)
            .unwrap_or_else(|error| panic!("rule: {error}"))
    }

    /// The same terms with other coefficients, in the order of [`indices`](Rule::indices).
    ///
    /// # Errors
    /// When their number is another or one is not finite.
    pub fn try_with_theta(mut self, theta: &[f64]) -> Result<Self, RuleError> {
        if theta.len() != self.terms.len() {
            return Err(RuleError::Count {
                terms: self.terms.len(),
                theta: theta.len(),
            });
        }
        for (&term, &value) in self.terms.iter().zip(theta) {
            if !value.is_finite() {
                let term = POOL[term].symbol;
                return Err(RuleError::NotFinite { term, value });
            }
        }
        self.theta = theta.to_vec();
        Ok(self)
    }

    /// The terms' indices in the pool, ascending.
    pub fn indices(&self) -> &[usize] {
        &self.terms
    }

    /// What is to be said of each term, in the same order.
    pub fn infos(&self) -> impl Iterator<Item = &'static TermInfo> {
        self.terms.iter().map(|&term| &POOL[term])
    }

    /// The coefficients, in the same order.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Puts the coefficients on a tape as inputs to differentiate by; also returns them, in order.
    pub fn bind<'t, T: Scalar>(&self, tape: &'t Tape<T>) -> (BoundRule<'t, T>, Vec<Var<'t, T>>) {
        let theta: Vec<Var<'t, T>> = self
            .theta
            .iter()
            .map(|&theta| tape.scalar(T::from_f64(theta)))
            .collect();
        (self.bind_to(&theta), theta)
    }

    /// Puts the coefficients on a tape as constants.
    pub fn bind_constant<'t, T: Scalar>(&self, tape: &'t Tape<T>) -> BoundRule<'t, T> {
        tape.without_gradients(|| self.bind(tape).0)
    }

    /// The rule's terms with coefficients that are on a tape already.
    ///
    /// # Panics
    /// When there is not one coefficient per term.
    #[track_caller]
    pub fn bind_to<'t, T: Scalar>(&self, theta: &[Var<'t, T>]) -> BoundRule<'t, T> {
        assert_eq!(theta.len(), self.terms.len(), "rule: coefficients");
        let pool = pool::<T>();
        let terms = self.terms.iter().map(|&term| pool[term]);
        BoundRule::new(terms.zip(theta.iter().copied()))
    }
}

/// The rule as maths, for instance `ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ΔW_l =")?;
        for (place, (info, &theta)) in self.infos().zip(&self.theta).enumerate() {
            // Most formulas start with a minus, which goes into the coefficient.
            let (value, formula) = match info.formula.strip_prefix('−') {
                Some(rest) => (-theta, rest),
                None => (theta, info.formula),
            };
            let sign = match (place, value < 0.0) {
                (0, false) => "",
                (0, true) => "−",
                (_, false) => "+ ",
                (_, true) => "− ",
            };
            let several = formula.contains(" − ");
            let (open, close) = if several { ("(", ")") } else { ("", "") };
            write!(f, " {sign}{:.6} {open}{formula}{close}", value.abs())?;
        }
        Ok(())
    }
}

/// Terms with coefficients on a tape, ready for [`Network::step`](crate::Network::step).
pub struct BoundRule<'t, T: Scalar> {
    terms: SmallVec<[BoundTerm<'t, T>; 10]>,
}

type BoundTerm<'t, T> = (&'t dyn Term<T>, Coefficient<'t, T>);

impl<'t, T: Scalar> BoundRule<'t, T> {
    /// From terms, built in or one's own, and rank-0 coefficients.
    pub fn new(terms: impl IntoIterator<Item = (&'t dyn Term<T>, Var<'t, T>)>) -> Self {
        let terms = terms
            .into_iter()
            .map(|(term, theta)| (term, Coefficient::new(theta)))
            .collect();
        BoundRule { terms }
    }

    /// Updates the weights of one layer, `W ← W + Σ_r θ_r F^r`, all terms from the weights before.
    pub fn update(&self, layer: &LayerSignals<'_, 't, T>) {
        let mut update = LayerUpdate::new();
        for (term, theta) in &self.terms {
            term.contribute(*theta, layer, &mut update);
        }
        update.apply(layer.weights());
    }
}

/// The rules that the paper studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Feedback alignment: F0 with fixed feedback.
    Fa,
    /// Backpropagation: F0 with symmetric feedback.
    Bp,
    /// F0 and the error-based Hebbian term F2, fixed feedback.
    EHebb,
    /// F0 and Oja's rule F9, fixed feedback.
    Oja,
    /// F0, F2 and F9, fixed feedback: the rule that the paper finds.
    Bio,
    /// All ten terms, fixed feedback.
    Pool,
}

impl Preset {
    /// Every preset, in the order shown to users.
    pub const ALL: [Preset; 6] = [
        Preset::Fa,
        Preset::Bp,
        Preset::EHebb,
        Preset::Oja,
        Preset::Bio,
        Preset::Pool,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Fa => "fa",
            Preset::Bp => "bp",
            Preset::EHebb => "ehebb",
            Preset::Oja => "oja",
            Preset::Bio => "bio",
            Preset::Pool => "pool",
        }
    }

    /// Indices of its terms.
    pub fn terms(self) -> &'static [usize] {
        match self {
            Preset::Fa | Preset::Bp => &[0],
            Preset::EHebb => &[0, 2],
            Preset::Oja => &[0, 9],
            Preset::Bio => &[0, 2, 9],
            Preset::Pool => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        }
    }

    /// The feedback it is studied with.
    pub fn feedback(self) -> Feedback {
        match self {
            Preset::Bp => Feedback::Symmetric,
            _ => Feedback::Fixed,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A preset name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown preset `{0}`; choose fa, bp, ehebb, oja, bio or pool")]
pub struct UnknownPreset(pub String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Preset::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| UnknownPreset(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_maths() {
        let rule = Rule::preset(Preset::Bio).with_theta(&[0.012, -0.055, 0.005]);
        assert_eq!(
            rule.to_string(),
            "ΔW_l = −0.012000 e_l y_(l−1)ᵀ + 0.055000 e_l e_(l−1)ᵀ + 0.005000 (y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l)"
        );
    }

    #[test]
    fn impossible_rules_are_refused() {
        assert_eq!(Rule::new(&[]), Err(RuleError::Empty));
        assert_eq!(Rule::new(&[2, 2]), Err(RuleError::Repeated("F2")));
        assert_eq!(Rule::new(&[10]), Err(RuleError::UnknownTerm("10".into())));
        for name in ["x", "", "F", "+1", "10", "-1"] {
            assert!(Rule::term_index(name).is_err(), "{name}");
        }
        assert_eq!(Rule::term_index("F7"), Ok(7));
        let rule = Rule::preset(Preset::Fa).try_with_theta(&[f64::NAN]);
        assert!(matches!(rule, Err(RuleError::NotFinite { .. })));
    }

    #[test]
    fn preset_names_are_read_back() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
        }
    }
}
