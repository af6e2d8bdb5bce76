//! Which rule the settings name: a preset or terms of the pool, terms of one's own, and where their
//! coefficients start.

pub use metaplast_meta::fit::FIRST_CONSTANT;
use metaplast_plasticity::{
    CoefficientInfo, Feedback, FeedbackLibrary, KnownRule, Memory, MemoryLibrary, NamedSignal,
    Preset, Rule, RuleError, Term, TermLibrary, UnknownName, pool,
};

use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use super::names::{self, PER_LAYER, SCOPES, SHARED};
use crate::error::Error;

/// θ_0 at the start, as in the paper; the others start at zero.
pub const FIRST_THETA: f64 = 1e-3;

/// Stands for no terms of the pool.
const NONE: &str = "none";

/// What terms and feedback pathways can be named, in flags and files; by default those that are built
/// in.
///
/// ```
/// use metaplast_plasticity::Term;
/// use metaplast_runs::settings::rule::Libraries;
///
/// let libraries = Libraries::default().with_term(Term::parse("hebb = y * y_pre^T")?);
/// assert!(libraries.terms.find("hebb").is_ok() && libraries.terms.find("F0").is_ok());
/// # Ok::<(), metaplast_plasticity::text::TermError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Libraries {
    /// Plasticity terms, by symbol.
    pub terms: TermLibrary,
    /// Memories that are code, by name.
    pub memories: MemoryLibrary,
    /// Feedback pathways, by name.
    pub feedback: FeedbackLibrary,
}

impl Libraries {
    /// The same with one more term.
    #[must_use]
    pub fn with_term(mut self, term: Term) -> Self {
        self.terms = self.terms.with(term);
        self
    }

    /// The same with one more memory.
    #[must_use]
    pub fn with_memory(mut self, memory: Memory) -> Self {
        self.memories = self.memories.with(memory);
        self
    }

    /// The same with one more feedback pathway.
    #[must_use]
    pub fn with_feedback(mut self, feedback: Feedback) -> Self {
        self.feedback = self.feedback.with(feedback);
        self
    }
}

/// The rule, for a network of so many layers of weights, and its feedback.
pub(super) fn rule(
    find: &Finder<'_>,
    layers: usize,
    libraries: &Libraries,
) -> Result<(Rule, Feedback), Error> {
    // A preset or terms given as a flag are another rule than the file's: they bring their usual
    // feedback, and the file's own terms, memories and coefficients go as well.
    let renewed = find.flags.preset.is_some() || find.flags.terms.is_some();
    let Listed {
        terms,
        memories,
        start: first,
        feedback: usual,
    } = listed_terms(find, &libraries.terms)?;
    let own = find
        .find("term", |s| &s.term)
        .filter(|_| !renewed || find.flags.term.is_some());
    let remember = find
        .find("remember", |s| &s.remember)
        .filter(|_| !renewed || find.flags.remember.is_some());
    let memories = match &remember {
        Some(texts) => read_memories(texts, &libraries.memories, memories)?,
        None => memories,
    };
    let signals = Memory::signals(&memories);
    let own_terms = own
        .as_ref()
        .map_or(Ok(Vec::new()), |own| read_terms(own, &signals))?;
    let is_own = |name: &String| own_terms.iter().any(|term| term.symbol() == name);
    let all = terms.value.iter().chain(&own_terms).cloned();
    let rule = Rule::new(all).map_err(|error| match (&error, &own) {
        (RuleError::Repeated(name), Some(own)) if is_own(name) => own.wrong(error),
        _ => terms.wrong(error),
    })?;
    let rule = rule
        .with_memories(memories)
        .map_err(|error| match &remember {
            Some(remember) => remember.wrong(error),
            None => terms.wrong(error),
        })?;
    let scope = find.or("theta_scope", |s| &s.theta_scope, SHARED.into());
    let per_layer = scope.named(&SCOPES)?;
    if let Some(start) = find.start.filter(|_| !renewed) {
        start.check_layers(layers, per_layer)?;
    }
    let rule = match per_layer {
        false => rule,
        true => rule.per_layer(layers),
    };
    let delay = find
        .find("reward_delay", |s| &s.reward_delay)
        .filter(|_| !renewed || find.flags.reward_delay.is_some());
    let rule = match delay {
        None => rule,
        Some(delay) => delayed(rule, delay.value).map_err(|reason| delay.wrong(reason))?,
    };
    let start = find
        .find("theta_start", |s| &s.theta_start)
        .filter(|_| !renewed || find.flags.theta_start.is_some());
    let rule = with_start(rule, &first, start.as_ref())?;
    let feedback = find
        .find("feedback", |s| &s.feedback)
        .filter(|_| !renewed || find.flags.feedback.is_some());
    let named = |kind: Choice<String>| {
        let found = libraries.feedback.find(&kind.value);
        found.map_err(|error| kind.wrong(error))
    };
    Ok((rule, feedback.map_or(Ok(usual), named)?))
}

