//! Plain words for what a file says and what was asked for: whoever wrote it need know no type of this
//! program.

use std::fmt;

use serde::de::{Expected, Unexpected};

/// A value where another kind of value belongs.
pub(super) fn unlike(found: Unexpected<'_>, expected: &dyn Expected) -> String {
    format!("{} is not {}", Found(found), wanted(expected))
}

/// A list of this many elements where one of another length belongs.
pub(super) fn of_length(length: usize, expected: &dyn Expected) -> String {
    format!("a list of {length} is not {}", wanted(expected))
}

/// A name that is none of the known ones: the nearest of them, or all where none is near.
pub(super) fn unknown(what: &str, found: &str, known: &[&str]) -> String {
    match (nearest(found, known), known) {
        (Some(near), _) => format!("unknown {what} `{found}`; did you mean `{near}`?"),
        (None, []) => format!("unknown {what} `{found}`; leave it out"),
        (None, known) => format!(
            "unknown {what} `{found}`; the {what}s are {}",
            known.join(", ")
        ),
    }
}

/// The name that differs in the fewest letters, if these are few.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let few = name.chars().count().div_ceil(3);
    let distances = known.iter().map(|other| (distance(name, other), *other));
    let least = distances.min_by_key(|(distance, _)| *distance);
    least.filter(|(d, _)| *d <= few).map(|(_, other)| other)
}

/// The least number of letters to insert, leave out or exchange that makes `a` of `b` (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let exchanged = before + usize::from(letter != *other);
            before = row[j + 1];
            row[j + 1] = exchanged.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// A value as the file has it.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(yes) => write!(f, "{yes}"),
            Unexpected::Unsigned(n) => write!(f, "{n}"),
            Unexpected::Signed(n) => write!(f, "{n}"),
            Unexpected::Float(x) => write!(f, "{x:?}"),
            Unexpected::Str(text) => write!(f, "{text:?}"),
            Unexpected::Seq => f.write_str("a list"),
            Unexpected::Map => f.write_str("a table"),
            other => write!(f, "{other}"),
        }
    }
}

/// What was asked for.
fn wanted(expected: &dyn Expected) -> String {
    let said = expected.to_string();
    let plain = match said.as_str() {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, 0 or above",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a character" => "a letter in quotes",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        said if said.starts_with("struct ") => "a table",
        said => match said.strip_prefix("an array of length ") {
            Some(length) => return format!("a list of {length}"),
            None => said,
        },
    };
    plain.to_owned()
}
