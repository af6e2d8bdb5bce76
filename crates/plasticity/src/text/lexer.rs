//! From text to tokens.
//!
//! Signals are read as one types them (`y_pre`) and as the paper writes them (`y_(l−1)`), with the
//! signs of either: `-` or `−`, `*` or `·`, `.*` or `⊙`, `^T` or `ᵀ`.

use super::error::{Reason, TermError};
use super::limits::MOST_POWER;
use super::named::{NamedSignal, SignalShape, Vocabulary};
use super::step_signal::StepSignal;
use super::syntax::{Side, Signal, Span};
use crate::function::Function;

/// A word of a term.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Named(NamedSignal),
    Matrix(NamedSignal),
    Signal(Signal),
    Weights,
    Function(Function),
    Plus,
    Minus,
    Times,
    Elementwise,
    Divide,
    ElementwiseDivide,
    Transpose,
    Power(u32),
    Open,
    Close,
}

/// The tokens of `text` from byte `from` on, with their places in the whole text.
pub(crate) fn tokens(
    text: &str,
    from: usize,
    vocabulary: Vocabulary<'_>,
) -> Result<Vec<(Token, Span)>, TermError> {
    let mut tokens = Vec::new();
    let mut at = from;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = token(&text[at..], first, vocabulary)
            .map_err(|(reason, length)| TermError::new(reason, at..at + length))?;
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// The token at the beginning of `rest`, or what is wrong there, and its bytes.
fn token(
    rest: &str,
    first: char,
    vocabulary: Vocabulary<'_>,
) -> Result<(Token, usize), (Reason, usize)> {
    let signs = [
        (".*", Token::Elementwise),
        ("⊙", Token::Elementwise),
        ("./", Token::ElementwiseDivide),
        ("⊘", Token::ElementwiseDivide),
        ("^T", Token::Transpose),
        ("ᵀ", Token::Transpose),
        ("+", Token::Plus),
        ("-", Token::Minus),
        ("−", Token::Minus),
        ("*", Token::Times),
        ("·", Token::Times),
        ("/", Token::Divide),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    for (sign, token) in signs {
        if rest.starts_with(sign) {
            return Ok((token, sign.len()));
        }
    }
    match first {
        '0'..='9' | '.' => number(rest),
        'a'..='z' | 'A'..='Z' | '_' => word(rest, vocabulary),
        '^' => power(rest),
        other => Err((Reason::Character(other), other.len_utf8())),
    }
}

/// A power: `^2`.
fn power(rest: &str) -> Result<(Token, usize), (Reason, usize)> {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    match rest[1..1 + digits].parse() {
        Ok(power @ 2..=MOST_POWER) => Ok((Token::Power(power), 1 + digits)),
        _ => Err((Reason::Power, 1 + digits)),
    }
}

fn number(rest: &str) -> Result<(Token, usize), (Reason, usize)> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        let digits = bytes[from..].iter().take_while(|b| b.is_ascii_digit());
        from + digits.count()
    };
    let mut end = digits(0);
    if &rest[..end] == "1"
        && let Some((side, length)) = ones(&rest[1..])
    {
        return Ok((Token::Signal(Signal::Ones(side)), 1 + length));
    }
    // A point without a digit after it is the one of `.*` or `./`, or nothing.
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if end == 0 {
        return Err((Reason::Character('.'), 1));
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let from = end + 1 + sign;
        if from <= bytes.len() && digits(from) > from {
            end = digits(from);
        }
    }
    let text = &rest[..end];
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Number(number), end)),
        _ => Err((Reason::Number(text.to_owned()), end)),
    }
}

/// What follows the 1 of a vector of ones.
fn ones(rest: &str) -> Option<(Side, usize)> {
    let suffixes = [
        ("_(l−1)", Side::Pre),
        ("_(l-1)", Side::Pre),
        ("_pre", Side::Pre),
        ("_l", Side::Post),
    ];
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let (suffix, side) = suffixes
        .into_iter()
        .find(|(suffix, _)| rest.starts_with(suffix))?;
    (!goes_on(&rest[suffix.len()..])).then_some((side, suffix.len()))
}

fn word(rest: &str, vocabulary: Vocabulary<'_>) -> Result<(Token, usize), (Reason, usize)> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    if rest[..length].ends_with('_') {
        let subscripts = ["(l−1)", "(l-1)"];
        let subscript = subscripts.iter().find(|s| rest[length..].starts_with(**s));
        length += subscript.map_or(0, |s| s.len());
    }
    let text = &rest[..length];
    let plain = text.replace('-', "−");
    let signal = Signal::ALL
        .into_iter()
        .find(|signal| plain == signal.name() || plain == signal.symbol());
    let function = Function::ALL.into_iter().find(|f| plain == f.name());
    let token = match (signal, function) {
        (Some(signal), _) => Token::Signal(signal),
        (_, Some(function)) => Token::Function(function),
        _ if plain == "W" || plain == "W_l" => Token::Weights,
        _ => match vocabulary.find(text) {
            Some(named) => match named.shape.side() {
                Some(side) => Token::Signal(Signal::Named(named, side)),
                None if named.shape == SignalShape::Matrix => Token::Matrix(named),
                None => Token::Named(named),
            },
            None => {
                let name = text.to_owned();
                let known = known(vocabulary);
                return Err((Reason::Unknown { name, known }, length));
            }
        },
    };
    Ok((token, length))
}

/// Every word, for messages.
fn known(vocabulary: Vocabulary<'_>) -> String {
    let mut signals: Vec<&str> = Signal::ALL.iter().map(Signal::name).collect();
    signals.extend(StepSignal::ALL.map(StepSignal::name));
    signals.extend(vocabulary.named.iter().map(NamedSignal::name));
    let functions: Vec<&str> = Function::ALL.iter().map(|f| f.name()).collect();
    format!(
        "there are {}, W and the functions {}",
        signals.join(", "),
        functions.join(", ")
    )
}

/// Whether the language uses this word, so that no term can have it as a name.
pub(crate) fn is_word(name: &str) -> bool {
    match word(name, Vocabulary::LAYER) {
        Ok((Token::Function(function), _)) => function.is_reserved(),
        // A signal of the step; a term or memory with its name is what is meant where there is one.
        Ok((Token::Named(_) | Token::Signal(Signal::Named(..)), _)) => false,
        word => word.is_ok(),
    }
}

/// Whether a word can be a name: a letter, then letters, digits and `_`.
pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
