//! Rules: plasticity terms with coefficients.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;
use thiserror::Error;

use crate::preset::Preset;
use crate::signals::LayerSignals;
use crate::terms::{Coefficient, POOL, Term, TermInfo, pool};
use crate::text::TextTerm;
use crate::update::LayerUpdate;

/// Which terms, and their coefficients θ: those of the pool by ascending index, then those written
/// as text in the order in which they were given.
///
/// A term has one coefficient for all layers, as in the paper, or one for each: `θ_r^l` multiplies
/// `F^r_l`. Then θ holds the first term's coefficients from layer 1 to L, then the second's, and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    terms: Vec<usize>,
    own: Vec<Arc<TextTerm>>,
    /// Layers of weights that have coefficients of their own; none when all share them.
    layers: Option<usize>,
    theta: Vec<f64>,
}

/// A coefficient's term, and its layer when it is one layer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoefficientInfo<'a> {
    /// The term.
    pub term: TermInfo<'a>,
    /// Its place among the terms.
    pub place: usize,
    /// The layer, from 1; none when all layers share the coefficient.
    pub layer: Option<usize>,
}

impl CoefficientInfo<'_> {
    /// The name in tables and files: `F2`, or `F2_l1` for layer 1.
    pub fn name(&self) -> String {
        with_layer(self.term.symbol, self.layer)
    }
}

/// `F2`, or `F2_l1` for layer 1.
fn with_layer(symbol: &str, layer: Option<usize>) -> String {
    match layer {
        None => symbol.to_owned(),
        Some(layer) => format!("{symbol}_l{layer}"),
    }
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
        Ok(Rule {
            terms,
            own,
            layers: None,
            theta,
        })
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
    /// When there are no layers.
    #[track_caller]
    pub fn per_layer(self, layers: usize) -> Self {
        assert!(layers > 0, "rule: coefficients for 0 layers");
        let each = self.layers.unwrap_or(1);
        let first = self.theta.iter().step_by(each);
        let theta = first.flat_map(|&theta| std::iter::repeat_n(theta, layers));
        Rule {
            theta: theta.collect(),
            layers: Some(layers),
            ..self
        }
    }

    /// How many layers of weights have coefficients of their own; none when all share them.
    pub fn layers(&self) -> Option<usize> {
        self.layers
    }

    /// The number of coefficients of each term.
    fn each(&self) -> usize {
        self.layers.unwrap_or(1)
    }

    /// What each coefficient belongs to, in the order of [`theta`](Rule::theta).
    pub fn coefficients(&self) -> impl Iterator<Item = CoefficientInfo<'_>> {
        let layers = self.layers;
        self.infos().enumerate().flat_map(move |(place, term)| {
            (0..layers.unwrap_or(1)).map(move |l| CoefficientInfo {
                term,
                place,
                layer: layers.map(|_| l + 1),
            })
        })
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

    /// The same terms with other coefficients, in the order of [`coefficients`](Rule::coefficients).
    ///
    /// # Panics
    /// When their number is another or one is not finite; see [`try_with_theta`](Rule::try_with_theta).
    #[track_caller]
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
                terms: self.terms.len() + self.own.len(),
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

    /// The coefficients, in the order of [`coefficients`](Rule::coefficients): the terms', or of each
    /// term the layers'.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// The term at this place of [`infos`](Rule::infos) alone, with coefficient 1 for all layers.
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
            layers: None,
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
    /// When there is not one coefficient per term, or per term and layer.
    #[track_caller]
    pub fn bind_to<'t, T: Scalar>(&self, theta: &[Var<'t, T>]) -> BoundRule<'t, T> {
        assert_eq!(theta.len(), self.theta.len(), "rule: coefficients");
        let pool = pool::<T>();
        let terms = self.terms.iter().map(|&term| Held::Lent(pool[term]));
        let own = self.own.iter().map(|term| Held::Text(term.clone()));
        let coefficients: SmallVec<[Coefficient<'t, T>; 10]> =
            theta.iter().map(|&theta| Coefficient::new(theta)).collect();
        let place_of = |index: usize| self.terms.iter().position(|&term| term == index);
        BoundRule {
            gradient: place_of(0),
            decay: place_of(3),
            terms: terms.chain(own).collect(),
            coefficients,
            layers: self.layers,
        }
    }
}

