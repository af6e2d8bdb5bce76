//! Candidate terms from a file: one on each line.

use std::collections::BTreeMap;
use std::path::Path;

use metaplast_plasticity::{NamedSignal, Term, TermLibrary};

use crate::directory::file::read_text;
use crate::error::Error;

/// Most candidates: what a search keeps of them grows with the square of their number.
pub const MOST_CANDIDATES: usize = 2000;

/// Reads the terms of a file, in its order. A line is an expression, `NAME = EXPRESSION` or the symbol of a term
/// of the library; empty lines and those that begin with `#` do not count. Terms without a name are called
/// `c1`, `c2` and so on by their place. They may use `signals` beside those of a layer.
///
/// # Errors
/// When the file cannot be read, has no terms or more than [`MOST_CANDIDATES`], or a line is no term or one that is
/// there already; with the line.
pub fn read_candidates(
    path: &Path,
    signals: &[NamedSignal],
    library: &TermLibrary,
) -> Result<Vec<Term>, Error> {
    let text = read_text(path)?;
    let wrong = |line: Option<usize>, reason: String| Error::File {
        path: path.into(),
        line,
        reason,
    };
    let mut terms: Vec<Term> = Vec::new();
    // Lines by symbol and by what they say.
    let mut symbols: BTreeMap<String, usize> = BTreeMap::new();
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if terms.len() == MOST_CANDIDATES {
            let reason = format!("more than {MOST_CANDIDATES} terms; split the file");
            return Err(wrong(Some(line), reason));
        }
        let read = match library.find(text) {
            Ok(term) => Ok(term),
            Err(_) if text.contains('=') => Term::parse_with(text, signals),
            Err(_) => Term::read_with(&format!("c{}", terms.len() + 1), text, signals),
        };
        let term = read.map_err(|error| Error::Term {
            place: format!("{}: line {line}", path.display()),
            error,
        })?;
        if let Some(first) = symbols.insert(term.symbol().to_owned(), line) {
            let symbol = term.symbol();
            let reason = format!("`{symbol}` names the term of line {first} too; rename one");
            return Err(wrong(Some(line), reason));
        }
        if let Some(first) = term
            .normal_form_up_to_factor()
            .and_then(|form| forms.insert(form, line))
        {
            let reason = format!("this is the term of line {first} times a number; keep one");
            return Err(wrong(Some(line), reason));
        }
        terms.push(term);
    }
    match terms.is_empty() {
        true => {
            let reason = "no terms; write one on each line, like `y * y_pre^T`".to_owned();
            Err(wrong(None, reason))
        }
        false => Ok(terms),
    }
}
