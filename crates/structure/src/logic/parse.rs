//! Rules as texts.

use std::str::FromStr;

use thiserror::Error;

use super::literal::{Argument, Literal};
use super::rule::LogicalRule;

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "rule \"{text}\", column {column}: {reason}; write one like friends(A, B) & smokes(A) -> smokes(B)"
)]
pub struct RuleTextError {
    /// The text.
    pub text: String,
    /// Where it is wrong, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

impl FromStr for LogicalRule {
    type Err = RuleTextError;

    fn from_str(text: &str) -> Result<Self, RuleTextError> {
        let mut reader = RuleReader::of(text);
        let rule = reader.rule()?;
        match reader.rest() {
            "" => Ok(rule),
            _ => Err(reader.error("the rule ends before this")),
        }
    }
}

impl FromStr for Literal {
    type Err = RuleTextError;

    fn from_str(text: &str) -> Result<Self, RuleTextError> {
        let mut reader = RuleReader::of(text);
        let literal = reader.literal()?;
        match reader.rest() {
            "" => Ok(literal),
            _ => Err(reader.error("the literal ends before this")),
        }
    }
}

/// A conjunction of literals joined by `&`; none of an empty text.
pub(crate) fn conjunction(text: &str) -> Result<Vec<Literal>, RuleTextError> {
    let mut reader = RuleReader::of(text);
    let literals = reader.conjunction()?;
    match reader.rest() {
        "" => Ok(literals),
        _ => Err(reader.error("the conjunction ends before this")),
    }
}

/// What reads a text from left to right.
struct RuleReader<'a> {
    text: &'a str,
    /// In bytes.
    place: usize,
}

impl<'a> RuleReader<'a> {
    fn of(text: &'a str) -> Self {
        RuleReader { text, place: 0 }
    }

    /// What is left, from the next character that is no space.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.place..];
        let trimmed = rest.trim_start();
        self.place += rest.len() - trimmed.len();
        trimmed
    }

    fn error(&self, reason: impl Into<String>) -> RuleTextError {
        RuleTextError {
            text: self.text.to_owned(),
            column: self.text[..self.place].chars().count() + 1,
            reason: reason.into(),
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.place += if found { sign.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), RuleTextError> {
        match self.takes(sign) {
            true => Ok(()),
            false => Err(self.error(format!("{sign} is missing"))),
        }
    }

    fn rule(&mut self) -> Result<LogicalRule, RuleTextError> {
        let body = self.conjunction()?;
        self.expect("->")?;
        let head = self.literal()?;
        Ok(LogicalRule { body, head })
    }

    fn conjunction(&mut self) -> Result<Vec<Literal>, RuleTextError> {
        let mut literals = Vec::new();
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with("->") {
            return Ok(literals);
        }
        literals.push(self.literal()?);
        while self.takes("&") {
            literals.push(self.literal()?);
        }
        Ok(literals)
    }

    fn literal(&mut self) -> Result<Literal, RuleTextError> {
        let mut predicate = self.word()?;
        let negated = predicate == "not";
        if negated {
            predicate = self.word()?;
        }
        self.expect("(")?;
        let mut arguments = vec![self.argument()?];
        while self.takes(",") {
            arguments.push(self.argument()?);
        }
        self.expect(")")?;
        Ok(Literal {
            predicate: predicate.to_owned(),
            arguments,
            negated,
        })
    }

    fn word(&mut self) -> Result<&'a str, RuleTextError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let word = &rest[..end.unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.error("a name is missing"));
        }
        self.place += word.len();
        Ok(word)
    }

    fn argument(&mut self) -> Result<Argument, RuleTextError> {
        if self.takes("'") {
            let rest = &self.text[self.place..];
            let Some(end) = rest.find('\'') else {
                return Err(self.error("the closing ' is missing"));
            };
            self.place += end + 1;
            return Ok(Argument::Constant(rest[..end].to_owned()));
        }
        let word = self.word()?.to_owned();
        match word.chars().next().is_some_and(char::is_uppercase) {
            true => Ok(Argument::Variable(word)),
            false => Ok(Argument::Constant(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "-> not smokes(A)",
            "friends(A, B) & smokes(A) -> smokes(B)",
            "phase(A, post_generals) & not old('Ann O', A) -> advised(A, B)",
        ] {
            let rule: LogicalRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_column() {
        for (text, column, reason) in [
            ("", 1, "-> is missing"),
            ("a(X) b(X) -> c(X)", 6, "-> is missing"),
            ("a(X) & -> c(X)", 8, "a name is missing"),
            ("a(X) -> c(X", 12, ") is missing"),
            ("a(X) -> c(X) & d(X)", 14, "the rule ends before this"),
            ("é('x) -> c(X)", 4, "the closing ' is missing"),
        ] {
            let error = text.parse::<LogicalRule>().unwrap_err();
            assert_eq!((error.column, error.reason.as_str()), (column, reason));
        }
    }
}
