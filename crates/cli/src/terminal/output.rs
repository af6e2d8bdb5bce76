//! Lines on standard output and standard error, without a panic when nobody reads them, and without
//! control characters: names of files, classes and runs come from outside.

use std::io::{self, Write};

use metaplast_data::text::escaped_lines;

use crate::error::Error;

/// Prints text, which ends its own lines, on standard output.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    raw(&escaped_lines(text)).map_err(Error::Output)
}

/// Prints text for programs on standard output, every character as it is: JSON spells out control
/// characters itself, and a script is our own.
pub(crate) fn raw(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a line on standard output.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    print(&format!("{text}\n"))
}

/// Prints lines on standard error; there is nobody left to tell when that fails.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escaped_lines(text));
}
