//! Rules: plasticity terms with coefficients.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;
use thiserror::Error;

use crate::preset::Preset;
use crate::signals::{LayerSignals, LayerUpdate};
use crate::terms::{Coefficient, POOL, Term, TermInfo, pool};
use crate::text::TextTerm;

/// Which terms, and their coefficients θ: those of the pool by ascending index, then those written
/// as text in the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    terms: Vec<usize>,
    own: Vec<Arc<TextTerm>>,
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
    Repeated(String),
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
        term: String,
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
        Self::with_own(terms, Vec::new())
    }

    /// The terms with these indices, and terms written as text; coefficients zero.
    ///
    /// ```
    /// use metaplast_plasticity::{Rule, text::TextTerm};
    ///
    /// let hebb = TextTerm::parse("hebb = y * y_pre^T").unwrap();
    /// let rule = Rule::with_own(&[0], vec![hebb]).unwrap().with_theta(&[0.01, 0.002]);
    /// assert_eq!(rule.to_string(), "ΔW_l = −0.010000 e_l y_(l−1)ᵀ + 0.002000 y_l y_(l−1)ᵀ");
    /// ```
    ///
    /// # Errors
    /// When an index is not in the pool, an index or a name is there twice, or there is no term.
    pub fn with_own(terms: &[usize], own: Vec<TextTerm>) -> Result<Self, RuleError> {
        let mut terms = terms.to_vec();
        terms.sort_unstable();
        if terms.is_empty() && own.is_empty() {
            return Err(RuleError::Empty);
        }
        for (place, &term) in terms.iter().enumerate() {
            let info = POOL
                .get(term)
                .ok_or_else(|| RuleError::UnknownTerm(term.to_string()))?;
            if terms[..place].contains(&term) {
                return Err(RuleError::Repeated(info.symbol.to_owned()));
            }
        }
        for (place, term) in own.iter().enumerate() {
            if own[..place].iter().any(|other| other.name() == term.name()) {
                return Err(RuleError::Repeated(term.name().to_owned()));
            }
        }
        let theta = vec![0.0; terms.len() + own.len()];
        let own = own.into_iter().map(Arc::new).collect();
        Ok(Rule { terms, own, theta })
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

    /// The same terms with other coefficients, in the order of [`infos`](Rule::infos).
    ///
    /// # Panics
    /// When their number is another or one is not finite; see [`try_with_theta`](Rule::try_with_theta).
    #[track_caller]
    pub fn with_theta(self, theta: &[f64]) -> Self {
        self.try_with_theta(theta)
            .unwrap_or_else(|error| panic!("rule: {error}"))
    }

    /// The same terms with other coefficients, in the order of [`infos`](Rule::infos).
    ///
    /// # Errors
    /// When their number is another or one is not finite.
    pub fn try_with_theta(mut self, theta: &[f64]) -> Result<Self, RuleError> {
        if theta.len() != self.theta.len() {
            return Err(RuleError::Count {
                terms: self.theta.len(),
                theta: theta.len(),
            });
        }
        for (info, &value) in self.infos().zip(theta) {
            if !value.is_finite() {
                let term = info.symbol.to_owned();
                return Err(RuleError::NotFinite { term, value });
            }
        }
        self.theta = theta.to_vec();
        Ok(self)
    }

    /// The indices of the terms of the pool, ascending.
    pub fn indices(&self) -> &[usize] {
        &self.terms
    }

    /// The terms written as text.
    pub fn own_terms(&self) -> impl ExactSizeIterator<Item = &TextTerm> {
        self.own.iter().map(Arc::as_ref)
    }

    /// What is to be said of each term: those of the pool, then one's own.
    pub fn infos(&self) -> impl Iterator<Item = TermInfo<'_>> {
        let pool = self.terms.iter().map(|&term| POOL[term]);
        pool.chain(self.own.iter().map(|term| term.info()))
    }

    /// The coefficients, in the same order.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// The term at this place of [`infos`](Rule::infos) alone, with coefficient 1.
    ///
    /// # Panics
    /// When there are fewer terms.
    #[track_caller]
    pub fn alone(&self, place: usize) -> Rule {
        let (terms, own) = match place.checked_sub(self.terms.len()) {
            None => (vec![self.terms[place]], Vec::new()),
            Some(place) => (Vec::new(), vec![self.own[place].clone()]),
        };
        Rule {
            terms,
            own,
            theta: vec![1.0],
        }
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
        assert_eq!(theta.len(), self.theta.len(), "rule: coefficients");
        let pool = pool::<T>();
        let terms = self.terms.iter().map(|&term| Held::Lent(pool[term]));
        let own = self.own.iter().map(|term| Held::Text(term.clone()));
        let coefficients = theta.iter().map(|&theta| Coefficient::new(theta));
        let terms: SmallVec<[BoundTerm<'t, T>; 10]> = terms.chain(own).zip(coefficients).collect();
        let of_pool = |index: usize| {
            let place = self.terms.iter().position(|&term| term == index)?;
            Some(terms[place].1)
        };
        BoundRule {
            gradient: of_pool(0),
            decay: of_pool(3),
            terms,
        }
    }
}

