//! Runs: meta-trainings in directories, from settings to the rule that was found.
//!
//! | module | what it holds |
//! |---|---|
//! | [`settings`] | flags and configuration files, and the choices that follow from them |
//! | [`train`] | a run begun, resumed, and followed by a monitor |
//! | [`directory`] | the directory of a run: made, locked, and its files written as a whole |
//! | [`checkpoint`] | the state of a run, to go on with the same bytes |
//! | [`episodes`] | `episodes.csv`, one row per episode |
//! | [`rule`] | `rule.toml` and `rule.md` |
//! | [`memory`] | what work will need, asked for before it begins |
//! | [`data`] | images by name: glyphs, published data sets once fetched, files |
//!
//! Settings go one way: [`Settings`](settings::Settings), as given, then
//! [`Config`](settings::Config), with every choice made, then a run. Every error that a user or a file
//! can cause is an [`Error`] of one line that names the flag or the file.

pub mod checkpoint;
pub mod data;
pub mod directory;
pub mod episodes;
mod error;
pub mod memory;
pub mod numbers;
pub mod rule;
pub mod settings;
pub mod stored;
pub mod threads;
pub mod toml_text;
pub mod train;

pub use error::{Error, line_of};

/// The version that files of a run name as that of the program that wrote them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