/// The rule as maths, for instance `ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ΔW_l =")?;
        if self.layers.is_some() {
            return self.fmt_per_layer(f);
        }
        for (place, (info, &theta)) in self.infos().zip(&self.theta).enumerate() {
            let several = is_sum(info.formula);
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

fn is_sum(formula: &str) -> bool {
    [" − ", " + "].iter().any(|sign| formula.contains(sign))
}

impl Rule {
    /// `[0.01, 0.02]_l e_l y_(l−1)ᵀ + …`: of each bracket layer l's.
    fn fmt_per_layer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let theta = self.theta.chunks(self.each());
        for (place, (info, theta)) in self.infos().zip(theta).enumerate() {
            let several = is_sum(info.formula);
            let (sign, formula) = match info.formula.strip_prefix('−') {
                Some(rest) if !several => (-1.0, rest),
                _ => (1.0, info.formula),
            };
            let values = theta.iter().map(|theta| {
                let value = sign * theta;
                let minus = if value < 0.0 { "−" } else { "" };
                format!("{minus}{:.6}", value.abs())
            });
            let values: Vec<String> = values.collect();
            let plus = if place > 0 { "+ " } else { "" };
            let (open, close) = if several { ("(", ")") } else { ("", "") };
            write!(f, " {plus}[{}]_l {open}{formula}{close}", values.join(", "))?;
        }
        Ok(())
    }
}

/// Terms with coefficients on a tape, ready for [`Network::step`](crate::Network::step).
pub struct BoundRule<'t, T: Scalar> {
    terms: SmallVec<[Held<'t, T>; 10]>,
    /// One for each term, or for each term one for each of the layers.
    coefficients: SmallVec<[Coefficient<'t, T>; 10]>,
    layers: Option<usize>,
    /// Places of F0 and F3, by which feedback weights may learn as well.
    gradient: Option<usize>,
    decay: Option<usize>,
}

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
        let (terms, coefficients) = terms
            .into_iter()
            .map(|(term, theta)| (Held::Lent(term), Coefficient::new(theta)))
            .unzip();
        BoundRule {
            terms,
            coefficients,
            layers: None,
            gradient: None,
            decay: None,
        }
    }

    /// The coefficient of the term at `place` in a layer, counted from 0.
    #[track_caller]
    fn coefficient(&self, place: usize, layer: usize) -> Coefficient<'t, T> {
        match self.layers {
            None => self.coefficients[place],
            Some(layers) => {
                assert!(
                    layer < layers,
                    "rule: coefficients for {layers} layers, used in layer {}",
                    layer + 1
                );
                self.coefficients[place * layers + layer]
            }
        }
    }

    /// Updates the weights of one layer, `W ← W + Σ_r θ_r F^r`, all terms from the weights before.
    ///
    /// # Panics
    /// When the rule has coefficients for each layer, and none for this one.
    #[track_caller]
    pub fn update(&self, layer: &LayerSignals<'_, 't, T>) {
        let mut update = LayerUpdate::new(layer.one());
        for (place, term) in self.terms.iter().enumerate() {
            let theta = self.coefficient(place, layer.layer());
            term.term().contribute(theta, layer, &mut update);
        }
        update.apply(layer.weights(), |x| layer.known_back_projection(x));
    }

    /// Updates one layer's feedback weights by what F0 and F3 do to the forward weights,
    /// `B ← B − θ_0 e_l y_(l−1)ᵀ − θ_3 B`.
    pub(crate) fn update_feedback(
        &self,
        mut update: LayerUpdate<'t, T>,
        layer: usize,
        feedback: State<'t, T>,
        (pre, post_error): (Var<'t, T>, Var<'t, T>),
    ) {
        if self.gradient.is_none() && self.decay.is_none() {
            return;
        }
        if let Some(place) = self.gradient {
            let theta = self.coefficient(place, layer);
            update.outer(theta.minus, post_error, pre);
        }
        if let Some(place) = self.decay {
            update.decay(self.coefficient(place, layer).plus);
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
    fn a_rule_with_coefficients_for_each_layer_reads_as_maths() {
        let rule = Rule::preset(Preset::Oja).per_layer(2);
        let rule = rule.with_theta(&[0.01, 0.02, -0.005, 0.0]);
        assert_eq!(
            rule.to_string(),
            "ΔW_l = [−0.010000, −0.020000]_l e_l y_(l−1)ᵀ + [−0.005000, 0.000000]_l (y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l)"
        );
        let again = rule.clone().per_layer(3);
        assert_eq!(again.theta(), [0.01, 0.01, 0.01, -0.005, -0.005, -0.005]);
        let error = rule.try_with_theta(&[0.01, 0.02]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 terms in 2 layers but 2 coefficients; give one per term and layer"
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