/// The rule, for so many layers of weights, and feedback as flags alone name them, any of `libraries`,
/// with coefficients to start from.
///
/// # Errors
/// With the flag that names no rule or feedback.
pub fn rule_of_flags(
    flags: &Settings,
    layers: usize,
    libraries: &Libraries,
) -> Result<(Rule, Feedback), Error> {
    let find = Finder {
        flags,
        file: &Settings::default(),
        path: None,
        start: None,
    };
    rule(&find, layers, libraries)
}

/// Upper bound of delays, against typing errors: each step of a delay is a number that is kept.
const LONGEST_DELAY: u64 = 100_000;

/// The rule with rewards so many steps late, or why there is none.
pub(crate) fn delayed(rule: Rule, steps: u64) -> Result<Rule, String> {
    match (steps, rule.reads_reward()) {
        (0, _) => Ok(rule),
        (1..=LONGEST_DELAY, true) => Ok(rule.with_reward_delay(steps as usize)),
        (_, false) => Err("no term or memory of the rule reads `reward`; leave it out".to_owned()),
        (_, true) => Err(format!("choose {LONGEST_DELAY} or less")),
    }
}

/// What a list of terms or a preset stands for.
struct Listed {
    terms: Choice<Vec<Term>>,
    memories: Vec<Memory>,
    /// Coefficients that start otherwise than usually, by symbol.
    start: Vec<(String, f64)>,
    feedback: Feedback,
}

/// The terms named by symbol, or those of a preset, and what goes with them.
fn listed_terms(find: &Finder<'_>, library: &TermLibrary) -> Result<Listed, Error> {
    let of = |terms: Choice<Vec<Term>>, feedback: Feedback| Listed {
        terms,
        memories: Vec::new(),
        start: Vec::new(),
        feedback,
    };
    let preset = find.find("preset", |s| &s.preset);
    let terms = find.find("terms", |s| &s.terms);
    // Of a flag and a key of the file the flag wins, though they have different names.
    let terms = terms.filter(|_| find.flags.preset.is_none());
    let preset = preset.filter(|_| find.flags.terms.is_none());
    match (terms, preset) {
        (Some(names), _) => {
            let names_no_term = names.value.len() == 1 && names.value[0] == NONE;
            let listed = if names_no_term {
                &[]
            } else {
                names.value.as_slice()
            };
            let terms: Result<Vec<Term>, _> =
                listed.iter().map(|name| library.find(name)).collect();
            let terms = terms.map_err(|error| names.wrong(error))?;
            Ok(of(Choice::new(terms, names.origin), Feedback::fixed()))
        }
        (None, preset) => {
            let preset = preset.unwrap_or_else(|| Choice::new("bio".into(), "--preset"));
            if let Some(known) = KnownRule::find(&preset.value) {
                let rule = known.rule();
                let symbols = rule.coefficients().map(|c| c.symbol.to_owned());
                return Ok(Listed {
                    terms: Choice::new(rule.terms().to_vec(), preset.origin),
                    memories: rule.memories().to_vec(),
                    start: symbols.zip(rule.theta().iter().copied()).collect(),
                    feedback: known.feedback(),
                });
            }
            let unknown = || {
                UnknownName::among(
                    "preset",
                    &preset.value,
                    names::presets().iter().map(String::as_str),
                )
            };
            let kind: Preset = (preset.value.parse()).map_err(|_| preset.wrong(unknown()))?;
            let terms = Rule::preset(kind).terms().to_vec();
            Ok(of(Choice::new(terms, preset.origin), kind.feedback()))
        }
    }
}

/// Memories after those of a preset.
fn read_memories(
    texts: &Choice<Vec<String>>,
    known: &MemoryLibrary,
    mut memories: Vec<Memory>,
) -> Result<Vec<Memory>, Error> {
    for text in &texts.value {
        let memory = known.read(text, &memories).map_err(|error| Error::Term {
            place: texts.origin.clone(),
            error,
        })?;
        memories.push(memory);
    }
    Ok(memories)
}

fn read_terms(texts: &Choice<Vec<String>>, signals: &[NamedSignal]) -> Result<Vec<Term>, Error> {
    let read = |text: &String| {
        let term = Term::parse_with(text, signals);
        term.map_err(|error| Error::Term {
            place: texts.origin.clone(),
            error,
        })
    };
    let terms: Result<_, _> = texts.value.iter().map(read).collect();
    Ok(KnownRule::recognise(terms?))
}

