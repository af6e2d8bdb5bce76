//! Everything that the grammar can write, by size.

use super::symbol::Symbol;

/// Something that the grammar writes.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) symbols: Vec<Symbol>,
    /// As one types it; in parentheses where it could be misread as a part.
    pub(super) text: String,
}

/// What parts there are: shapes, and matrices without sums and numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// post × pre
    Matrix,
    /// `post preᵀ` or `W`.
    Simple,
    /// Either, or one of them times a number.
    Summand,
    Post,
    Pre,
    Number,
}

/// All matrices of a size, which is their first symbol.
pub(super) fn of_size(size: usize) -> Vec<Written> {
    let symbol = Symbol::of_size(size).expect("the size was checked");
    let whole = all(Kind::Matrix, size).into_iter();
    whole
        .map(|written| with(symbol, [&written], written.text.clone()))
        .collect()
}

fn all(kind: Kind, size: usize) -> Vec<Written> {
    let mut found = Vec::new();
    let mut leaf = |symbol: Symbol, text: &str| {
        if size == 1 {
            found.push(Written {
                symbols: vec![symbol],
                text: text.to_owned(),
            });
        }
    };
    match kind {
        Kind::Post => {
            leaf(Symbol::Error, "e");
            leaf(Symbol::Activity, "y");
            leaf(Symbol::PreActivation, "z");
            leaf(Symbol::Ones, "ones");
            for x in below(Kind::Pre, size) {
                found.push(with(Symbol::Projected, [&x], format!("(W * {})", x.text)));
            }
            pairs(
                &mut found,
                Symbol::ProductPost,
                [Kind::Post; 2],
                size,
                |a, b| format!("({a} .* {b})"),
            );
        }
        Kind::Pre => {
            leaf(Symbol::PreActivity, "y_pre");
            leaf(Symbol::PreError, "e_pre");
            leaf(Symbol::PreOnes, "ones_pre");
            for x in below(Kind::Post, size) {
                found.push(with(
                    Symbol::ProjectedBack,
                    [&x],
                    format!("(W^T * {})", x.text),
                ));
            }
            pairs(
                &mut found,
                Symbol::ProductPre,
                [Kind::Pre; 2],
                size,
                |a, b| format!("({a} .* {b})"),
            );
        }
        Kind::Number => {
            let dot = |a: &str, b: &str| format!("({a}^T * {b})");
            pairs(&mut found, Symbol::DotPost, [Kind::Post; 2], size, dot);
            pairs(&mut found, Symbol::DotPre, [Kind::Pre; 2], size, dot);
            // The number of units, which is no signal.
            let is_count = |written: &Written| {
                let [_, a, b] = written.symbols[..] else {
                    return false;
                };
                a == b && matches!(a, Symbol::Ones | Symbol::PreOnes)
            };
            found.retain(|written| !is_count(written));
        }
        Kind::Simple => {
            leaf(Symbol::Weights, "W");
            pairs(
                &mut found,
                Symbol::Outer,
                [Kind::Post, Kind::Pre],
                size,
                |a, b| format!("{a} * {b}^T"),
            );
        }
        Kind::Summand => {
            found = all(Kind::Simple, size);
            pairs(
                &mut found,
                Symbol::Scaled,
                [Kind::Number, Kind::Simple],
                size,
                |a, b| format!("{a} * {b}"),
            );
        }
        Kind::Matrix => {
            found = all(Kind::Summand, size);
            for (symbol, sign) in [(Symbol::Plus, '+'), (Symbol::Minus, '-')] {
                pairs(&mut found, symbol, [Kind::Summand; 2], size, |a, b| {
                    format!("{a} {sign} {b}")
                });
            }
        }
    }
    // A product with ones is its other factor.
    let has_ones = |written: &Written| {
        let product = matches!(written.symbols[0], Symbol::ProductPost | Symbol::ProductPre);
        let is_ones = |symbol: &Symbol| matches!(symbol, Symbol::Ones | Symbol::PreOnes);
        let first = written.symbols.get(1).is_some_and(is_ones);
        // A part that ends in ones is a leaf, or a product with the weights.
        let before = written.symbols.len().wrapping_sub(2);
        let last = written.symbols.last().is_some_and(is_ones)
            && !matches!(
                written.symbols.get(before),
                Some(Symbol::Projected | Symbol::ProjectedBack)
            );
        product && (first || last)
    };
    found.retain(|written| !has_ones(written));
    found
}

/// What is left for the argument of a product with the weights.
fn below(kind: Kind, size: usize) -> Vec<Written> {
    match size {
        0 | 1 => Vec::new(),
        size => all(kind, size - 1),
    }
}

/// All pairs whose sizes add up.
fn pairs(
    found: &mut Vec<Written>,
    symbol: Symbol,
    kinds: [Kind; 2],
    size: usize,
    text: impl Fn(&str, &str) -> String,
) {
    for first in 1..size {
        let seconds = all(kinds[1], size - first);
        for a in all(kinds[0], first) {
            for b in &seconds {
                found.push(with(symbol, [&a, b], text(&a.text, &b.text)));
            }
        }
    }
}

fn with<const N: usize>(symbol: Symbol, parts: [&Written; N], text: String) -> Written {
    let parts = parts.iter().flat_map(|part| part.symbols.iter().copied());
    Written {
        symbols: [symbol].into_iter().chain(parts).collect(),
        text,
    }
}
