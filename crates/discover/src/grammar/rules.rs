//! Rules as sets of terms of the grammar, written one symbol at a time.

use metaplast_plasticity::{Rule, Term};

use super::symbol::Symbol;
use super::{GrammarTerm, TermGrammar};

/// The grammar of rules: terms in ascending order of their places, so that each set is written in one way.
///
/// Choices are places in [`Symbol::ALL`]. Whatever can be chosen leads to a rule.
///
/// ```
/// use metaplast_discover::{RuleGrammar, Symbol, TermGrammar};
///
/// let grammar = RuleGrammar::new(TermGrammar::new(3), 2);
/// let choices: Vec<usize> = [Symbol::Two, Symbol::Outer, Symbol::Error].map(Symbol::place).to_vec();
/// assert_eq!(grammar.options(&choices)[0], Symbol::PreActivity.place());
/// let whole = [choices, vec![Symbol::PreActivity.place(), Symbol::End.place()]].concat();
/// assert!(grammar.options(&whole).is_empty());
/// assert_eq!(grammar.describe(&whole), "-e * y_pre^T");
/// ```
#[derive(Clone, Debug)]
pub struct RuleGrammar {
    terms: TermGrammar,
    most: usize,
}

/// How far a sequence of choices has come.
struct Parsed<'a> {
    /// Terms that are complete.
    whole: Vec<&'a GrammarTerm>,
    /// Symbols of the term that is not.
    open: &'a [usize],
    /// The terms that it may become: those between two places.
    range: (usize, usize),
    ended: bool,
}

impl RuleGrammar {
    /// Of rules of at most so many terms.
    ///
    /// # Panics
    /// When no terms are allowed.
    #[must_use]
    #[track_caller]
    pub fn new(terms: TermGrammar, most: usize) -> Self {
        assert!(most > 0, "rule grammar: no terms");
        RuleGrammar { terms, most }
    }

    /// The grammar of terms.
    #[must_use]
    pub fn terms(&self) -> &TermGrammar {
        &self.terms
    }

    /// As [`Game::options`](metaplast_search::Game::options).
    #[must_use]
    pub fn options(&self, choices: &[usize]) -> Vec<usize> {
        let parsed = self.parse(choices);
        if parsed.ended || parsed.whole.len() == self.most {
            return Vec::new();
        }
        let place = parsed.open.len();
        let (low, high) = parsed.range;
        let mut options = Vec::new();
        if place == 0 && !parsed.whole.is_empty() {
            options.push(Symbol::End.place());
        }
        let mut at = low;
        while at < high {
            let symbol = self.terms.terms()[at].symbols[place];
            options.push(symbol.place());
            let same = |term: &GrammarTerm| term.symbols[place] == symbol;
            at += self.terms.terms()[at..high].partition_point(same);
        }
        options
    }

    /// The terms of a rule that is written to its end.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    #[track_caller]
    pub fn rule(&self, choices: &[usize]) -> Rule {
        let parsed = self.parse(choices);
        assert!(
            parsed.open.is_empty() && !parsed.whole.is_empty(),
            "rule grammar: {} is no rule",
            self.describe(choices)
        );
        let terms = parsed.whole.iter().map(|term| term.term.clone());
        Rule::new(terms).expect("terms have names of their own")
    }

    /// The choices that write the rule of these terms.
    ///
    /// # Panics
    /// When there are no such terms, or too many.
    #[must_use]
    #[track_caller]
    pub fn choices(&self, mut places: Vec<usize>) -> Vec<usize> {
        places.sort_unstable();
        places.dedup();
        let of_term = |&place: &usize| self.terms.terms()[place].symbols.iter().copied();
        let mut symbols: Vec<Symbol> = places.iter().flat_map(of_term).collect();
        let (terms, most) = (places.len(), self.most);
        assert!(
            terms <= most,
            "rule grammar: {terms} terms of at most {most}"
        );
        if terms < most {
            symbols.push(Symbol::End);
        }
        symbols.into_iter().map(Symbol::place).collect()
    }

    /// Whole terms as one types them, then the symbols of the one that is not complete.
    #[must_use]
    pub fn describe(&self, choices: &[usize]) -> String {
        let parsed = self.parse(choices);
        let whole = parsed.whole.iter();
        let mut words: Vec<String> = whole.map(|term| expression(&term.term)).collect();
        if !parsed.open.is_empty() {
            let open = parsed.open.iter().map(|&choice| Symbol::ALL[choice].name());
            words.push(open.collect::<Vec<_>>().join(" "));
        }
        words.join("; ")
    }

