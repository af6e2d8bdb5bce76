//! A plasticity term, wherever it comes from.

use std::fmt;
use std::sync::Arc;

use crate::coefficient::Coefficient;
use crate::locality::Locality;
use crate::names::Named;
use crate::number::Number;
use crate::signals::LayerSignals;
use crate::terms::custom::EveryTerm;
use crate::terms::expression::Expression;
use crate::text::{
    Definition, NamedSignal, Notation, Reason, StepSignal, TermError, Vocabulary, check_symbol,
    print,
};
use crate::update::LayerUpdate;

/// A plasticity term `F`: what it is called, and what it adds to the weights of a layer.
///
/// Cheap to clone. Two terms are equal when they have the same symbol and the same expression.
///
/// ```
/// use metaplast_plasticity::expression::{w, y, y_pre};
/// use metaplast_plasticity::{Term, pool};
///
/// let text = Term::parse("hebb_decay = y * y_pre^T - 0.1 * W")?;
/// let rust = Term::new("hebb_decay", y() * y_pre().t() - 0.1 * w())?;
/// assert_eq!(text, rust);
/// assert_eq!(rust.formula(), "y_l y_(l−1)ᵀ − 0.1 W_l");
/// assert_eq!(pool()[9].formula(), "y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l");
/// # Ok::<(), metaplast_plasticity::text::TermError>(())
/// ```
#[derive(Clone)]
pub struct Term(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    symbol: String,
    name: String,
    formula: String,
    source: String,
    locality: Locality,
    /// Its place in the pool.
    number: Option<usize>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Expression(Definition),
    Custom(Arc<dyn EveryTerm>),
}

impl Term {
    /// Reads `SYMBOL = EXPRESSION`; see [`text`](crate::text) for the language.
    ///
    /// # Errors
    /// When there is no symbol or it is one that something else has, when the expression cannot be
    /// read, when shapes do not fit, or when it is no sum of outer products and decay.
    pub fn parse(text: &str) -> Result<Self, TermError> {
        Term::parse_with(text, &[])
    }

