//! Flags: how values are read from the command line, and the headings of help texts.

use std::ffi::OsStr;

use clap::builder::{OsStringValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

/// Parser of a flag whose value is one of a list of names.
///
/// It takes any text. The list is for help texts and shell completions; a wrong name is refused where
/// settings of flags and files meet, in one line that says where it came from.
#[derive(Clone, Copy, Debug)]
pub struct OneOf(pub fn() -> Vec<String>);

impl TypedValueParser for OneOf {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let OneOf(names) = self;
        Some(Box::new(names().into_iter().map(PossibleValue::new)))
    }
}

/// Parser of a path that is kept in files of text, and so must be UTF-8.
#[must_use]
pub fn path_as_text() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().try_map(|path| {
        path.into_string().map_err(|_| {
            "the path is not UTF-8, so config.toml could not name it; rename it, or make a link to it"
        })
    })
}

/// Reads a whole number, with a friendlier message than `u64`'s own.
///
/// # Errors
/// When the text is no number, negative, or beyond `u64`.
pub fn whole(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|_| "give a whole number, 0 or above".to_owned())
}

/// Reads a number, with a friendlier message than `f64`'s own.
///
/// # Errors
/// When the text is no number.
pub fn number(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .map_err(|_| "give a number, like 0.05 or 1e-3".to_owned())
}

/// Headings under which help texts group flags.
pub mod heading {
    /// Terms, coefficients and feedback.
    pub const RULE: &str = "Rule";
    /// The network and its arithmetic.
    pub const NETWORK: &str = "Network";
    /// Images and the tasks made of them.
    pub const DATA: &str = "Images and tasks";
    /// How many episodes, and how long.
    pub const EPISODES: &str = "Episodes";
    /// How the meta-gradient is computed.
    pub const GRADIENT: &str = "Meta-gradient";
    /// How θ moves.
    pub const OPTIMIZER: &str = "Meta-optimiser";
    /// What a simulation records.
    pub const RECORDING: &str = "Recording";
    /// How the work is done, without a change of its results.
    pub const EXECUTION: &str = "Execution";
    /// Where results go, and what is printed.
    pub const OUTPUT: &str = "Output";
}