    /// As [`Game::features`](metaplast_search::Game::features): how often each pair of an outer product's sides is
    /// there by their first symbols, how often each symbol, and how many terms there are.
    #[must_use]
    pub fn features(&self, choices: &[usize]) -> Vec<f64> {
        let parsed = self.parse(choices);
        let symbols = Symbol::ALL.len();
        let mut features = vec![0.0; POSTS.len() * PRES.len() + symbols + 1];
        let (pairs, counts) = features.split_at_mut(POSTS.len() * PRES.len());
        for term in &parsed.whole {
            term.symbols.iter().for_each(|s| counts[s.place()] += 1.0);
            outer_products(&term.symbols, pairs);
        }
        let open: Vec<Symbol> = parsed.open.iter().map(|&c| Symbol::ALL[c]).collect();
        open.iter().for_each(|s| counts[s.place()] += 1.0);
        outer_products(&open, pairs);
        counts[symbols] = parsed.whole.len() as f64 + f64::from(u8::from(!open.is_empty()));
        features
    }

    fn parse<'a>(&'a self, choices: &'a [usize]) -> Parsed<'a> {
        let all = self.terms.terms();
        let mut parsed = Parsed {
            whole: Vec::new(),
            open: &[],
            range: (0, all.len()),
            ended: false,
        };
        let mut start = 0;
        for (at, &choice) in choices.iter().enumerate() {
            let symbol = Symbol::ALL[choice];
            if symbol == Symbol::End {
                parsed.ended = true;
                break;
            }
            let place = at - start;
            let (low, high) = parsed.range;
            let terms = &all[low..high];
            let first = low + terms.partition_point(|term| term.symbols[place] < symbol);
            let last = low + terms.partition_point(|term| term.symbols[place] <= symbol);
            parsed.range = (first, last);
            parsed.open = &choices[start..=at];
            // Terms say themselves where they end, so that one that ends here is the only one.
            if last > first && all[first].symbols.len() == place + 1 {
                parsed.whole.push(&all[first]);
                parsed.open = &[];
                parsed.range = (first + 1, all.len());
                start = at + 1;
            }
        }
        parsed
    }
}

/// First symbols of what is post-synaptic, and of what is pre-synaptic.
const POSTS: [Symbol; 6] = [
    Symbol::Error,
    Symbol::Activity,
    Symbol::PreActivation,
    Symbol::Ones,
    Symbol::Projected,
    Symbol::ProductPost,
];
const PRES: [Symbol; 5] = [
    Symbol::PreActivity,
    Symbol::PreError,
    Symbol::PreOnes,
    Symbol::ProjectedBack,
    Symbol::ProductPre,
];

/// Counts the outer products among symbols by the first symbols of their sides; one whose second side is open
/// counts as an equal share of all.
fn outer_products(symbols: &[Symbol], pairs: &mut [f64]) {
    for (at, _) in symbols
        .iter()
        .enumerate()
        .filter(|(_, s)| **s == Symbol::Outer)
    {
        let Some(post) = symbols.get(at + 1) else {
            continue;
        };
        let row = POSTS.iter().position(|s| s == post).unwrap_or(0) * PRES.len();
        let row = &mut pairs[row..row + PRES.len()];
        let pre = symbols.get(end_of(symbols, at + 1));
        match pre.and_then(|pre| PRES.iter().position(|s| s == pre)) {
            Some(column) => row[column] += 1.0,
            None => row.iter_mut().for_each(|x| *x += 1.0 / PRES.len() as f64),
        }
    }
}

/// Where the part that begins at a place ends; beyond the end when it is open.
fn end_of(symbols: &[Symbol], start: usize) -> usize {
    let (mut open, mut at) = (1, start);
    while open > 0 {
        let Some(symbol) = symbols.get(at) else {
            return symbols.len();
        };
        open += symbol.parts();
        open -= 1;
        at += 1;
    }
    at
}

/// A term as one types it.
fn expression(term: &Term) -> String {
    term.expression()
        .unwrap_or_else(|| term.symbol().to_owned())
}