    /// Reads `SYMBOL = EXPRESSION`, which may use these names as well.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, signals: &[NamedSignal]) -> Result<Self, TermError> {
        let whole = |error: TermError| error.in_text(text);
        let Some(equals) = text.find('=') else {
            return Err(whole(TermError::new(Reason::NoName, 0..text.len())));
        };
        let symbol = text[..equals].trim();
        let start = text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
        check_symbol(symbol).map_err(|error| whole(error.moved(start)))?;
        let vocabulary = Vocabulary::of(signals);
        let definition = Definition::read(text, equals + 1, vocabulary).map_err(whole)?;
        Ok(Term::own(symbol, definition, "given as text"))
    }

    /// From a symbol and an expression as text.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); places are those in the expression.
    pub fn read(symbol: &str, expression: &str) -> Result<Self, TermError> {
        Term::read_with(symbol, expression, &[])
    }

    /// From a symbol and an expression as text, which may use these names as well.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with(
        symbol: &str,
        expression: &str,
        signals: &[NamedSignal],
    ) -> Result<Self, TermError> {
        check_symbol(symbol).map_err(|error| error.in_text(symbol))?;
        let definition = Definition::read(expression, 0, Vocabulary::of(signals));
        let definition = definition.map_err(|error| error.in_text(expression))?;
        Ok(Term::own(symbol, definition, "given as text"))
    }

    /// From a symbol and an [expression](crate::expression) that is put together in Rust.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); places are those in the expression as one types it.
    pub fn new(symbol: &str, expression: Expression) -> Result<Self, TermError> {
        let text = print(&expression.into_tree()?, Notation::Typed);
        Ok(Term::read(symbol, &text)?.with_source("given in Rust"))
    }

    /// From code.
    ///
    /// # Errors
    /// When the symbol cannot be one, or is one that something else has.
    pub fn custom(term: impl EveryTerm + 'static) -> Result<Self, TermError> {
        let body: Arc<dyn EveryTerm> = Arc::new(term);
        // What is said of a term is the same for all number types.
        let term = f64::of(&*body);
        check_symbol(term.symbol()).map_err(|error| error.in_text(term.symbol()))?;
        Ok(Term(Arc::new(Parts {
            symbol: term.symbol().to_owned(),
            name: term.name().to_owned(),
            formula: term.formula().to_owned(),
            source: term.source().to_owned(),
            locality: term.locality(),
            number: None,
            body: Body::Custom(body.clone()),
        })))
    }

    fn own(symbol: &str, definition: Definition, source: &str) -> Self {
        Term(Arc::new(Parts {
            symbol: symbol.to_owned(),
            name: "own term".to_owned(),
            formula: definition.print(Notation::Maths),
            source: source.to_owned(),
            locality: definition.locality(),
            number: None,
            body: Body::Expression(definition),
        }))
    }

    /// The term of the pool with this number; its formula is as the paper writes it.
    pub(crate) fn built_in(number: usize, name: &str, formula: &str, source: &str) -> Self {
        let definition =
            Definition::read(formula, 0, Vocabulary::LAYER).expect("the pool's formulas are terms");
        let mut term = Term::own(&format!("F{number}"), definition, source).with_name(name);
        let parts = Arc::make_mut(&mut term.0);
        parts.formula = formula.to_owned();
        parts.number = Some(number);
        term
    }

    /// The same term with another readable name, for tables.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.0).name = name.to_owned();
        self
    }

    /// The same term with another source, for tables.
    #[must_use]
    pub fn with_source(mut self, source: &str) -> Self {
        Arc::make_mut(&mut self.0).source = source.to_owned();
        self
    }

    /// The symbol in formulas, files and on the command line: `F0`.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.0.symbol
    }

    /// A readable name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The term as maths, with its sign.
    #[must_use]
    pub fn formula(&self) -> &str {
        &self.0.formula
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What a synapse must know to apply it.
    #[must_use]
    pub fn locality(&self) -> Locality {
        self.0.locality
    }

    /// Its place in the [pool](crate::pool()); none for terms of one's own.
    #[must_use]
    pub fn pool_number(&self) -> Option<usize> {
        self.0.number
    }

    /// The expression as one types it; none for a [custom](Self::custom) term.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        match &self.0.body {
            Body::Expression(definition) => Some(definition.print(Notation::Typed)),
            Body::Custom(_) => None,
        }
    }

    /// The term multiplied out and put in order: terms have the same form when they are equal by the laws of
    /// algebra, whatever their symbols. None for a [custom](Self::custom) term.
    ///
    /// ```
    /// use metaplast_plasticity::Term;
    ///
    /// let a = Term::parse("a = (y .* e) * y_pre^T + W")?;
    /// let b = Term::parse("b = W + (y_pre * (e .* y)^T)^T")?;
    /// assert_eq!(a.normal_form(), b.normal_form());
    /// let twice = Term::parse("twice = 2 * W + 2 * (y .* e) * y_pre^T")?;
    /// assert_eq!(twice.is_multiple_of(&a), Some(true));
    /// # Ok::<(), metaplast_plasticity::text::TermError>(())
    /// ```
    #[must_use]
    pub fn normal_form(&self) -> Option<String> {
        match &self.0.body {
            Body::Expression(definition) => Some(definition.canonical().text()),
            Body::Custom(_) => None,
        }
    }

    /// The same but for a factor: terms have the same form when one is a number times the other, so that with a
    /// coefficient of their own they are one term.
    #[must_use]
    pub fn normal_form_up_to_factor(&self) -> Option<String> {
        match &self.0.body {
            Body::Expression(definition) => Some(definition.canonical().text_up_to_factor()),
            Body::Custom(_) => None,
        }
    }

    /// Whether it is the other one times a number. None where one is [custom](Self::custom).
    #[must_use]
    pub fn is_multiple_of(&self, other: &Self) -> Option<bool> {
        let (a, b) = (
            self.normal_form_up_to_factor()?,
            other.normal_form_up_to_factor()?,
        );
        Some(a == b)
    }

    /// Whether it may read `e_pre`, the teaching signal of the layer below, which in the first layer is
    /// that of the input.
    #[must_use]
    pub fn reads_pre_error(&self) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.expression()
            .is_none_or(|text| text.split(|c| !is_part(c)).any(|name| name == "e_pre"))
    }

    /// Whether it reads the [`reward`](crate::text) of the step; code never does.
    #[must_use]
    pub fn reads_reward(&self) -> bool {
        self.reads(StepSignal::Reward)
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        match &self.0.body {
            Body::Expression(definition) => definition.reads(signal),
            Body::Custom(_) => false,
        }
    }

    /// The expression that a file must hold beside the symbol for the term to be read back; none
    /// for terms that are found by their symbol, those of the pool and [custom](Self::custom) ones.
    #[must_use]
    pub fn own_expression(&self) -> Option<String> {
        match self.0.number {
            Some(_) => None,
            None => self.expression(),
        }
    }

    /// The name of its columns in tables: the number of a term of the pool, else the symbol.
    #[must_use]
    pub fn column(&self) -> String {
        match self.0.number {
            Some(number) => number.to_string(),
            None => self.0.symbol.clone(),
        }
    }

    /// Whether it needs matrices of the size of the weights; code may not say so.
    pub(crate) fn takes_each_weight(&self) -> bool {
        match &self.0.body {
            Body::Expression(definition) => definition.takes_each_weight(),
            Body::Custom(_) => false,
        }
    }

    /// Adds `θ F` for one layer.
    pub(crate) fn contribute<'t, T: Number>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        match &self.0.body {
            Body::Expression(definition) => definition.contribute(theta, layer, update),
            Body::Custom(term) => T::of(&**term).contribute(theta, layer, update),
        }
    }

    #[cfg(test)]
    pub(crate) fn tree(&self) -> &crate::text::Node {
        match &self.0.body {
            Body::Expression(definition) => definition.tree(),
            Body::Custom(_) => unreachable!("no test asks for the tree of a custom term"),
        }
    }
}

