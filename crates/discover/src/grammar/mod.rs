//! Grammar of plasticity terms: every term up to a size, each once, as a sequence of symbols.
//!
//! ```text
//! matrix (post × pre)  →  post preᵀ  |  W  |  number · matrix  |  matrix + matrix  |  matrix − matrix
//! post                 →  e  |  y  |  z  |  1  |  W pre  |  post ⊙ post
//! pre                  →  y_pre  |  e_pre  |  1_pre  |  Wᵀ post  |  pre ⊙ pre
//! number               →  postᵀ post  |  preᵀ pre
//! ```
//!
//! Kinds are shapes, so that what does not fit cannot be written. A term is written from the outside in, each
//! symbol before its parts. Its size, the number of its signals and weights, is chosen first: there are few short
//! terms and many long ones, and a uniform choice of symbols would hardly ever write `e y_preᵀ`.

mod rules;
mod symbol;
mod write;

pub use rules::RuleGrammar;
pub use symbol::Symbol;

use std::collections::BTreeMap;

use metaplast_numbers::sorting::sort_by;
use metaplast_plasticity::{Term, pool};

use write::{Written, of_size};

/// Most signals and weights of a term, against typing errors: there are 30,000 terms of size 6.
pub const MOST_SIGNALS: usize = 6;

/// A term of the grammar.
#[derive(Clone, Debug)]
pub struct GrammarTerm {
    /// Its size, then its symbols, each before its parts.
    pub symbols: Vec<Symbol>,
    /// The term; that of the pool where they differ by a factor at most.
    pub term: Term,
}

/// All terms up to a size that are not equal up to a factor, in the order of their symbols.
///
/// ```
/// use metaplast_discover::TermGrammar;
///
/// let grammar = TermGrammar::new(3);
/// let texts: Vec<String> = grammar.terms().iter().map(|term| term.term.to_string()).collect();
/// assert_eq!(texts[..2], ["F3 = -W", "F0 = -e * y_pre^T"]);
/// assert!(texts.iter().any(|text| text.ends_with(" = y * (W^T * y)^T")));
/// ```
#[derive(Clone, Debug)]
pub struct TermGrammar {
    terms: Vec<GrammarTerm>,
    derivations: usize,
}

impl TermGrammar {
    /// Terms of at most so many signals and weights.
    ///
    /// # Panics
    /// When these are fewer than 1 or more than [`MOST_SIGNALS`].
    #[must_use]
    #[track_caller]
    pub fn new(signals: usize) -> Self {
        assert!(
            (1..=MOST_SIGNALS).contains(&signals),
            "term grammar: {signals} signals, of 1 to {MOST_SIGNALS}"
        );
        // What cancels has an empty form.
        let form = |term: &Term| {
            term.normal_form_up_to_factor()
                .filter(|form| !form.is_empty())
        };
        let of_pool = pool().iter().filter_map(|term| Some((form(term)?, term)));
        let of_pool: BTreeMap<String, &Term> = of_pool.collect();
        let mut derivations = 0;
        let mut shortest: BTreeMap<String, Written> = BTreeMap::new();
        // Shorter ones first, so that each term is written in the shortest way.
        for size in 1..=signals {
            for written in of_size(size) {
                derivations += 1;
                // A sum of a term with itself has the factor 2 or 0, and some products are constants.
                let Ok(term) = Term::read("t", &written.text) else {
                    continue;
                };
                if let Some(form) = form(&term) {
                    shortest.entry(form).or_insert(written);
                }
            }
        }
        let mut chosen: Vec<(String, Written)> = shortest.into_iter().collect();
        sort_by(&mut chosen, |a, b| a.1.symbols.cmp(&b.1.symbols));
        let term = |(place, (form, written)): (usize, (String, Written))| GrammarTerm {
            term: match of_pool.get(&form) {
                Some(&term) => term.clone(),
                None => {
                    Term::read(&format!("t{place}"), &written.text).expect("it was read before")
                }
            },
            symbols: written.symbols,
        };
        TermGrammar {
            terms: chosen.into_iter().enumerate().map(term).collect(),
            derivations,
        }
    }

    /// The terms, in the order of their symbols. Those that the pool does not have are called `t` with their place.
    #[must_use]
    pub fn terms(&self) -> &[GrammarTerm] {
        &self.terms
    }

    /// In how many ways they can be written: what there is to search where equal terms are not recognised.
    #[must_use]
    pub fn derivations(&self) -> usize {
        self.derivations
    }

    /// The place of the term that equals this one up to a factor, if there is one.
    #[must_use]
    pub fn place(&self, term: &Term) -> Option<usize> {
        let form = term.normal_form_up_to_factor()?;
        let is_it =
            |other: &GrammarTerm| other.term.normal_form_up_to_factor().as_ref() == Some(&form);
        self.terms.iter().position(is_it)
    }
}

#[cfg(test)]
mod tests;
