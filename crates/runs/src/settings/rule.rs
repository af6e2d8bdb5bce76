//! Which rule the settings name: a preset or terms of the pool, terms of one's own, and where their
//! coefficients start.

use metaplast_plasticity::terms::POOL;
use metaplast_plasticity::text::TextTerm;
use metaplast_plasticity::{CoefficientInfo, Feedback, Preset, Rule, RuleError};

use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use crate::error::Error;

/// θ_0 at the start, as in the paper; the others start at zero.
pub const FIRST_THETA: f64 = 1e-3;

/// Stands for no terms of the pool.
const NONE: &str = "none";

/// One coefficient of each term for all layers, or one for each layer.
const SHARED: &str = "shared";
const PER_LAYER: &str = "per-layer";

/// The rule, for a network of so many layers of weights, and its feedback.
pub fn rule(find: &Finder<'_>, layers: usize) -> Result<(Rule, Feedback), Error> {
    // A preset or terms given as a flag are another rule than the file's: they bring their usual
    // feedback, and the file's own terms and coefficients go as well.
    let renewed = find.flags.preset.is_some() || find.flags.terms.is_some();
    let (terms, usual) = pool_terms(find)?;
    let own = find
        .find("term", |s| &s.term)
        .filter(|_| !renewed || find.flags.term.is_some());
    let own_terms = own.as_ref().map_or(Ok(Vec::new()), read_terms)?;
    let is_own = |name: &String| own_terms.iter().any(|term| term.name() == name);
    let rule =
        Rule::with_own(&terms.value, own_terms.clone()).map_err(|error| match (&error, &own) {
            (RuleError::Repeated(name), Some(own)) if is_own(name) => own.wrong(error),
            _ => terms.wrong(error),
        })?;
    let scope = find.or("theta_scope", |s| &s.theta_scope, SHARED.into());
    let rule = match scope.value.as_str() {
        SHARED => rule,
        PER_LAYER => rule.per_layer(layers),
        other => {
            let reason = format!("unknown scope `{other}`; choose {SHARED} or {PER_LAYER}");
            return Err(scope.wrong(reason));
        }
    };
    let start = find
        .find("theta_start", |s| &s.theta_start)
        .filter(|_| !renewed || find.flags.theta_start.is_some());
    let rule = with_start(rule, start.as_ref())?;
    let feedback = find
        .find("feedback", |s| &s.feedback)
        .filter(|_| !renewed || find.flags.feedback.is_some());
    Ok((rule, feedback.map_or(Ok(usual), |kind| kind.parse())?))
}

/// The rule, for so many layers of weights, and feedback as flags alone name them, with coefficients to
/// start from.
pub fn rule_of_flags(flags: &Settings, layers: usize) -> Result<(Rule, Feedback), Error> {
    let find = Finder {
        flags,
        file: &Settings::default(),
        path: None,
    };
    rule(&find, layers)
}

/// The terms of the pool, and the feedback that goes with them.
fn pool_terms(find: &Finder<'_>) -> Result<(Choice<Vec<usize>>, Feedback), Error> {
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
            let indices = listed.iter().map(|name| Rule::term_index(name));
            let indices: Result<Vec<usize>, _> = indices.collect();
            let indices = indices.map_err(|error| names.wrong(error))?;
            Ok((Choice::new(indices, names.origin), Feedback::Fixed))
        }
        (None, preset) => {
            let preset = preset.unwrap_or_else(|| Choice::new("bio".into(), "--preset"));
            let kind: Preset = preset.parse()?;
            let terms = kind.terms().to_vec();
            Ok((Choice::new(terms, preset.origin), kind.feedback()))
        }
    }
}

fn read_terms(texts: &Choice<Vec<String>>) -> Result<Vec<TextTerm>, Error> {
    let read = |text: &String| {
        TextTerm::parse(text).map_err(|error| Error::Term {
            place: texts.origin.clone(),
            error,
        })
    };
    texts.value.iter().map(read).collect()
}

/// The coefficients named by `SYMBOL=VALUE`, and the usual ones for all other terms.
fn with_start(rule: Rule, start: Option<&Choice<Vec<String>>>) -> Result<Rule, Error> {
    let mut theta = usual_start(&rule);
    let Some(start) = start else {
        return Ok(rule.with_theta(&theta));
    };
    for pair in &start.value {
        let Some((symbol, value)) = pair.split_once('=') else {
            return Err(start.wrong(format!("`{pair}` is not SYMBOL=VALUE, like F0=1e-3")));
        };
        let value = value
            .trim()
            .parse()
            .map_err(|_| start.wrong(format!("`{}` is no number", value.trim())))?;
        let places = named(&rule, symbol.trim());
        if places.is_empty() {
            let symbols: Vec<&str> = rule.infos().map(|info| info.symbol).collect();
            return Err(start.wrong(format!(
                "the rule has no term `{}`; it has {}",
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

/// Places in θ of a coefficient, or of all those of a term.
fn named(rule: &Rule, name: &str) -> Vec<usize> {
    let places = |is: &dyn Fn(&CoefficientInfo<'_>) -> bool| -> Vec<usize> {
        let coefficients = rule.coefficients().enumerate();
        let wanted = coefficients.filter(|(_, coefficient)| is(coefficient));
        wanted.map(|(place, _)| place).collect()
    };
    match places(&|coefficient| coefficient.name() == name) {
        none if none.is_empty() => places(&|coefficient| coefficient.term.symbol == name),
        one => one,
    }
}

fn usual_start(rule: &Rule) -> Vec<f64> {
    let has_first = rule.indices().first() == Some(&0);
    let usual = |place: usize| match place {
        0 if has_first => FIRST_THETA,
        _ => 0.0,
    };
    rule.coefficients().map(|c| usual(c.place)).collect()
}

/// The name of each coefficient, in the order of θ.
pub fn names(rule: &Rule) -> Vec<String> {
    rule.coefficients().map(|c| c.name()).collect()
}

/// The value of `terms` that names the rule's terms of the pool.
pub fn pool_symbols(rule: &Rule) -> Vec<String> {
    match rule.indices() {
        [] => vec![NONE.to_owned()],
        indices => indices
            .iter()
            .map(|&term| POOL[term].symbol.to_owned())
            .collect(),
    }
}

/// The value of `term` that names the rule's own terms.
pub fn texts(rule: &Rule) -> Option<Vec<String>> {
    let texts: Vec<String> = rule.own_terms().map(TextTerm::to_string).collect();
    (!texts.is_empty()).then_some(texts)
}

/// The value of `theta_scope`, where it is not the default.
pub fn unusual_scope(rule: &Rule) -> Option<String> {
    rule.layers().map(|_| PER_LAYER.to_owned())
}

/// The value of `theta_start`, where it is not the default.
pub fn unusual_start(rule: &Rule) -> Option<Vec<String>> {
    let pairs = names(rule).into_iter().zip(rule.theta());
    let pairs = pairs.map(|(name, theta)| format!("{name}={theta:?}"));
    (rule.theta() != usual_start(rule)).then(|| pairs.collect())
}