/// `SYMBOL = EXPRESSION`, as one types it; of a custom term the formula.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expression() {
            Some(expression) => write!(f, "{} = {expression}", self.symbol()),
            None => write!(f, "{} = {}", self.symbol(), self.formula()),
        }
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Term({self})")
    }
}

/// The same symbol and the same expression, or the same custom term.
impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        let same_body = || match (&self.0.body, &other.0.body) {
            (Body::Expression(a), Body::Expression(b)) => a == b,
            // Of code there is nothing to compare but its symbol.
            (Body::Custom(_), Body::Custom(_)) => true,
            _ => false,
        };
        Arc::ptr_eq(&self.0, &other.0) || self.symbol() == other.symbol() && same_body()
    }
}

impl Named for Term {
    const KIND: &'static str = "term";

    fn name(&self) -> &str {
        self.symbol()
    }

    /// `F2` is also found as `f2` and `2`.
    fn answers_to(&self, name: &str) -> bool {
        let spelled = name.strip_prefix(['F', 'f']).unwrap_or(name);
        // `usize::from_str` would also take a sign.
        let digits = !spelled.is_empty() && spelled.bytes().all(|b| b.is_ascii_digit());
        name == self.symbol()
            || digits && self.0.number.is_some() && spelled.parse().ok() == self.0.number
    }

    fn choices(known: &[Self]) -> String {
        let pool: Vec<&Term> = known.iter().filter(|t| t.0.number.is_some()).collect();
        let others = known.iter().filter(|t| t.0.number.is_none());
        let others: Vec<&str> = others.map(Term::symbol).collect();
        let pool = match pool.as_slice() {
            [] => "the pool is empty".to_owned(),
            [first, .., last] => format!(
                "the pool has {} to {} (or {} to {})",
                first.symbol(),
                last.symbol(),
                first.column(),
                last.column()
            ),
            [one] => format!("the pool has {}", one.symbol()),
        };
        match others.as_slice() {
            [] => pool,
            others => format!("{pool}, and there is {}", others.join(", ")),
        }
    }
}