/// The coefficients named by `SYMBOL=VALUE`, else those that `first` gives a symbol, and the usual ones for
/// all others.
fn with_start(
    rule: Rule,
    first: &[(String, f64)],
    start: Option<&Choice<Vec<String>>>,
) -> Result<Rule, Error> {
    let mut theta = usual_start(&rule);
    for (symbol, value) in first {
        for place in named(&rule, symbol) {
            theta[place] = *value;
        }
    }
    let Some(start) = start else {
        return Ok(rule.with_theta(&theta));
    };
    let mut given: Vec<&str> = Vec::new();
    for pair in &start.value {
        let Some((symbol, value)) = pair.split_once('=') else {
            return Err(start.wrong(format!("`{pair}` is not SYMBOL=VALUE, like F0=1e-3")));
        };
        if given.contains(&symbol.trim()) {
            return Err(start.wrong(format!("`{}` is given twice; keep one", symbol.trim())));
        }
        given.push(symbol.trim());
        let value = value
            .trim()
            .parse()
            .map_err(|_| start.wrong(format!("`{}` is no number", value.trim())))?;
        let places = named(&rule, symbol.trim());
        if places.is_empty() {
            let mut symbols: Vec<&str> = rule.coefficients().map(|c| c.symbol).collect();
            symbols.dedup();
            let what = match rule.memories() {
                [] => "term",
                _ => "term or constant",
            };
            return Err(start.wrong(format!(
                "the rule has no {what} `{}`; it has {}",
                symbol.trim(),
                symbols.join(", ")
            )));
        }
        for place in places {
            theta[place] = value;
        }
    }
    rule.try_with_theta(&theta)
        .map_err(|error| start.wrong(error))
}

/// Places in θ of a coefficient, or of all those of a term or constant.
fn named(rule: &Rule, name: &str) -> Vec<usize> {
    let places = |is: &dyn Fn(&CoefficientInfo<'_>) -> bool| -> Vec<usize> {
        let coefficients = rule.coefficients().enumerate();
        let wanted = coefficients.filter(|(_, coefficient)| is(coefficient));
        wanted.map(|(place, _)| place).collect()
    };
    match places(&|coefficient| coefficient.name() == name) {
        none if none.is_empty() => places(&|coefficient| coefficient.symbol == name),
        one => one,
    }
}

fn usual_start(rule: &Rule) -> Vec<f64> {
    let has_first = rule.terms()[0] == pool()[0];
    let usual = |c: CoefficientInfo<'_>| match (c.term, c.place) {
        (None, _) => FIRST_CONSTANT,
        (_, 0) if has_first => FIRST_THETA,
        _ => 0.0,
    };
    rule.coefficients().map(usual).collect()
}

/// The name of each coefficient, in the order of θ.
#[must_use]
pub fn names(rule: &Rule) -> Vec<String> {
    rule.coefficients().map(|c| c.name()).collect()
}

/// The value of `terms` that names the rule's terms that are found by their symbol.
#[must_use]
pub fn pool_symbols(rule: &Rule) -> Vec<String> {
    let known = rule.terms().iter().filter(|t| t.own_expression().is_none());
    let symbols: Vec<String> = known.map(|term| term.symbol().to_owned()).collect();
    match symbols.is_empty() {
        true => vec![NONE.to_owned()],
        false => symbols,
    }
}

/// The value of `term` that names the rule's own terms.
pub fn texts(rule: &Rule) -> Option<Vec<String>> {
    let own = rule.terms().iter().filter(|t| t.own_expression().is_some());
    let texts: Vec<String> = own.map(Term::to_string).collect();
    (!texts.is_empty()).then_some(texts)
}

/// The value of `remember` that names the rule's memories.
pub fn memory_texts(rule: &Rule) -> Option<Vec<String>> {
    let texts: Vec<String> = rule.memories().iter().map(Memory::to_string).collect();
    (!texts.is_empty()).then_some(texts)
}

/// The value of `reward_delay`, where it is not the default.
#[must_use]
pub fn unusual_delay(rule: &Rule) -> Option<u64> {
    Some(rule.reward_delay() as u64).filter(|&delay| delay != 0)
}

/// The value of `theta_scope`, where it is not the default.
#[must_use]
pub fn unusual_scope(rule: &Rule) -> Option<String> {
    rule.layers().map(|_| PER_LAYER.to_owned())
}

/// The value of `theta_start`, where it is not the default.
#[must_use]
pub fn unusual_start(rule: &Rule) -> Option<Vec<String>> {
    let pairs = names(rule).into_iter().zip(rule.theta());
    let pairs = pairs.map(|(name, theta)| format!("{name}={theta:?}"));
    (rule.theta() != usual_start(rule)).then(|| pairs.collect())
}
