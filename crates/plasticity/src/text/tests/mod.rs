//! Laws of the language, and its messages.

mod dense;
mod generate;
mod laws;
mod messages;