/// The rule as maths, for instance `ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ΔW_l =")?;
        for (place, (info, &theta)) in self.infos().zip(&self.theta).enumerate() {
            let several = [" − ", " + "]
                .iter()
                .any(|sign| info.formula.contains(sign));
            // Most formulas start with a minus, which goes into the coefficient.
            let (value, formula) = match info.formula.strip_prefix('−') {
                Some(rest) if !several => (-theta, rest),
                _ => (theta, info.formula),
            };
            let sign = match (place, value < 0.0) {
                (0, false) => "",
                (0, true) => "−",
                (_, false) => "+ ",
                (_, true) => "− ",
            };
            let (open, close) = if several { ("(", ")") } else { ("", "") };
            write!(f, " {sign}{:.6} {open}{formula}{close}", value.abs())?;
        }
        Ok(())
    }
}

/// Terms with coefficients on a tape, ready for [`Network::step`](crate::Network::step).
pub struct BoundRule<'t, T: Scalar> {
    terms: SmallVec<[BoundTerm<'t, T>; 10]>,
    /// Of F0 and F3, by which feedback weights may learn as well.
    gradient: Option<Coefficient<'t, T>>,
    decay: Option<Coefficient<'t, T>>,
}

type BoundTerm<'t, T> = (Held<'t, T>, Coefficient<'t, T>);

/// A term that somebody else keeps, or one that the rule shares.
enum Held<'t, T: Scalar> {
    Lent(&'t dyn Term<T>),
    Text(Arc<TextTerm>),
}

impl<T: Scalar> Held<'_, T> {
    fn term(&self) -> &dyn Term<T> {
        match self {
            Held::Lent(term) => *term,
            Held::Text(term) => term.as_ref(),
        }
    }
}

impl<'t, T: Scalar> BoundRule<'t, T> {
    /// From terms, built in or one's own, and rank-0 coefficients.
    ///
    /// Feedback that learns does so by the terms of a [`Rule`] only.
    pub fn new(terms: impl IntoIterator<Item = (&'t dyn Term<T>, Var<'t, T>)>) -> Self {
        let terms = terms
            .into_iter()
            .map(|(term, theta)| (Held::Lent(term), Coefficient::new(theta)))
            .collect();
        BoundRule {
            terms,
            gradient: None,
            decay: None,
        }
    }

    /// Updates the weights of one layer, `W ← W + Σ_r θ_r F^r`, all terms from the weights before.
    pub fn update(&self, layer: &LayerSignals<'_, 't, T>) {
        let mut update = LayerUpdate::new();
        for (term, theta) in &self.terms {
            term.term().contribute(*theta, layer, &mut update);
        }
        update.apply(layer.weights(), |x| layer.known_back_projection(x));
    }

    /// Updates one layer's feedback weights by what F0 and F3 do to the forward weights,
    /// `B ← B − θ_0 e_l y_(l−1)ᵀ − θ_3 B`.
    pub(crate) fn update_feedback(
        &self,
        feedback: State<'t, T>,
        pre: Var<'t, T>,
        post_error: Var<'t, T>,
    ) {
        if self.gradient.is_none() && self.decay.is_none() {
            return;
        }
        let mut update = LayerUpdate::new();
        if let Some(theta) = self.gradient {
            update.outer(theta.minus, post_error, pre);
        }
        if let Some(theta) = self.decay {
            update.decay(theta.plus);
        }
        update.apply(feedback, |_| None);
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
        assert_eq!(Rule::new(&[2, 2]), Err(RuleError::Repeated("F2".into())));
        assert_eq!(Rule::new(&[10]), Err(RuleError::UnknownTerm("10".into())));
        for name in ["x", "", "F", "+1", "10", "-1"] {
            assert!(Rule::term_index(name).is_err(), "{name}");
        }
        assert_eq!(Rule::term_index("F7"), Ok(7));
        let rule = Rule::preset(Preset::Fa).try_with_theta(&[f64::NAN]);
        assert!(matches!(rule, Err(RuleError::NotFinite { .. })));
    }
}
