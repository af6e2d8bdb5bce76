//! TOML text: types read from it and written as it.
//!
//! The `toml` crate makes several copies of a type's code, one for each of its own kinds of tables,
//! and these were half of what this crate compiled. Reading walks the parsed document with one kind
//! of node instead, and writing goes through [`erased_serde`], so that each type is compiled once
//! for each way.

use std::ops::Range;
use std::path::Path;

use serde::de::{DeserializeOwned, Expected, Unexpected};
use serde::{Deserialize, Serialize};
use toml::Table;
use toml::de::DeTable;

use crate::error::Error;

mod node;
mod words;

/// Why a text is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TomlError {
    message: String,
    span: Option<Range<usize>>,
}

impl TomlError {
    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the text where it is wrong, if there is such a place.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    fn or_at(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl serde::de::Error for TomlError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        TomlError {
            message: message.to_string(),
            span: None,
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        TomlError::custom(words::unlike(found, expected))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        TomlError::custom(words::unlike(found, expected))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        TomlError::custom(words::of_length(length, expected))
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        TomlError::custom(words::unknown("value", found, known))
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Self {
        TomlError::custom(words::unknown("key", found, known))
    }

    fn missing_field(name: &'static str) -> Self {
        TomlError::custom(format_args!("the key `{name}` is missing"))
    }
}

/// Reads a value from the text of a document.
///
/// # Errors
/// When it is no TOML, or no such value.
pub fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, TomlError> {
    let table = DeTable::parse(text).map_err(|error| TomlError {
        message: error.message().to_owned(),
        span: error.span(),
    })?;
    T::deserialize(node::Node::document(table))
}

/// Reads a value from the text of a file; `path` is for the messages.
///
/// # Errors
/// As [`parse`], with path and line.
pub fn parse_file<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, Error> {
    parse(text).map_err(|error| Error::toml(path, text, &error))
}

/// Reads a value from a table.
///
/// # Errors
/// When it is no such value.
pub fn from_table<T: DeserializeOwned>(table: &Table) -> Result<T, TomlError> {
    parse(&table.to_string())
}

/// A value as the text of a document.
///
/// # Panics
/// When the value is not a table, or has a number beyond TOML's range; none of this crate does.
#[must_use]
pub fn write<T: Serialize>(value: &T) -> String {
    let value: &dyn erased_serde::Serialize = value;
    toml::to_string(value).expect("a table with numbers within TOML's range")
}

/// A value as a table.
///
/// # Panics
/// As [`write()`].
#[must_use]
pub fn to_table<T: Serialize>(value: &T) -> Table {
    parse(&write(value)).expect("what was written is a table")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::{Deserialize, Serialize};
    use toml::{Spanned, Value};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Choice {
        Plain,
        Numbered(u8),
        Named { x: f64 },
        Pair(u8, u8),
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(untagged)]
    enum Either {
        One(f64),
        Many(Vec<f64>),
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        yes: bool,
        small: i8,
        large: u64,
        real: f64,
        text: String,
        letter: char,
        nothing: Option<u8>,
        something: Option<u8>,
        ends: [f64; 2],
        eithers: Vec<Either>,
        choices: Vec<Choice>,
        #[serde(default)]
        map: BTreeMap<String, Vec<(i64, String)>>,
    }

    fn whole() -> Whole {
        Whole {
            yes: true,
            small: -128,
            large: i64::MAX as u64,
            real: -1.25e-300,
            text: "ΔW = \"θ\"\n\\ \u{1b}".into(),
            letter: 'λ',
            nothing: None,
            something: Some(0),
            ends: [f64::INFINITY, 0.1],
            eithers: vec![Either::One(0.5), Either::Many(vec![1.0, 2.0])],
            choices: vec![
                Choice::Plain,
                Choice::Numbered(3),
                Choice::Named { x: 1.5 },
                Choice::Pair(1, 2),
            ],
            map: BTreeMap::from([("a b".into(), vec![(-1, "x".into())])]),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = write(&whole());
        assert_eq!(text, toml::to_string(&whole()).unwrap());
        assert_eq!(parse::<Whole>(&text), Ok(whole()));
        assert_eq!(from_table::<Whole>(&to_table(&whole())), Ok(whole()));
    }

    /// Values, and the places where texts are refused, are those of the `toml` crate.
    #[test]
    fn reads_and_refuses_where_the_toml_crate_does() {
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        struct Two {
            first: Option<Spanned<u16>>,
            second: Vec<Spanned<Either>>,
            #[serde(default)]
            third: BTreeMap<Spanned<String>, Spanned<Choice>>,
            #[serde(default)]
            rest: Vec<Value>,
        }
        fn same<T: for<'de> Deserialize<'de> + Debug + PartialEq>(text: &str) {
            match (parse::<T>(text), toml::from_str::<T>(text)) {
                (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
                (Err(ours), Err(theirs)) => assert_eq!(ours.span(), theirs.span(), "{text}"),
                (ours, theirs) => panic!("{text}\n{ours:?}\n{theirs:?}"),
            }
        }
        for text in [
            "",
            "second = [1.0, [2.0, 3.0]]\nfirst = 0xff",
            "second = []\nfirst = 70000",
            "second = []\nfirst = -1",
            "second = []\nfirst = \"1\"",
            "second = [1.0, \"x\"]",
            "second = 3",
            "second = []\nother = 1",
            "second = []\nsecond = []",
            "second = [",
            "second = []\n[third]\na = \"plain\"\nb = { numbered = 4 }",
            "second = []\nthird = { a = { named = { x = 1.0 } }, b = { pair = [1, 2] } }",
            "second = []\n[third]\na = \"complex\"",
            "second = []\n[third]\na = { numbered = \"x\" }",
            "second = []\n[third]\na = { plain = 1, numbered = 2 }",
            "second = []\n[third]\na = {}",
            "second = []\n[third]\na = 3",
            "second = []\nrest = [1, 2.5, \"x\", true, { a = [-inf] }]\n",
            "second = []\nfirst = 99999999999999999999999999999999999999999999",
            "second = [1e999]",
        ] {
            same::<Two>(text);
        }
        same::<Whole>(&write(&whole()));
        same::<toml::Table>("a = 1\nb = { c = [1, 2] }\n[[d]]\ne = 'x'\n[[d]]\n");
    }

    #[test]
    fn what_is_refused_is_told_in_plain_words() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only read")]
        struct Settings {
            episodes: u64,
            rate: Option<f64>,
            quiet: Option<bool>,
            terms: Option<Vec<String>>,
            pair: Option<[f64; 2]>,
            optimizer: Option<Choice>,
        }
        for (text, message) in [
            (
                "episodes = \"many\"",
                "\"many\" is not a whole number, 0 or above",
            ),
            ("episodes = -3", "-3 is not a whole number, 0 or above"),
            ("episodes = 1.5", "1.5 is not a whole number, 0 or above"),
            ("episodes = 1\nrate = \"x\"", "\"x\" is not a number"),
            ("episodes = 1\nquiet = 1", "1 is not true or false"),
            (
                "episodes = 1\nterms = \"F0\"",
                "\"F0\" is not a list in brackets",
            ),
            ("episodes = 1\nterms = [1]", "1 is not a text in quotes"),
            (
                "episodes = 1\npair = [1.0]",
                "a list of 1 is not a list of 2",
            ),
            ("rate = 1.0", "the key `episodes` is missing"),
            (
                "episode = 1",
                "unknown key `episode`; did you mean `episodes`?",
            ),
            (
                "colour = 1",
                "unknown key `colour`; the keys are episodes, rate, quiet, terms, pair, optimizer",
            ),
            (
                "episodes = 1\noptimizer = \"plane\"",
                "unknown value `plane`; did you mean `plain`?",
            ),
        ] {
            let error = parse::<Settings>(text).unwrap_err();
            assert_eq!(error.message(), message, "{text}");
        }
    }
}
